package problem

import (
	"log/slog"
	"net/http"

	"portico"
)

// Mux serves mux, with problem documents for the paths it does not know (404)
// and the methods that a path does not have (405, with Allow).
func Mux(mux *http.ServeMux, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refusal, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		probe := outcome{header: http.Header{}}
		refusal.ServeHTTP(&probe, r)
		switch probe.status {
		case http.StatusMethodNotAllowed:
			allow := probe.header.Get("Allow")
			w.Header().Set("Allow", allow)
			Write(w, r, portico.Errorf(portico.KindMethodNotAllowed,
				"The method [%s] is not offered at [%s]; its methods are [%s].", r.Method, r.URL.Path, allow), log)
		case http.StatusNotFound:
			Write(w, r, portico.Errorf(portico.KindNotFound, "Nothing is offered at [%s].", r.URL.Path), log)
		default: // a redirect to the clean form of the path
			mux.ServeHTTP(w, r)
		}
	})
}

// outcome keeps the status and header of an answer, and drops the rest.
type outcome struct {
	header http.Header
	status int
}

func (o *outcome) Header() http.Header         { return o.header }
func (o *outcome) WriteHeader(status int)      { o.status = status }
func (o *outcome) Write(b []byte) (int, error) { return len(b), nil }
