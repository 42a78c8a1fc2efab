package dialect_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/localas/dialect"
)

type body struct {
	Name  string   `json:"name"`
	List  []string `json:"list"`
	Count int      `json:"count"`
}

func TestJSONThatIsRefused(t *testing.T) {
	t.Parallel()
	for text, words := range map[string]string{
		"": "not valid JSON", "[]": "JSON object", "7": "JSON object", "null": "JSON object", `{"name":`: "not valid JSON",
		`{}{}`: "more than one", `{"name":7}`: "name: a JSON number", `{"list":"x"}`: "list: a JSON string", `{"count":1.5}`: "count",
		`{"name":"a\u0000b"}`: "NUL", "{\"name\":\"\xff\"}": "UTF-8", `{"name":"x",}`: "not valid JSON",
	} {
		_, err := dialect.ParseJSON[body]([]byte(text))
		refusal, ok := errors.AsType[*dialect.APIError](err)
		if !ok || refusal.Status != http.StatusBadRequest || !strings.Contains(refusal.Error(), words) {
			t.Errorf("%q: %v, want words %q", text, err, words)
		}
	}
	read, err := dialect.ParseJSON[body]([]byte(` {"name":"x","unknown":{"a":[1]},"list":["\\u0000"]} `))
	if err != nil || read.Name != "x" || read.List[0] != `\u0000` {
		t.Errorf("%+v, %v", read, err)
	}
}

func TestBodiesEndAtTheLimit(t *testing.T) {
	t.Parallel()
	for size, status := range map[int]int{dialect.MaxBody: 0, dialect.MaxBody + 1: http.StatusRequestEntityTooLarge} {
		request := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", size)))
		read, err := dialect.ReadBody(httptest.NewRecorder(), request)
		refusal, refused := errors.AsType[*dialect.APIError](err)
		if refused != (status != 0) || refused && refusal.Status != status || !refused && len(read) != size {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	cut := httptest.NewRequest("POST", "/", io.MultiReader(strings.NewReader("{"), failing{}))
	if _, err := dialect.ReadJSON[body](httptest.NewRecorder(), cut); err == nil || !strings.Contains(err.Error(), "ends before") {
		t.Errorf("a body that breaks off: %v", err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestFormsNeedTheirContentType(t *testing.T) {
	t.Parallel()
	for kind, fine := range map[string]bool{
		"application/x-www-form-urlencoded": true, "application/x-www-form-urlencoded; charset=UTF-8": true,
		"application/json": false, "": false, "multipart/form-data; boundary=x": false,
	} {
		request := httptest.NewRequest("POST", "/?a=from-the-url", strings.NewReader("a=1"))
		request.Header.Set("Content-Type", kind)
		form, err := dialect.ReadForm(httptest.NewRecorder(), request)
		if (err == nil) != fine || fine && form.Get("a") != "1" {
			t.Errorf("%q: %v, %v", kind, form, err)
		}
	}
}

func TestErrorsAreWrittenInTheirShapes(t *testing.T) {
	t.Parallel()
	log := &strings.Builder{}
	for name, test := range map[string]struct {
		err      error
		status   int
		contains string
	}{
		"validation": {dialect.Invalid("name", "name: too long."), 400, `"errorCode":"E0000001"`},
		"not found":  {dialect.NotFound("AppInstance", "x"), 404, `"errorSummary":"Not found: Resource not found: x (AppInstance)"`},
		"wrapped":    {fmt.Errorf("deep: %w", dialect.Forbidden()), 403, `"errorCode":"E0000006"`},
		"OAuth":      {dialect.BadOAuth("invalid_scope", "no"), 400, `{"error":"invalid_scope","error_description":"no"}`},
		"client":     {dialect.InvalidClient("no"), 401, `"error":"invalid_client"`},
		"unexpected": {errors.New("the disk is on fire"), 500, `"errorCode":"E0000009"`},
	} {
		answer := httptest.NewRecorder()
		dialect.WriteError(answer, httptest.NewRequest("GET", "/", nil), slog.New(slog.NewTextHandler(log, nil)), test.err)
		if answer.Code != test.status || !strings.Contains(answer.Body.String(), test.contains) || strings.Contains(answer.Body.String(), "fire") {
			t.Errorf("%s: %d %s", name, answer.Code, answer.Body)
		}
		if !json.Valid(answer.Body.Bytes()) {
			t.Errorf("%s: not JSON: %s", name, answer.Body)
		}
	}
	if strings.Count(log.String(), "level=ERROR") != 1 || !strings.Contains(log.String(), "fire") {
		t.Errorf("the log: %s", log)
	}
}

type item int64

func (i item) Sequence() int64 { return int64(i) }

func TestPagesLeadToTheNext(t *testing.T) {
	t.Parallel()
	request := httptest.NewRequest("GET", "/things?q=a%20b&limit=2", nil)
	p, err := dialect.ReadPage(request, 20)
	if err != nil || p.Limit != 2 || p.After != 0 {
		t.Fatalf("%+v, %v", p, err)
	}
	answer := httptest.NewRecorder()
	if kept := dialect.CutPage("https://base.test", answer, request, p, []item{3, 5, 9}); len(kept) != 2 {
		t.Errorf("kept %v", kept)
	}
	links := answer.Header().Values("Link")
	if len(links) != 2 || links[0] != `<https://base.test/things?q=a%20b&limit=2>; rel="self"` {
		t.Fatalf("links %q", links)
	}
	next := strings.TrimSuffix(strings.TrimPrefix(links[1], "<https://base.test"), `>; rel="next"`)
	if p, err = dialect.ReadPage(httptest.NewRequest("GET", next, nil), 20); err != nil || p.After != 5 || p.Limit != 2 {
		t.Errorf("next page %+v, %v", p, err)
	}
}

func TestTimestamp(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 4, 5, 678_900_000, time.FixedZone("", 3600))
	if got := dialect.Timestamp(at); got != "2026-11-21T02:04:05.678Z" {
		t.Error(got)
	}
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{"grant_type=client_credentials&scope=a", "a=1&a=2", "%zz", "a=%00", ";", "scope=%ff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		form, err := dialect.ParseForm(text)
		if err != nil {
			return
		}
		for name, values := range form {
			if len(values) != 1 || !dialect.CleanText(name) || !dialect.CleanText(values[0]) {
				t.Errorf("%q was accepted as %q", text, form)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"name":"x","list":["a"],"count":3}`, `{"a":1}{"b":2}`, `[1]`, `{"name":"\u0000"}`, `{"name":`, `null`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := dialect.ParseJSON[body](text)
		if err != nil {
			if refusal, ok := errors.AsType[*dialect.APIError](err); !ok || refusal.Status != http.StatusBadRequest {
				t.Errorf("%q: %v is no refusal", text, err)
			}
			return
		}
		if !json.Valid(text) || !dialect.CleanText(read.Name) {
			t.Errorf("%q was accepted as %+v", text, read)
		}
	})
}
