package idp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portico"
	"portico/idp"
	"portico/idptest"
	"portico/secret"
)

const credential = "the-management-token"

// newAPI makes an API whose clock moves only by waiting.
func newAPI(t *testing.T, base string, transport http.RoundTripper, clock *idptest.Clock) *idp.API {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	return idp.New(idp.Config{
		Vendor: "Vendor", Base: u, HTTP: &http.Client{Transport: transport},
		Authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+credential) },
		Secrets:   []secret.Text{secret.New(credential)},
		Explain: func(body []byte) (code, text string) {
			var e struct{ Code, Text string }
			json.Unmarshal(body, &e)
			return e.Code, e.Text
		},
		Window: time.Minute, Now: clock.Now, Wait: clock.Wait,
	})
}

// serve gives an API of a real server, and a transport of its own.
func serve(t *testing.T, h http.HandlerFunc) (*idp.API, *idptest.Clock) {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	clock := idptest.NewClock(time.Now())
	return newAPI(t, server.URL, server.Client().Transport, clock), clock
}

var (
	get    = idp.Call{Method: http.MethodGet, Path: "/things/1", Class: "things"}
	create = idp.Call{Method: http.MethodPost, Path: "/things", Class: "things", Body: map[string]string{"name": "x"}, Creates: true}
)

func wantKind(t *testing.T, err error, kind portico.IdPErrorKind) {
	t.Helper()
	if !portico.IsIdP(err, kind) {
		t.Fatalf("got %v, want kind %d", err, kind)
	}
}

func TestCallSendsWhatItSays(t *testing.T) {
	t.Parallel()
	api, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Next", "2")
		fmt.Fprintf(w, `{"said":%q}`, strings.Join([]string{r.Method, r.RequestURI, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("Accept"), string(body)}, " "))
	})
	var out struct{ Said string }
	header, err := api.Do(t.Context(), idp.Call{Method: http.MethodPut, Path: "/things/a%2Fb?x=1", Body: map[string]int{"n": 1}, Out: &out})
	if err != nil {
		t.Fatal(err)
	}
	if want := `PUT /things/a%2Fb?x=1 Bearer ` + credential + ` application/json application/json {"n":1}`; out.Said != want {
		t.Errorf("sent %q, want %q", out.Said, want)
	}
	if header.Get("X-Next") != "2" {
		t.Errorf("header %v", header)
	}
}

// TestHostIsFixed: no path leads the credential to another host.
func TestHostIsFixed(t *testing.T) {
	t.Parallel()
	var hosts []string
	clock := idptest.NewClock(time.Now())
	api := newAPI(t, "https://idp.example", roundTrip(func(r *http.Request) (*http.Response, error) {
		hosts = append(hosts, r.URL.Host)
		return idptest.Answer(200, nil, "{}")(r, nil)
	}), clock)
	for _, path := range []string{"//evil.example/x", "/@evil.example", "/x?y=https://evil.example", "/\\evil.example", "@evil.example/x", ".evil.example/", "", "https://evil.example/"} {
		api.Do(t.Context(), idp.Call{Method: http.MethodGet, Path: path})
	}
	if len(hosts) == 0 {
		t.Fatal("nothing was sent")
	}
	for _, host := range hosts {
		if host != "idp.example" {
			t.Errorf("a request went to %s", host)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestRealConnections: the kinds as a real network brings them about.
func TestRealConnections(t *testing.T) {
	t.Parallel()
	t.Run("closed after the request was read", func(t *testing.T) {
		t.Parallel()
		var requests atomic.Int32
		api, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			requests.Add(1)
			io.Copy(io.Discard, r.Body)
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		})
		_, err := api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPAmbiguous)
		if n := requests.Load(); n != 1 {
			t.Errorf("a creation was sent %d times", n)
		}
		_, err = api.Do(t.Context(), get)
		wantKind(t, err, portico.IdPUnavailable)
	})
	t.Run("closed in the middle of the answer", func(t *testing.T) {
		t.Parallel()
		api, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			fmt.Fprint(w, `{"id":`)
		})
		_, err := api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPAmbiguous)
	})
	t.Run("nobody listens", func(t *testing.T) {
		t.Parallel()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		api := newAPI(t, "http://"+listener.Addr().String(), &http.Transport{}, idptest.NewClock(time.Now()))
		_, err = api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPUnavailable)
	})
	t.Run("certificate not trusted", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
		server.StartTLS()
		t.Cleanup(server.Close)
		api := newAPI(t, server.URL, &http.Transport{}, idptest.NewClock(time.Now()))
		_, err := api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPUnavailable)
	})
	t.Run("given up before it was sent", func(t *testing.T) {
		t.Parallel()
		api, _ := serve(t, func(http.ResponseWriter, *http.Request) {})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := api.Do(ctx, create)
		wantKind(t, err, portico.IdPUnavailable)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not say why", err)
		}
	})
}

