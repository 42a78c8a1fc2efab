package idp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"portico"
	"portico/secret"
)

// Limits of every call.
const (
	Timeout     = 20 * time.Second // one call, its retries and waits included
	MaxBody     = 4 << 20          // bytes of an answer
	maxErrBody  = 64 << 10         // bytes of an answer that reports an error
	maxAttempts = 3
	maxWait     = 10 * time.Second // longer waits are the caller's to schedule
	baseBackoff = 250 * time.Millisecond
)

// Config of an API.
type Config struct {
	Vendor    string              // as an admin knows it, such as "Okta"
	Base      *url.URL            // scheme and host; the credential goes nowhere else
	HTTP      *http.Client        // its redirect policy is not used: no redirect is followed
	Authorize func(*http.Request) // adds the credential; nil: Tokens do, or there is none
	Tokens    *TokenSource        // nil: the credential is no access token
	Secrets   []secret.Text       // never to appear in an error, beside each call's own
	Explain   func(body []byte) (code, text string)
	Window    time.Duration                              // that the vendor's rate limits count in; 0: not known, so calls are not spread evenly
	Now       func() time.Time                           // nil: time.Now
	Wait      func(context.Context, time.Duration) error // nil: a timer
	Logger    *slog.Logger                               // nil: discards
}

// API is the management API of one identity provider.
type API struct {
	Config
	pacer  *pacer
	jitter func() float64 // in [0,1)
}

// New makes an API; Vendor, Base, HTTP and Explain must be given.
func New(cfg Config) *API {
	hc := *cfg.HTTP
	hc.Jar = nil
	hc.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	cfg.HTTP = &hc
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Wait == nil {
		cfg.Wait = wait
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	return &API{Config: cfg, pacer: newPacer(cfg.Window, cfg.Now), jitter: rand.Float64}
}

// Call is one request.
type Call struct {
	Method  string
	Path    string      // escaped, with its query; begins with a slash
	Class   string      // calls of one class share a rate limit
	Header  http.Header // beside what every call has
	Body    any         // sent as JSON; nil: none
	Form    url.Values  // sent as a form, in the place of Body
	Out     any         // left as it is by 204; nil: the answer's body does not matter
	Creates bool        // creates or rotates: never repeated, and Ambiguous where the outcome is unknown
	Repeats bool        // a POST or PATCH that may be repeated, such as a deactivation
	Secrets []secret.Text
}

func (c Call) repeatable() bool {
	switch c.Method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
		return !c.Creates
	}
	return c.Repeats && !c.Creates
}

// encode writes the body of the request.
func (c Call) encode() ([]byte, error) {
	if c.Form != nil || c.Body == nil {
		return []byte(c.Form.Encode()), nil
	}
	return json.Marshal(c.Body)
}

// Do makes the call and decodes the answer into call.Out. The answer's header
// is returned for paging links. Every error is a *portico.IdPError.
func (a *API) Do(ctx context.Context, call Call) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	body, err := call.encode()
	if err != nil {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: "the request cannot be written as JSON", Err: err}
	}
	for attempt := 1; ; attempt++ {
		if err := a.await(ctx, call.Class); err != nil {
			return nil, err
		}
		header, again, err := a.once(ctx, call, body)
		if err == nil {
			return header, nil
		}
		if !again || !call.repeatable() || attempt == maxAttempts || ctx.Err() != nil {
			return nil, err
		}
		d := err.RetryAfter
		if d == 0 {
			d = time.Duration(float64(baseBackoff<<(attempt-1)) * (0.5 + a.jitter()))
		}
		if d > maxWait || a.Wait(ctx, d) != nil {
			return nil, err
		}
		a.Logger.Debug("identity provider call repeated", "vendor", a.Vendor, "method", call.Method, "attempt", attempt+1, "after", d)
	}
}

// await holds the call back until the pace of its class allows it. What would
// take longer than maxWait fails at once, and nothing has been sent.
func (a *API) await(ctx context.Context, class string) error {
	d, cancel := a.pacer.reserve(class)
	if d == 0 {
		return nil
	}
	if deadline, ok := ctx.Deadline(); d > maxWait || ok && time.Until(deadline) < d || a.Wait(ctx, d) != nil {
		cancel()
		return &portico.IdPError{Kind: portico.IdPUnavailable, RetryAfter: d,
			Detail: fmt.Sprintf("%s's rate limit leaves no room for this call in the next %s; nothing was sent", a.Vendor, d.Round(time.Second))}
	}
	return nil
}

// once sends the request a single time; again says that a repetition may help.
func (a *API) once(ctx context.Context, call Call, body []byte) (h http.Header, again bool, _ *portico.IdPError) {
	var asked, connected atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})
	req, err := a.request(ctx, call, body)
	if err != nil {
		return nil, false, &portico.IdPError{Kind: portico.IdPRejected, Detail: "the request's address is not valid; nothing was sent", Err: err}
	}
	if a.Tokens != nil {
		token, err := a.Tokens.Token(req.Context())
		if err != nil {
			refused, _ := errors.AsType[*portico.IdPError](err) // as Token says
			return nil, false, refused
		}
		req.Header.Set("Authorization", "Bearer "+token.Value.Reveal())
		call.Secrets = append(slices.Clip(call.Secrets), token.Value)
	}
	if err := ctx.Err(); err != nil {
		return nil, false, a.unanswered(call, err, true)
	}
	res, err := a.HTTP.Do(req)
	if err != nil {
		return nil, true, a.unanswered(call, err, asked.Load() && !connected.Load())
	}
	defer res.Body.Close()
	pause := a.pacer.learn(call.Class, res)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		if res.StatusCode == http.StatusUnauthorized && a.Tokens != nil {
			a.Tokens.Forget() // revoked before its time; whoever asks next brings a new one
		}
		again, err := a.refused(call, res, pause)
		return nil, again, err
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, true, a.unanswered(call, err, false)
	case len(raw) > MaxBody:
		return nil, false, a.unreadable(call, fmt.Sprintf("an answer of more than %d MiB", MaxBody>>20))
	case call.Out == nil, res.StatusCode == http.StatusNoContent:
		return res.Header, false, nil
	}
	if err := json.Unmarshal(raw, call.Out); err != nil {
		return nil, false, a.unreadable(call, "something that is not the JSON expected")
	}
	return res.Header, false, nil
}

func (a *API) request(ctx context.Context, call Call, body []byte) (*http.Request, error) {
	if !strings.HasPrefix(call.Path, "/") {
		return nil, errors.New("path without a leading slash")
	}
	req, err := http.NewRequestWithContext(ctx, call.Method, a.Base.Scheme+"://"+a.Base.Host+call.Path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "Portico")
	maps.Copy(req.Header, call.Header)
	switch {
	case call.Form != nil:
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	case call.Body != nil:
		req.Header.Set("Content-Type", "application/json")
	}
	if a.Authorize != nil {
		a.Authorize(req)
	}
	return req, nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
