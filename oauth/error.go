package oauth

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico/secret"
)

// Error is a request to an authorization server that did not succeed. Exactly
// one of Rejected, Denied and Unavailable holds. It contains no secret.
type Error struct {
	Status      int           // HTTP status; 0 when there was no answer
	Code        string        // the server's error code, such as invalid_client (RFC 6749 §5.2); may be empty
	Description string        // what happened, for a person
	RetryAfter  time.Duration // when to try again; 0 when nobody said
	Err         error         // the cause below, or nil
}

// Error implements error.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("authorization server")
	if e.Status != 0 {
		fmt.Fprintf(&text, ": %d", e.Status)
	}
	for _, part := range []string{e.Code, e.Description} {
		if part != "" {
			text.WriteString(": " + part)
		}
	}
	if e.Err != nil {
		text.WriteString(": " + e.Err.Error())
	}
	return text.String()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Rejected reports that the client id and secret were refused.
func (e *Error) Rejected() bool {
	return !e.transient() && (e.Code == "invalid_client" || e.Status == http.StatusUnauthorized)
}

// Denied reports that the client is genuine but may not have what it asked
// for: a scope, an audience or the grant itself.
func (e *Error) Denied() bool {
	return !e.transient() && !e.Rejected() && e.Code != "" && e.Status >= 400 && e.Status < 500
}

// Unavailable reports that there was no decision: no answer, 429, 5xx, an
// unintelligible answer, or the circuit is open. It says nothing about the
// credentials.
func (e *Error) Unavailable() bool { return !e.Rejected() && !e.Denied() }

// transient reports an answer whose status or code asks to come back later,
// whatever else it says.
func (e *Error) transient() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusRequestTimeout || e.Status >= 500 ||
		e.Code == "temporarily_unavailable" || e.Code == "server_error"
}

// retryAfter reads when to come back: Retry-After in seconds or as a date (RFC
// 9110 §10.2.3), or on 429 the X-Rate-Limit-Reset that Okta sends (Unix
// seconds). It returns 0 when nothing usable is said, and one hour at most.
func retryAfter(status int, header http.Header, now time.Time) time.Duration {
	var wait time.Duration
	value := header.Get("Retry-After")
	if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(value); err == nil {
		wait = date.Sub(now)
	} else if reset, err := strconv.ParseInt(header.Get("X-Rate-Limit-Reset"), 10, 64); err == nil && status == http.StatusTooManyRequests {
		wait = time.Unix(reset, 0).Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

// quote makes a text from outside fit to be shown: printable ASCII, at most
// 200 bytes, and without the secret should the server have echoed it.
func quote(text string, hidden secret.Text) string {
	if !hidden.Empty() {
		for _, form := range []string{hidden.Reveal(), url.QueryEscape(hidden.Reveal())} {
			text = strings.ReplaceAll(text, form, hidden.String())
		}
	}
	text = strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return ' '
		}
		return r
	}, text)
	if len(text) > 200 {
		text = text[:200] + "…"
	}
	return strings.TrimSpace(text)
}