func TestKindsOfStatus(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status         int
		read, creation portico.IdPErrorKind
		attempts       int32 // of the read
	}{
		{302, portico.IdPUnavailable, portico.IdPAmbiguous, 1},
		{400, portico.IdPRejected, portico.IdPRejected, 1},
		{401, portico.IdPDenied, portico.IdPDenied, 1},
		{403, portico.IdPDenied, portico.IdPDenied, 1},
		{404, portico.IdPNotFound, portico.IdPNotFound, 1},
		{408, portico.IdPUnavailable, portico.IdPUnavailable, 1},
		{409, portico.IdPRejected, portico.IdPRejected, 1},
		{410, portico.IdPNotFound, portico.IdPNotFound, 1},
		{422, portico.IdPRejected, portico.IdPRejected, 1},
		{429, portico.IdPUnavailable, portico.IdPUnavailable, 3},
		{500, portico.IdPUnavailable, portico.IdPAmbiguous, 1},
		{502, portico.IdPUnavailable, portico.IdPAmbiguous, 3},
		{503, portico.IdPUnavailable, portico.IdPAmbiguous, 3},
		{504, portico.IdPUnavailable, portico.IdPAmbiguous, 3},
	} {
		t.Run(http.StatusText(c.status), func(t *testing.T) {
			t.Parallel()
			var requests atomic.Int32
			api, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.WriteHeader(c.status)
				fmt.Fprint(w, `{"code":"E1","text":"because"}`)
			})
			_, err := api.Do(t.Context(), get)
			wantKind(t, err, c.read)
			if s := idp.Status(err); s == nil || s.Status != c.status || s.Code != "E1" || s.Text != "because" || !strings.Contains(err.Error(), "E1") {
				t.Errorf("%v carries %+v", err, s)
			}
			if n := requests.Load(); n != c.attempts {
				t.Errorf("%d attempts, want %d", n, c.attempts)
			}
			clock.Wait(t.Context(), time.Hour) // past any pause
			requests.Store(0)
			_, err = api.Do(t.Context(), create)
			wantKind(t, err, c.creation)
			if n := requests.Load(); n != 1 {
				t.Errorf("a creation was sent %d times", n)
			}
		})
	}
}

// TestBackoffGrows, with some jitter, and never without end.
func TestBackoffGrows(t *testing.T) {
	t.Parallel()
	api, clock := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	_, err := api.Do(t.Context(), get)
	wantKind(t, err, portico.IdPUnavailable)
	waits := clock.Waits()
	if len(waits) != 2 || waits[0] < 125*time.Millisecond || waits[0] > 375*time.Millisecond || waits[1] < 250*time.Millisecond || waits[1] > 750*time.Millisecond {
		t.Errorf("waited %v", waits)
	}
	clock.Wait(t.Context(), time.Hour)
	before := len(clock.Waits())
	deactivate := idp.Call{Method: http.MethodPost, Path: "/things/1/deactivate", Repeats: true}
	if _, err = api.Do(t.Context(), deactivate); len(clock.Waits()) != before+2 {
		t.Errorf("a POST that may be repeated was not: %v", err)
	}
	rotate := idp.Call{Method: http.MethodPut, Path: "/things/1/secret", Creates: true}
	if _, err = api.Do(t.Context(), rotate); len(clock.Waits()) != before+2 {
		t.Errorf("a PUT that rotates was repeated: %v", err)
	}
	plain := idp.Call{Method: http.MethodPost, Path: "/things/1/act"}
	if _, err = api.Do(t.Context(), plain); len(clock.Waits()) != before+2 {
		t.Errorf("a POST that says nothing was repeated: %v", err)
	}
}

