package idp_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"portico"
	"portico/idp"
	"portico/idptest"
)

// paged asks for a page of things, at a vendor that says that the next one is at
// an address.
func paged(t *testing.T, cursor, address string) (next string, requests int, err error) {
	t.Helper()
	api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
		requests++
		return idptest.Answer(http.StatusOK, nil, "[]")(r, nil)
	}), idptest.NewClock(time.Now()))
	next, err = api.Page(t.Context(), "/v1/things", cursor, idp.Call{Out: &[]string{}}, func(http.Header) string { return address })
	return next, requests, err
}

// TestPages: neither a cursor nor a link leads the credential away.
func TestPages(t *testing.T) {
	t.Parallel()
	const first = "/v1/things?limit=2"
	for address, want := range map[string]string{
		"": "", "https://idp.example/v1/things?after=a,b;c": "/v1/things?after=a,b;c",
		"https://evil.example/v1/things?after=1": "fails", "http://idp.example/v1/things?after=1": "fails", "https://idp.example:444/v1/things?after=1": "fails",
		"https://idp.example/v1/users?after=1": "fails", "https://idp.example/v1/%74hings?after=1": "fails", "/v1/things?after=1": "fails",
		"https://idp.example/v1/things": "fails", "https://me@idp.example/v1/things?after=1": "fails", "https://idp.example/v1/things?limit=2": "fails", "://": "fails",
	} {
		next, _, err := paged(t, first, address)
		if want == "fails" {
			wantKind(t, err, portico.IdPUnavailable)
		} else if err != nil || next != want {
			t.Errorf("%q: %q, %v", address, next, err)
		}
	}
	for _, cursor := range []string{"https://evil.example/v1/things?after=1", "//evil.example/", "/v1/users?after=1", "/v1/things/../users?x", "x", ""} {
		_, requests, err := paged(t, cursor, "")
		wantKind(t, err, portico.IdPRejected)
		if requests != 0 {
			t.Errorf("cursor %q: something was sent", cursor)
		}
	}
}

func FuzzPages(f *testing.F) {
	f.Add("https://idp.example/v1/things?after=1")
	f.Add("https://idp.example@evil.test/v1/things?x")
	f.Fuzz(func(t *testing.T, address string) {
		next, _, err := paged(t, "/v1/things", address)
		if err != nil || next == "" {
			return
		}
		u, err := url.Parse("https://idp.example" + next)
		if err != nil || u.Host != "idp.example" || u.Path != "/v1/things" {
			t.Errorf("%q leads to %q (%v)", address, next, err)
		}
	})
}
