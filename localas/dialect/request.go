package dialect

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxBody is the size of the largest body that is read.
const MaxBody = 1 << 20

// ReadBody reads a body within the limit.
func ReadBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &APIError{http.StatusRequestEntityTooLarge, "E0000003", "The request body was not well-formed.",
			[]string{"The body is larger than 1 MiB."}}
	}
	if err != nil {
		return nil, Malformed("The body ends before it is complete.")
	}
	return body, nil
}

// ReadJSON reads a body of one JSON object into a T; members unknown to T are
// ignored, as Okta does.
func ReadJSON[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var into T
	body, err := ReadBody(w, r)
	if err != nil {
		return into, err
	}
	return ParseJSON[T](body)
}

// ParseJSON is ReadJSON of a body that has been read.
func ParseJSON[T any](body []byte) (T, error) {
	var into, zero T
	if !utf8.Valid(body) {
		return zero, Malformed("The body is not UTF-8.")
	}
	if err := checkTokens(body); err != nil {
		return zero, err
	}
	err := json.Unmarshal(body, &into)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return zero, Malformed(fmt.Sprintf("%s: a JSON %s is not allowed here.", cmp.Or(mismatch.Field, "body"), mismatch.Value))
	}
	if err != nil {
		return zero, Malformed("The body is not valid JSON for this request.")
	}
	return into, nil
}

// checkTokens refuses what is no single JSON object, and strings with NUL:
// they end a text early in too many other programs.
func checkTokens(body []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	for depth, first := 0, true; first || depth > 0; first = false {
		token, err := decoder.Token()
		if err != nil {
			return Malformed("The body is not valid JSON.")
		}
		switch token := token.(type) {
		case json.Delim:
			if first && token != '{' {
				return Malformed("The body must be a JSON object.")
			}
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if strings.ContainsRune(token, 0) {
				return Malformed("The body contains a NUL character.")
			}
		}
		if first && depth == 0 {
			return Malformed("The body must be a JSON object.")
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Malformed("The body holds more than one JSON value.")
	}
	return nil
}

// ReadForm reads an OAuth request: a urlencoded body with no parameter twice
// (RFC 6749 section 3.2).
func ReadForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, BadOAuth("invalid_request", "The Content-Type must be 'application/x-www-form-urlencoded'.")
	}
	body, err := ReadBody(w, r)
	if refusal, ok := errors.AsType[*APIError](err); ok {
		return nil, &OAuthError{refusal.Status, "invalid_request", refusal.Causes[0]}
	}
	return ParseForm(string(body))
}

// ParseForm is ReadForm of a body that has been read.
func ParseForm(body string) (url.Values, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, BadOAuth("invalid_request", "The request body is not well-formed.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, BadOAuth("invalid_request", "A parameter is included more than once.")
		}
		if !CleanText(name) || !CleanText(values[0]) {
			return nil, BadOAuth("invalid_request", "A parameter contains characters that are not allowed.")
		}
	}
	return form, nil
}

// CleanText reports whether text is UTF-8 without NUL.
func CleanText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// Page is the part of a list that a request asks for.
type Page struct {
	After int64 // seq of the last element already seen
	Limit int
}

// ReadPage reads ?after=&limit=; the cursor is opaque to the caller.
func ReadPage(r *http.Request, defaultLimit int) (Page, error) {
	p := Page{Limit: defaultLimit}
	query := r.URL.Query()
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 200 {
			return Page{}, Invalid("limit", "limit: must be a number from 1 to 200.")
		}
		p.Limit = n
	}
	if text := query.Get("after"); text != "" {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err == nil {
			p.After, err = strconv.ParseInt(string(raw), 36, 64)
		}
		if err != nil {
			return Page{}, Invalid("after", "after: is not a cursor of this list.")
		}
	}
	return p, nil
}

// Sequenced is an element of a list that is paged by seq.
type Sequenced interface{ Sequence() int64 }

// CutPage drops the extra element that a list query reads beyond the limit and
// adds the Link headers "self" and, when there is more, "next", under the base URL.
func CutPage[T Sequenced](base string, w http.ResponseWriter, r *http.Request, p Page, items []T) []T {
	w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="self"`, base+r.URL.RequestURI()))
	if len(items) <= p.Limit {
		return items
	}
	items = items[:p.Limit]
	query := r.URL.Query()
	query.Set("after", Cursor(items[len(items)-1]))
	query.Set("limit", strconv.Itoa(p.Limit))
	w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="next"`, base+r.URL.EscapedPath()+"?"+query.Encode()))
	return items
}

// Cursor is the ?after= of what follows the element.
func Cursor(last Sequenced) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last.Sequence(), 36)))
}
