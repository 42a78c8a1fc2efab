package gateway

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// bodyTimeout is how long a caller may be silent in the middle of a body; a
// slow body as such may take as long as it likes.
const bodyTimeout = time.Minute

// callerBody is a request body on its way to the upstream. It remembers why
// reading it failed, so that the caller's fault is not taken for the upstream's.
type callerBody struct {
	io.ReadCloser
	conn  *http.ResponseController
	limit int64 // of bytes; 0: none
	bytes int64
	err   error
}

// errTooLarge says that a body has more bytes than it may have.
var errTooLarge = errors.New("the body is too large")

// watch puts a callerBody in place of the request's body; nil if it has none.
func watch(w http.ResponseWriter, r *http.Request, limit int64) *callerBody {
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	body := &callerBody{ReadCloser: r.Body, conn: http.NewResponseController(w), limit: limit}
	r.Body = body
	return body
}

// Read moves the deadline on. A connection without deadlines, such as a stream
// of HTTP/2 in a test, is read without.
func (b *callerBody) Read(p []byte) (int, error) {
	_ = b.conn.SetReadDeadline(time.Now().Add(bodyTimeout))
	n, err := b.ReadCloser.Read(p)
	b.bytes += int64(n)
	if b.limit > 0 && b.bytes > b.limit {
		n, err = 0, errTooLarge
	}
	if err != nil {
		// The server goes on reading, to notice a caller who leaves: without end.
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, http.ErrBodyReadAfterClose) {
		b.err = err
	}
	return n, err
}

// fault is the answer to a body that could not be read; 0 if it could.
func (b *callerBody) fault() (status int, message string) {
	switch {
	case b == nil || b.err == nil:
		return 0, ""
	case errors.Is(b.err, errTooLarge):
		return http.StatusRequestEntityTooLarge, "Request size limit exceeded"
	case errors.Is(b.err, os.ErrDeadlineExceeded):
		return http.StatusRequestTimeout, "The request body did not arrive in time"
	}
	return http.StatusBadRequest, "The request body could not be read"
}