// TestSizeLimit: what is valid JSON up to the limit is refused all the same.
func TestSizeLimit(t *testing.T) {
	t.Parallel()
	size := idp.MaxBody
	api, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Write(append([]byte(`{"id":"1"}`), bytes.Repeat([]byte(" "), size-10)...))
	})
	call, out := get, struct{ ID string }{}
	call.Out = &out
	if _, err := api.Do(t.Context(), call); err != nil || out.ID != "1" {
		t.Errorf("an answer of %d bytes: %v", size, err)
	}
	size++
	_, err := api.Do(t.Context(), call)
	wantKind(t, err, portico.IdPUnavailable)
	if !strings.Contains(err.Error(), "4 MiB") {
		t.Error(err)
	}
}

func TestForeignTextIsTamed(t *testing.T) {
	t.Parallel()
	api, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"code": credential, "text": "line\nbreak \x1b[31m " + r.Header.Get("Authorization") + " own&secret secret=own%26secret " + strings.Repeat("é", 1000)})
	})
	call := create
	call.Secrets = []secret.Text{secret.New("own&secret")}
	_, err := api.Do(t.Context(), call)
	wantKind(t, err, portico.IdPRejected)
	text := fmt.Sprintf("%v %+v", err, idp.Status(err))
	if strings.Contains(text, credential) || strings.Contains(text, "own") || strings.ContainsAny(text, "\n\x1b") || len(text) > 3000 {
		t.Errorf("shown as it came: %q", text)
	}
}

// TestDeadline: an answer that trickles on is ended after Timeout, and with
// it the repetitions.
func TestDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &url.URL{Scheme: "https", Host: "idp.example"}
		attempts := 0
		api := idp.New(idp.Config{Vendor: "Vendor", Base: u, Authorize: func(*http.Request) {}, Explain: func([]byte) (string, string) { return "", "" },
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				attempts++
				res, err := idptest.Answer(200, nil, "")(r, nil)
				res.Body = io.NopCloser(trickle{r.Context()})
				return res, err
			})}})
		start := time.Now()
		_, err := api.Do(t.Context(), get)
		wantKind(t, err, portico.IdPUnavailable)
		if took := time.Since(start); took != idp.Timeout || attempts != 1 {
			t.Errorf("took %v and %d attempts", took, attempts)
		}
		_, err = api.Do(t.Context(), create)
		wantKind(t, err, portico.IdPAmbiguous)
		if took := time.Since(start); took != 2*idp.Timeout || attempts != 2 {
			t.Errorf("took %v and %d attempts", took, attempts)
		}
	})
}

// trickle gives a byte every second until its context ends.
type trickle struct{ ctx context.Context }

func (b trickle) Read(p []byte) (int, error) {
	select {
	case <-b.ctx.Done():
		return 0, b.ctx.Err()
	case <-time.After(time.Second):
		p[0] = ' '
		return 1, nil
	}
}

// TestWaitIsReal: without a clock of its own the API waits on the real one.
func TestWaitIsReal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		api := idp.New(idp.Config{Vendor: "Vendor", Base: &url.URL{Scheme: "https", Host: "idp.example"},
			Authorize: func(*http.Request) {}, Explain: func([]byte) (string, string) { return "", "" },
			HTTP: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if attempts++; attempts == 1 {
					return idptest.Answer(429, http.Header{"Retry-After": {"3"}}, "")(r, nil)
				}
				return idptest.Answer(200, nil, "{}")(r, nil)
			})}})
		start := time.Now()
		if _, err := api.Do(t.Context(), get); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
	})
}
