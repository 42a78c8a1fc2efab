package declare

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/secret"
)

// Client speaks to a management API. Wait is how it waits before it repeats a
// request; nil waits by the clock.
type Client struct {
	Base  *url.URL
	Token secret.Text
	HTTP  *http.Client
	Now   func() time.Time
	Wait  func(context.Context, time.Duration) error
}

const (
	callTimeout = time.Minute
	maxAnswer   = 64 << 20         // bytes
	maxTries    = 5                // of one request
	maxWait     = 30 * time.Second // between two of them
)

// NewClient returns a client for the management API at address. Plain http is
// refused but to this machine, unless insecure says that the way is safe.
func NewClient(address string, token secret.Text, insecure bool) (*Client, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "":
		return nil, fmt.Errorf("[%s] is no address of a management API: it is like https://portico.example.com", address)
	case base.Scheme == "http" && !insecure && !isLoopback(base.Hostname()):
		return nil, fmt.Errorf("[%s] would carry the access token over the network unencrypted; nothing was sent. Use https, or --insecure-http where the way is protected otherwise", address)
	case token.Empty():
		return nil, errors.New("there is no access token: set PORTICO_TOKEN, or name a file with --token-file")
	}
	sameHost := func(next *http.Request, via []*http.Request) error {
		if len(via) > 3 || next.URL.Host != base.Host || next.URL.Scheme != base.Scheme {
			return errors.New("the management API redirects elsewhere; the access token does not go there")
		}
		return nil
	}
	return &Client{Base: base, Token: token, HTTP: &http.Client{Timeout: callTimeout, CheckRedirect: sameHost}, Now: time.Now}, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip != nil && ip.IsLoopback()
}

// Refusal is an answer of the API that is no success.
type Refusal struct {
	Status int
	Detail string
	Fields []struct {
		Field  string `json:"field"`
		Reason string `json:"reason"`
	}
}

func (r *Refusal) Error() string {
	out := fmt.Sprintf("Portico answers %d: %s", r.Status, r.Detail)
	for _, f := range r.Fields {
		out += "\n    " + f.Field + " " + f.Reason
	}
	return out
}

// Call sends a request, again where the API says that it is too busy, and reads
// the answer into out, if there is one; body may be nil. Errors are *Refusal,
// and others where no Portico answers.
func (c *Client) Call(ctx context.Context, method, path string, body, out any) error {
	raw, _, err := c.do(ctx, method, path, body)
	if err != nil || len(raw) == 0 {
		return err
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("the answer to %s %s is not what a management API answers: %w", method, path, err)
	}
	return nil
}

// get reads what is at a path; 404 is not an error: there is nothing.
func (c *Client) get(ctx context.Context, path string) (any, error) {
	var out any
	err := c.Call(ctx, http.MethodGet, path, nil, &out)
	if refused, is := errors.AsType[*Refusal](err); is && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	return out, err
}

// image reads an image as a data address; nil when there is none.
func (c *Client) image(ctx context.Context, path string) (any, error) {
	raw, header, err := c.do(ctx, "GET", path, nil)
	if refused, is := errors.AsType[*Refusal](err); is && refused.Status == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	media, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	return dataAddress(media, raw), nil
}

// send writes; body may be nil. The answer is nil when there is none.
func (c *Client) send(ctx context.Context, method, path string, body any) (out map[string]any, err error) {
	return out, c.Call(ctx, method, path, body, &out)
}

// do sends a request, again where the API says that it is too busy.
func (c *Client) do(ctx context.Context, method, path string, body any) ([]byte, http.Header, error) {
	var content []byte
	if body != nil {
		var err error
		if content, err = json.Marshal(body); err != nil {
			return nil, nil, err
		}
	}
	for try := 1; ; try++ {
		raw, res, err := c.once(ctx, method, path, content)
		if err != nil {
			return nil, nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		switch busy := res.StatusCode == http.StatusTooManyRequests || res.StatusCode == http.StatusServiceUnavailable; {
		case res.StatusCode < 300:
			return raw, res.Header, nil
		case !busy || try == maxTries:
			return nil, nil, refusal(res.StatusCode, raw)
		}
		if err := c.wait(ctx, c.pause(res.Header.Get("Retry-After"), try)); err != nil {
			return nil, nil, err
		}
	}
}

func (c *Client) once(ctx context.Context, method, path string, content []byte) ([]byte, *http.Response, error) {
	target := c.Base.Scheme + "://" + c.Base.Host + strings.TrimSuffix(c.Base.Path, "/") + path
	req, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(content))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Authorization", "Bearer "+c.Token.Reveal())
	req.Header.Set("User-Agent", "portico-declare")
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := c.HTTP.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err == nil && len(raw) > maxAnswer {
		err = fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	return raw, res, err
}

// refusal reads a problem document (RFC 9457).
func refusal(status int, raw []byte) *Refusal {
	var problem struct {
		Title   string          `json:"title"`
		Detail  string          `json:"detail"`
		Invalid json.RawMessage `json:"invalid_parameters"`
	}
	out := &Refusal{Status: status, Detail: http.StatusText(status)}
	if json.Unmarshal(raw, &problem) != nil {
		return out
	}
	if problem.Detail != "" {
		out.Detail = problem.Detail
	}
	if len(problem.Invalid) > 0 && json.Unmarshal(problem.Invalid, &out.Fields) != nil {
		out.Fields = nil
	}
	if status == http.StatusUnauthorized {
		out.Detail += " The token in PORTICO_TOKEN, or in the file of --token-file, is not accepted."
	}
	return out
}

// pause is how long to wait: what the API asks for, in seconds or as a date
// (RFC 9110 §10.2.3), or else a little longer each time.
func (c *Client) pause(retryAfter string, try int) time.Duration {
	wait := time.Duration(math.Pow(2, float64(try-1))) * time.Second
	if seconds, err := strconv.Atoi(retryAfter); err == nil && seconds >= 0 {
		wait = time.Duration(min(seconds, int(maxWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(retryAfter); err == nil {
		wait = at.Sub(c.Now())
	}
	return max(0, min(wait, maxWait))
}

func (c *Client) wait(ctx context.Context, d time.Duration) error {
	if c.Wait != nil {
		return c.Wait(ctx, d)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
