package idptest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Wire is an http.RoundTripper that misbehaves on demand.
type Wire struct {
	next http.RoundTripper

	mu     sync.Mutex
	method string
	path   string
	times  int
	fault  Fault
	hits   int
	seen   []Request
}

// NewWire makes a wire that works until Break is called.
func NewWire(next http.RoundTripper) *Wire { return &Wire{next: next} }

// Fault answers a request in the place of the real transport.
type Fault func(req *http.Request, next http.RoundTripper) (*http.Response, error)

// Break makes the next so many requests of a method, to paths that begin so,
// run into the fault.
func (w *Wire) Break(method, path string, times int, fault Fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.method, w.path, w.times, w.fault, w.hits = method, path, times, fault, 0
}

// Hits counts the requests of the kind named in Break since then, those that
// ran into the fault and those that came after.
func (w *Wire) Hits() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits
}

// Seen lists the requests so far.
func (w *Wire) Seen() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.seen)
}

// RoundTrip implements http.RoundTripper.
func (w *Wire) RoundTrip(req *http.Request) (*http.Response, error) {
	if fault := w.meet(req); fault != nil {
		return fault(req, w.next)
	}
	return w.next.RoundTrip(req)
}

func (w *Wire) meet(req *http.Request) Fault {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.seen = append(w.seen, Request{req.Method, req.URL.Path})
	if w.fault == nil || req.Method != w.method || !strings.HasPrefix(req.URL.Path, w.path) {
		return nil
	}
	w.hits++
	if w.hits > w.times {
		return nil
	}
	return w.fault
}

// Unreachable fails as a host does that does not listen.
func Unreachable(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
	closeBody(req)
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
}

// LoseRequest closes the connection before the provider has done anything.
func LoseRequest(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
	closeBody(req)
	return nil, io.EOF
}

// LoseAnswer lets the provider do what it is asked and loses what it says.
func LoseAnswer(req *http.Request, next http.RoundTripper) (*http.Response, error) {
	res, err := next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	res.Body.Close()
	return nil, io.ErrUnexpectedEOF
}

// Answer answers without asking the provider.
func Answer(status int, header http.Header, body string) Fault {
	if header == nil {
		header = http.Header{}
	}
	return func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		closeBody(req)
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: header.Clone(), Body: io.NopCloser(strings.NewReader(body)), Request: req,
		}, nil
	}
}

// AnswerEndlessly answers without asking the provider, and does not stop.
func AnswerEndlessly(status int) Fault {
	return func(req *http.Request, _ http.RoundTripper) (*http.Response, error) {
		closeBody(req)
		return &http.Response{
			StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: io.NopCloser(Flood(req)), ContentLength: -1, Request: req,
		}, nil
	}
}

// Replace lets the provider do what it is asked and answers something else
// with its status.
func Replace(body func(*http.Request) io.Reader) Fault {
	return func(req *http.Request, next http.RoundTripper) (*http.Response, error) {
		res, err := next.RoundTrip(req)
		if err != nil {
			return nil, err
		}
		res.Body.Close()
		res.Body, res.ContentLength = io.NopCloser(body(req)), -1
		res.Header.Del("Content-Length")
		return res, nil
	}
}

// Garble cuts the answer's JSON off.
func Garble(*http.Request) io.Reader { return strings.NewReader(`{"id":`) }

// Say answers with a text.
func Say(text string) func(*http.Request) io.Reader {
	return func(*http.Request) io.Reader { return strings.NewReader(text) }
}

// BreakOff loses the connection in the middle of the answer.
func BreakOff(*http.Request) io.Reader {
	return io.MultiReader(strings.NewReader(`{"id":"`), broken{})
}

// Flood answers without end.
func Flood(*http.Request) io.Reader { return endless{} }

// Stall begins an answer, tells that it did, and lets nothing follow until the
// caller gives up.
func Stall(begun func()) func(*http.Request) io.Reader {
	return func(req *http.Request) io.Reader {
		return io.MultiReader(strings.NewReader(`{"id":"`), stalled{req, begun})
	}
}

// Drip answers with a byte at a time, tells that it does, and goes on until the
// caller gives up.
func Drip(begun func()) func(*http.Request) io.Reader {
	return func(req *http.Request) io.Reader { return &dripping{req: req, begun: begun} }
}

type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ' '
	}
	return len(p), nil
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

type dripping struct {
	req   *http.Request
	begun func()
	count int
}

func (d *dripping) Read(p []byte) (int, error) {
	if err := d.req.Context().Err(); err != nil {
		return 0, err
	}
	if d.count++; d.count == 100 {
		d.begun()
	}
	p[0] = ' '
	return 1, nil
}

type stalled struct {
	req   *http.Request
	begun func()
}

func (s stalled) Read([]byte) (int, error) {
	s.begun()
	<-s.req.Context().Done()
	return 0, s.req.Context().Err()
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}
