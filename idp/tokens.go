package idp

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"portico"
	"portico/secret"
)

// TokenSource obtains access tokens for an API with the client credentials of
// an admin (RFC 6749 §4.4). Tokens are kept until they are about to expire, and
// asked for one at a time, since some vendors count and bill them.
type TokenSource struct {
	api    *API
	call   func() (Call, error)
	flight singleflight.Group

	mu   sync.Mutex
	kept Token
}

// Token is an access token of the management API.
type Token struct {
	Value     secret.Text
	Scopes    []string // as granted; nil: the answer does not say
	ExpiresAt time.Time
}

// unsaidLife is how long a token is used whose life the answer does not tell.
const unsaidLife = 5 * time.Minute

// NewTokenSource asks for tokens with the given call, a POST to the token
// endpoint at the API's base. The API authorizes nothing itself: the call holds
// the credential, and names it among its secrets.
func NewTokenSource(api *API, call Call) *TokenSource {
	call.Repeats = true
	return &TokenSource{api: api, call: func() (Call, error) { return call, nil }}
}

// NewSignedTokenSource is NewTokenSource with a call that is made anew for each
// token, because the assertion in it may be used once (RFC 7523 §3).
func NewSignedTokenSource(api *API, call func() (Call, error)) *TokenSource {
	return &TokenSource{api: api, call: call}
}

// Token gives the token kept, or a new one. Every error is a *portico.IdPError.
// A refusal is IdPDenied whatever the status: without a token nothing can be
// registered, and an admin must act.
func (s *TokenSource) Token(ctx context.Context) (Token, error) {
	s.mu.Lock()
	kept := s.kept
	s.mu.Unlock()
	if s.api.Now().Before(kept.ExpiresAt) {
		return kept, nil
	}
	// Whoever waits must not lose the token because the first to ask gave up.
	done := s.flight.DoChan("", func() (any, error) {
		token, err := s.Fetch(context.WithoutCancel(ctx))
		if err == nil {
			s.mu.Lock()
			s.kept = token
			s.mu.Unlock()
		}
		return token, err
	})
	select {
	case result := <-done:
		token, _ := result.Val.(Token)
		return token, result.Err
	case <-ctx.Done():
		return Token{}, &portico.IdPError{Kind: portico.IdPUnavailable, Err: ctx.Err(),
			Detail: fmt.Sprintf("%s's token endpoint at %s did not answer in time; nothing was sent", s.api.Vendor, s.api.Base.Host)}
	}
}

// Fetch asks for a new token, whatever is kept; it is kept by nobody.
func (s *TokenSource) Fetch(ctx context.Context) (Token, error) {
	var answer struct {
		Token     secret.Text `json:"access_token"`
		Type      string      `json:"token_type"`
		Scope     *string     `json:"scope"`
		ExpiresIn json.Number `json:"expires_in"` // a string at some servers
	}
	call, err := s.call()
	if err != nil {
		return Token{}, &portico.IdPError{Kind: portico.IdPDenied, Detail: "Portico's credential cannot be used: " + err.Error() + "; nothing was sent"}
	}
	call.Out = &answer
	asked := s.api.Now()
	if _, err := s.api.Do(ctx, call); err != nil {
		return Token{}, s.denied(err)
	}
	if answer.Token.Empty() || !strings.EqualFold(answer.Type, "Bearer") {
		return Token{}, &portico.IdPError{Kind: portico.IdPUnavailable,
			Detail: fmt.Sprintf("%s's token endpoint at %s answered without a bearer token", s.api.Vendor, s.api.Base.Host)}
	}
	token := Token{Value: answer.Token, ExpiresAt: asked.Add(unsaidLife)}
	if seconds, err := answer.ExpiresIn.Int64(); err == nil {
		life := time.Duration(min(max(seconds, 0), 365*24*3600)) * time.Second
		token.ExpiresAt = asked.Add(life - life/10) // before it expires under way
	}
	if answer.Scope != nil {
		token.Scopes = strings.Fields(*answer.Scope)
	}
	return token, nil
}

// Forget drops the token kept, because it was refused.
func (s *TokenSource) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept = Token{}
}

// denied is how a refusal of the token endpoint counts.
func (s *TokenSource) denied(err error) error {
	if !portico.IsIdP(err, portico.IdPRejected) && !portico.IsIdP(err, portico.IdPNotFound) {
		return err
	}
	e := &portico.IdPError{Kind: portico.IdPDenied, Detail: s.api.Vendor + " gives no access token for Portico's credential", Err: err}
	if cause := Status(err); cause != nil {
		e.Detail, e.Err = e.Detail+suffix(cause.Text), cause
	}
	return e
}

// ExplainOAuth reads the errors of a token endpoint (RFC 6749 §5.2).
func ExplainOAuth(body []byte) (code, text string) {
	var e struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	if e.Description == "" {
		return e.Error, e.Error
	}
	return e.Error, e.Description
}
