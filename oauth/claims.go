package oauth

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Claims are the claims of a verified token (RFC 7519 §4). They are read only
// and may be shared and kept.
type Claims struct{ members map[string]any }

// Path returns the value at a path of member names, one per level of nesting,
// as a string. Whole numbers are written in decimal as far as JSON keeps them
// exact (2^53); an array counts as its value when it has exactly one. ok is
// false for anything else, and when there is no such value.
func (c Claims) Path(path []string) (value string, ok bool) {
	var at any = c.members
	for _, name := range path {
		object, isObject := at.(map[string]any)
		if !isObject {
			return "", false
		}
		at = object[name]
	}
	if array, isArray := at.([]any); isArray && len(array) == 1 {
		at = array[0]
	}
	switch v := at.(type) {
	case string:
		return v, true
	case float64:
		const exact = 1 << 53
		if v == math.Trunc(v) && math.Abs(v) < exact {
			return strconv.FormatInt(int64(v), 10), true
		}
	}
	return "", false
}

// Issuer returns iss.
func (c Claims) Issuer() string { return c.text("iss") }

// Subject returns sub, or "".
func (c Claims) Subject() string { return c.text("sub") }

// ClientID returns the client the token was issued to: client_id (RFC 9068
// §2.2), else azp, else cid (Okta), or "".
func (c Claims) ClientID() string {
	for _, name := range []string{"client_id", "azp", "cid"} {
		if id := c.text(name); id != "" {
			return id
		}
	}
	return ""
}

// Scopes returns the granted scopes: those of scope, a space-separated string
// or an array, or else of scp (Okta, Entra ID).
func (c Claims) Scopes() []string {
	for _, name := range []string{"scope", "scp"} {
		switch v := c.members[name].(type) {
		case string:
			return strings.Fields(v)
		case []any:
			return texts(v)
		}
	}
	return nil
}

// Audience returns aud, which may be one string or an array of them.
func (c Claims) Audience() []string {
	switch v := c.members["aud"].(type) {
	case string:
		return []string{v}
	case []any:
		return texts(v)
	}
	return nil
}

// ExpiresAt returns exp, which every verified token has.
func (c Claims) ExpiresAt() time.Time {
	at, _ := c.date("exp")
	return at
}

// Has reports whether a claim is there, whatever its value.
func (c Claims) Has(name string) bool {
	_, ok := c.members[name]
	return ok
}

func (c Claims) text(name string) string {
	text, _ := c.members[name].(string)
	return text
}

// date reads a NumericDate (RFC 7519 §2): seconds since 1970, perhaps with a
// fraction. ok is false when it is absent, no number, or beyond the year 9999.
func (c Claims) date(name string) (at time.Time, ok bool) {
	seconds, isNumber := c.members[name].(float64)
	const year9999 = 253402300799
	if !isNumber || seconds < 0 || seconds > year9999 {
		return time.Time{}, false
	}
	whole, fraction := math.Modf(seconds)
	return time.Unix(int64(whole), int64(fraction*1e9)), true
}

// texts returns the strings of an array; anything else in it is left out.
func texts(values []any) []string {
	found := make([]string, 0, len(values))
	for _, value := range values {
		if text, ok := value.(string); ok {
			found = append(found, text)
		}
	}
	return found
}
