package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4/json"

	"portico/secret"
)

// ClientAuth is how a client proves itself at the token endpoint, by its
// registered name (RFC 7591 §2). It is never guessed by trying: a second try
// doubles the load and runs into lockouts.
type ClientAuth string

const (
	ClientSecretBasic ClientAuth = "client_secret_basic"
	ClientSecretPost  ClientAuth = "client_secret_post"
)

// Grant is a client credentials request (RFC 6749 §4.4).
type Grant struct {
	ClientID string
	Secret   secret.Text
	Scopes   []string          // none: no scope parameter is sent
	Extra    map[string]string // further parameters, such as audience; the request's own win
	Method   ClientAuth        // empty: ClientSecretBasic
}

// Token is an access token as issued; it is not verified.
type Token struct {
	Access    secret.Text
	ExpiresAt time.Time // zero when the server does not say
	Scopes    []string  // granted, which may be less than requested
	Type      string    // always "Bearer"
}

// requestToken makes one token request, never a second. The error is an *Error.
func requestToken(ctx context.Context, client *http.Client, endpoint string, grant Grant, now func() time.Time) (Token, error) {
	form := url.Values{}
	for name, value := range grant.Extra {
		form.Set(name, value)
	}
	for _, own := range []string{"client_id", "client_secret", "scope"} {
		form.Del(own)
	}
	form.Set("grant_type", "client_credentials")
	if len(grant.Scopes) > 0 {
		form.Set("scope", strings.Join(grant.Scopes, " "))
	}
	var authorization string
	switch grant.Method {
	case ClientSecretBasic, "":
		authorization = EncodeBasic(grant.ClientID, grant.Secret)
	case ClientSecretPost:
		form.Set("client_id", grant.ClientID)
		form.Set("client_secret", grant.Secret.Reveal())
	default:
		return Token{}, &Error{Description: fmt.Sprintf("client authentication method %q is not supported", grant.Method)}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, unavailable("the token endpoint cannot be called", err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Accept", "application/json")
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	sent := now()
	response, err := client.Do(request)
	if err != nil {
		return Token{}, unavailable("the token endpoint does not answer", transportCause(err))
	}
	defer response.Body.Close()
	body, err := ReadBody(response.Body)
	if err != nil {
		return Token{}, &Error{Status: response.StatusCode, Description: "the answer of the token endpoint breaks off", Err: err}
	}
	if response.StatusCode != http.StatusOK {
		return Token{}, refusal(response, body, grant.Secret, now())
	}
	return issued(body, grant.Scopes, sent)
}

// refusal reads an error answer (RFC 6749 §5.2), also in the form that Okta
// gives some of its own.
func refusal(response *http.Response, body []byte, hidden secret.Text, now time.Time) *Error {
	var document struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
		OktaCode    string `json:"errorCode"`
		OktaSummary string `json:"errorSummary"`
	}
	e := &Error{Status: response.StatusCode, RetryAfter: retryAfter(response.StatusCode, response.Header, now)}
	if json.Unmarshal(body, &document) != nil {
		e.Description = "the answer of the token endpoint is not a JSON document"
		return e
	}
	if document.Code == "" {
		document.Code, document.Description = document.OktaCode, document.OktaSummary
	}
	e.Code, e.Description = quote(document.Code, hidden), quote(document.Description, hidden)
	return e
}

// issued reads a successful answer (RFC 6749 §5.1). The life of the token is
// counted from when the request was sent.
func issued(body []byte, requested []string, sent time.Time) (Token, error) {
	unusable := func(why string) (Token, error) {
		return Token{}, &Error{Status: http.StatusOK, Description: why}
	}
	var document struct {
		Access    secret.Text     `json:"access_token"`
		Type      string          `json:"token_type"`
		ExpiresIn json.RawMessage `json:"expires_in"`
		Scope     *string         `json:"scope"`
	}
	if json.Unmarshal(body, &document) != nil {
		return unusable("the answer of the token endpoint is not a token response")
	}
	switch {
	case document.Access.Empty():
		return unusable("the answer of the token endpoint has no access_token")
	case !strings.EqualFold(document.Type, string(SchemeBearer)):
		return unusable("the token issued is not a bearer token")
	}
	token := Token{Access: document.Access, Scopes: requested, Type: string(SchemeBearer)}
	if document.Scope != nil {
		token.Scopes = strings.Fields(*document.Scope)
	}
	if document.ExpiresIn != nil {
		// A number by the RFC; some servers send it as a string.
		seconds, err := strconv.ParseFloat(strings.Trim(string(document.ExpiresIn), `"`), 64)
		if err != nil || seconds < 0 || seconds > 1e9 {
			return unusable("the answer of the token endpoint has an invalid expires_in")
		}
		token.ExpiresAt = sent.Add(time.Duration(seconds) * time.Second)
	}
	return token, nil
}

// unavailable wraps a cause that is no decision of the server.
func unavailable(what string, cause error) *Error {
	e := &Error{Description: what, Err: cause}
	if fetch, ok := errors.AsType[*fetchError](cause); ok {
		e.RetryAfter = fetch.wait
	}
	return e
}
