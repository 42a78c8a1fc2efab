package visit

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/klauspost/compress/gzhttp"

	"portico/httpkit"
	"portico/webui/design"
)

// requestTimeout bounds one request; registering a client may take a while.
const requestTimeout = time.Minute

// DefaultForm is how many bytes a form may have where no page needs more.
const DefaultForm = 1 << 20

// Serve puts around a site's pages what all pages need: the design's assets,
// headers, packing, limits, and the refusal of forms that other sites send.
// rest answers what no pattern of mux serves; foreign answers a refused form.
func Serve(mux *http.ServeMux, rest, foreign http.Handler, limit int64) http.Handler {
	mux.Handle("GET "+design.AssetPrefix, design.Assets())
	mux.Handle("/", rest)
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(foreign)
	return httpkit.Chain(mux, httpkit.SecurityHeaders, headers, compress, httpkit.BodyLimit(limit), httpkit.Timeout(requestTimeout), protection.Handler)
}

// OtherMethods are the methods that a path is served for, if there are any; the
// catch-all patterns do not count.
func OtherMethods(mux *http.ServeMux, r *http.Request, catchAll ...string) string {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := mux.Handler(other); pattern != "/" && !slices.Contains(catchAll, pattern) {
			allow = append(allow, method)
		}
	}
	return strings.Join(allow, ", ")
}

// headers are the pages' own, in place of an API's. Without a Referer, browsers
// send no Origin with a form either, and over plain HTTP that is all by which a
// form of the portal is told from one of another site; so our own pages get it.
func headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", design.ContentSecurityPolicy)
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Referrer-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// compress packs answers, except those that must not be kept: they may hold a
// secret, which compression together with what a visitor typed would betray.
func compress(next http.Handler) http.Handler {
	packed := gzhttp.GzipHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(&plainSecrets{ResponseWriter: w}, r)
	}))
	return http.HandlerFunc(packed.ServeHTTP)
}

// plainSecrets tells gzhttp, once the header is complete, to leave an answer alone.
type plainSecrets struct {
	http.ResponseWriter
	begun bool
}

// Unwrap is for http.ResponseController.
func (w *plainSecrets) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// WriteHeader implements http.ResponseWriter.
func (w *plainSecrets) WriteHeader(status int) {
	w.begun = true
	if strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		w.Header().Set(gzhttp.HeaderNoCompression, "1")
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter: as there, the status is 200 unless
// WriteHeader has said otherwise.
func (w *plainSecrets) Write(p []byte) (int, error) {
	if !w.begun {
		w.WriteHeader(http.StatusOK)
	}
	return w.ResponseWriter.Write(p)
}
