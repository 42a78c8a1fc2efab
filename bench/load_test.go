package bench_test

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// connections is how many callers send requests at the same time.
const connections = 32

// request is what every caller sends, byte for byte, on one connection.
type request struct {
	address string // host and port
	text    []byte
}

// get makes a GET of a path with headers, given as names and values.
func get(address, path string, headers ...string) request {
	var text bytes.Buffer
	fmt.Fprintf(&text, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\n", path, address)
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&text, "%s: %s\r\n", headers[i], headers[i+1])
	}
	text.WriteString("\r\n")
	return request{address, text.Bytes()}
}

// caller is one connection that repeats a request.
type caller struct {
	request
	conn   net.Conn
	reader *bufio.Reader
}

func dial(r request) (*caller, error) {
	conn, err := net.DialTimeout("tcp", r.address, patience)
	if err != nil {
		return nil, err
	}
	return &caller{r, conn, bufio.NewReaderSize(conn, 16<<10)}, conn.SetDeadline(time.Now().Add(patience))
}

// call sends the request once and returns the status of the response, whose
// body must come with its length: a reader this simple costs next to nothing
// beside what it measures.
func (c *caller) call() (status int, err error) {
	if _, err := c.conn.Write(c.text); err != nil {
		return 0, err
	}
	length := -1
	for first := true; ; first = false {
		line, err := c.reader.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if first {
			if len(line) < 12 {
				return 0, fmt.Errorf("no status line: %q", line)
			}
			if status, err = strconv.Atoi(string(line[9:12])); err != nil {
				return 0, err
			}
			continue
		}
		if len(line) == 0 {
			break
		}
		const name = "content-length:"
		if len(line) > len(name) && strings.EqualFold(string(line[:len(name)]), name) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(line[len(name):]))); err != nil {
				return 0, err
			}
		}
	}
	if length < 0 {
		return 0, errors.New("a response without Content-Length")
	}
	_, err = c.reader.Discard(length)
	return status, err
}

// load is what came of many callers repeating a request for a while.
type load struct {
	took timings
	span time.Duration
}

func (l load) perSecond() float64 { return float64(len(l.took)) / l.span.Seconds() }

// apply repeats a request on all connections for a while. Every response must
// have the status 200; the first error is returned.
func apply(r request, during time.Duration) (load, error) {
	var mu sync.Mutex
	var total load
	var failed error
	var callers sync.WaitGroup
	began := time.Now()
	for range connections {
		callers.Go(func() {
			took, err := repeat(r, began.Add(during))
			mu.Lock()
			defer mu.Unlock()
			total.took = append(total.took, took...)
			failed = cmp.Or(failed, err)
		})
	}
	callers.Wait()
	total.span = time.Since(began)
	return total, failed
}

func repeat(r request, end time.Time) (timings, error) {
	c, err := dial(r)
	if err != nil {
		return nil, err
	}
	defer c.conn.Close()
	var took timings
	for now := time.Now(); now.Before(end); {
		status, err := c.call()
		if err != nil {
			return took, err
		}
		if status != http.StatusOK {
			return took, fmt.Errorf("the answer is %d", status)
		}
		next := time.Now()
		took = append(took, next.Sub(now))
		now = next
	}
	return took, nil
}

func TestLoad(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/chunked":
			w.(http.Flusher).Flush()
		case r.Header.Get("Key") != "k":
			w.WriteHeader(http.StatusUnauthorized)
		}
		io.WriteString(w, strings.Repeat("x", 1000))
	}))
	defer server.Close()
	address := strings.TrimPrefix(server.URL, "http://")
	l, err := apply(get(address, "/", "Key", "k"), 50*time.Millisecond)
	if err != nil || len(l.took) < connections || l.perSecond() <= 0 {
		t.Errorf("%d requests, %v", len(l.took), err)
	}
	for what, r := range map[string]request{"401": get(address, "/"), "without Content-Length": get(address, "/chunked", "Key", "k")} {
		if _, err := apply(r, 50*time.Millisecond); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
