package oauth

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestClientRefusesAddresses(t *testing.T) {
	t.Parallel()
	strict, relaxed := ClientPolicy{}, ClientPolicy{AllowPrivate: true}
	for address, c := range map[string]struct {
		policy   ClientPolicy
		loopback bool // the URL names this machine
		ok       bool
	}{
		"203.0.113.7":          {strict, false, true},
		"2001:db8::1":          {strict, false, true},
		"127.0.0.1":            {strict, true, true},
		"::1":                  {strict, true, true},
		"127.0.0.2":            {strict, false, false},
		"::ffff:127.0.0.1":     {relaxed, false, false},
		"203.0.113.8":          {strict, true, false},
		"10.1.2.3":             {strict, false, false},
		"172.16.0.1":           {strict, false, false},
		"192.168.0.1":          {strict, false, false},
		"100.64.0.1":           {strict, false, false},
		"fd00::1":              {strict, false, false},
		"::ffff:10.0.0.1":      {strict, false, false},
		"::ffff:100.64.0.1":    {strict, false, false},
		"10.1.2.4":             {relaxed, false, true},
		"100.64.0.2":           {relaxed, false, true},
		"fd00::2":              {relaxed, false, true},
		"169.254.169.254":      {relaxed, false, false},
		"fe80::1%eth0":         {relaxed, false, false},
		"fec0::1":              {relaxed, false, false},
		"224.0.0.1":            {relaxed, false, false},
		"0.0.0.0":              {relaxed, true, false},
		"::":                   {relaxed, false, false},
		"64:ff9b::a9fe:a9fe":   {relaxed, false, false},
		"2002:a9fe:a9fe::1":    {relaxed, false, false},
		"::169.254.169.254":    {relaxed, false, false},
		"255.255.255.255":      {relaxed, false, false},
		"2606:4700:4700::1111": {strict, false, true},
	} {
		if err := c.policy.checkAddress(netip.MustParseAddr(address), c.loopback); (err == nil) != c.ok {
			t.Errorf("%s with %+v, loopback %v: %v", address, c.policy, c.loopback, err)
		}
	}
}

// The check sits where the connection is made, not only in a function.
func TestClientChecksWhatItDials(t *testing.T) {
	t.Parallel()
	client := NewHTTPClient(ClientPolicy{Timeout: 5 * time.Second})
	for _, address := range []string{"https://10.0.0.1/", "https://169.254.169.254/latest/", "https://192.168.1.1:8443/"} {
		_, err := client.Get(address)
		if err == nil || !strings.Contains(err.Error(), "refused: ") {
			t.Errorf("%s: %v", address, err)
		}
	}
	_, err := client.Get("http://203.0.113.7/")
	if err == nil || !strings.Contains(err.Error(), "must begin with https://") {
		t.Errorf("plain http: %v", err)
	}
}

func TestClientAndRedirects(t *testing.T) {
	t.Parallel()
	var reached []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = append(reached, "elsewhere") }))
	defer elsewhere.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached = append(reached, r.Method+" "+r.URL.Path)
		switch r.URL.Path {
		case "/same":
			http.Redirect(w, r, "/end", http.StatusFound)
		case "/other":
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case "/post":
			http.Redirect(w, r, "/end", http.StatusTemporaryRedirect)
		}
	}))
	defer server.Close()
	client := NewHTTPClient(ClientPolicy{})
	defer client.CloseIdleConnections()

	if response, err := client.Get(server.URL + "/same"); err != nil || response.StatusCode != http.StatusOK || response.Body.Close() != nil {
		t.Errorf("redirect within the origin: %v", err)
	}
	if _, err := client.Get(server.URL + "/other"); err == nil || !strings.Contains(err.Error(), "another origin") {
		t.Errorf("redirect to another origin: %v", err)
	}
	if _, err := client.Get(server.URL + "/loop"); err == nil || !strings.Contains(err.Error(), "more than 5 redirects") {
		t.Errorf("endless redirects: %v", err)
	}
	response, err := client.Post(server.URL+"/post", "text/plain", strings.NewReader("secret"))
	if err != nil || response.StatusCode != http.StatusTemporaryRedirect || response.Body.Close() != nil {
		t.Errorf("redirected POST: %v", err)
	}
	if got := strings.Join(reached, " "); strings.Contains(got, "elsewhere") || strings.Contains(got, "POST /end") {
		t.Errorf("reached %s", got)
	}
}

func TestClientHasADeadline(t *testing.T) {
	t.Parallel()
	done := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-done }))
	defer server.Close()
	defer close(done)
	_, err := NewHTTPClient(ClientPolicy{Timeout: 20 * time.Millisecond}).Get(server.URL)
	if timeout, ok := errors.AsType[interface {
		error
		Timeout() bool
	}](err); !ok || !timeout.Timeout() {
		t.Errorf("got %v", err)
	}
}

func TestReadBody(t *testing.T) {
	t.Parallel()
	if body, err := ReadBody(strings.NewReader(strings.Repeat("x", MaxBody))); err != nil || len(body) != MaxBody {
		t.Errorf("largest body: %d bytes, %v", len(body), err)
	}
	if _, err := ReadBody(strings.NewReader(strings.Repeat("x", MaxBody+1))); !errors.Is(err, ErrBodyTooLarge) {
		t.Errorf("larger body: %v", err)
	}
	if _, err := ReadBody(io.MultiReader(strings.NewReader("x"), &brokenReader{})); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("body that breaks off: %v", err)
	}
}

type brokenReader struct{}

func (*brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
