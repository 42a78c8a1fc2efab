package httpkit

import (
	"bytes"
	"net/http"
	"time"
)

// Image answers with an image that somebody has uploaded. Whatever it is, a
// browser that opens it runs nothing in it and loads nothing for it. Whether it
// may be kept is for the caller to say.
func Image(w http.ResponseWriter, r *http.Request, mediaType string, changed time.Time, data []byte) error {
	h := w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", changed, bytes.NewReader(data))
	return nil
}
