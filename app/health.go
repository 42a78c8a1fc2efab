package app

import (
	"net/http"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// health serves /livez (the process runs), /readyz (it can do its work) and
// /metrics.
func (a *App) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, r *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, r *http.Request) {
		if err := a.ready(r); err != nil {
			a.logger.WarnContext(r.Context(), "not ready", "err", err)
			http.Error(w, "not ready; the log says why", http.StatusServiceUnavailable)
			return
		}
		w.Write([]byte("ok\n"))
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(a.registry, promhttp.HandlerOpts{}))
	return mux
}

func (a *App) ready(r *http.Request) error {
	if err := a.store.Ping(r.Context()); err != nil {
		return err
	}
	return a.gateway.Ready()
}
