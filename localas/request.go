package localas

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

// maxBody is the size of the largest body that is read.
const maxBody = 1 << 20

// readBody reads a body within the limit.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, &apiError{http.StatusRequestEntityTooLarge, "E0000003", "The request body was not well-formed.",
			[]string{"The body is larger than 1 MiB."}}
	}
	if err != nil {
		return nil, malformed("The body ends before it is complete.")
	}
	return body, nil
}

// readJSON reads a body of one JSON object into a T; members unknown to T are
// ignored, as Okta does.
func readJSON[T any](w http.ResponseWriter, r *http.Request) (T, error) {
	var into T
	body, err := readBody(w, r)
	if err != nil {
		return into, err
	}
	return parseJSON[T](body)
}

func parseJSON[T any](body []byte) (T, error) {
	var into, zero T
	if !utf8.Valid(body) {
		return zero, malformed("The body is not UTF-8.")
	}
	if err := checkTokens(body); err != nil {
		return zero, err
	}
	err := json.Unmarshal(body, &into)
	if mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return zero, malformed(fmt.Sprintf("%s: a JSON %s is not allowed here.", cmp.Or(mismatch.Field, "body"), mismatch.Value))
	}
	if err != nil {
		return zero, malformed("The body is not valid JSON for this request.")
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
			return malformed("The body is not valid JSON.")
		}
		switch token := token.(type) {
		case json.Delim:
			if first && token != '{' {
				return malformed("The body must be a JSON object.")
			}
			if token == '{' || token == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if strings.ContainsRune(token, 0) {
				return malformed("The body contains a NUL character.")
			}
		}
		if first && depth == 0 {
			return malformed("The body must be a JSON object.")
		}
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return malformed("The body holds more than one JSON value.")
	}
	return nil
}

// readForm reads an OAuth request: a urlencoded body with no parameter twice
// (RFC 6749 section 3.2).
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, badOAuth("invalid_request", "The Content-Type must be 'application/x-www-form-urlencoded'.")
	}
	body, err := readBody(w, r)
	if refusal, ok := errors.AsType[*apiError](err); ok {
		return nil, &oauthError{refusal.Status, "invalid_request", refusal.Causes[0]}
	}
	return parseForm(string(body))
}

func parseForm(body string) (url.Values, error) {
	form, err := url.ParseQuery(body)
	if err != nil {
		return nil, badOAuth("invalid_request", "The request body is not well-formed.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, badOAuth("invalid_request", "A parameter is included more than once.")
		}
		if !cleanText(name) || !cleanText(values[0]) {
			return nil, badOAuth("invalid_request", "A parameter contains characters that are not allowed.")
		}
	}
	return form, nil
}

// cleanText reports whether text is UTF-8 without NUL.
func cleanText(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// page is the part of a list that a request asks for.
type page struct {
	after int64 // seq of the last element already seen
	limit int
}

// readPage reads ?after=&limit=; the cursor is opaque to the caller.
func readPage(r *http.Request, defaultLimit int) (page, error) {
	p := page{limit: defaultLimit}
	query := r.URL.Query()
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 200 {
			return page{}, invalid("limit", "limit: must be a number from 1 to 200.")
		}
		p.limit = n
	}
	if text := query.Get("after"); text != "" {
		raw, err := base64.RawURLEncoding.DecodeString(text)
		if err == nil {
			p.after, err = strconv.ParseInt(string(raw), 36, 64)
		}
		if err != nil {
			return page{}, invalid("after", "after: is not a cursor of this list.")
		}
	}
	return p, nil
}

// sequenced is an element of a list that is paged by seq.
type sequenced interface{ sequence() int64 }

// cutPage drops the extra element that a list query reads beyond the limit and
// adds the Link headers "self" and, when there is more, "next".
func cutPage[T sequenced](s *Server, w http.ResponseWriter, r *http.Request, p page, items []T) []T {
	w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="self"`, s.base+r.URL.RequestURI()))
	if len(items) <= p.limit {
		return items
	}
	items = items[:p.limit]
	query := r.URL.Query()
	query.Set("after", cursor(items[len(items)-1]))
	query.Set("limit", strconv.Itoa(p.limit))
	w.Header().Add("Link", fmt.Sprintf(`<%s>; rel="next"`, s.base+r.URL.EscapedPath()+"?"+query.Encode()))
	return items
}

// cursor is the ?after= of what follows the element.
func cursor(last sequenced) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(last.sequence(), 36)))
}

// prefixPattern is a LIKE pattern (with ESCAPE '\') for texts that start with q.
func prefixPattern(q string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(q) + "%"
}
