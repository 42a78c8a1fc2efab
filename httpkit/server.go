package httpkit

import (
	"log/slog"
	"net/http"
	"time"
)

// NewServer returns a server for h whose limits keep a slow or silent client
// from holding a connection: 10 s for the header, 1 min for the body, 2 min idle.
// There is no limit on writing, because answers may be streams; Timeout bounds
// the work for the others.
func NewServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
}
