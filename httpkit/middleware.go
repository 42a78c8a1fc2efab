package httpkit

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"portico/problem"
)

// Middleware wraps a handler.
type Middleware func(http.Handler) http.Handler

// Chain wraps h in the middleware given; the first is outermost. The order that
// serves an API is RequestID, ClientIP, AccessLog, Recover, SecurityHeaders,
// BodyLimit, Timeout.
func Chain(h http.Handler, middleware ...Middleware) http.Handler {
	for i := len(middleware) - 1; i >= 0; i-- {
		h = middleware[i](h)
	}
	return h
}

// RequestID gives every request an id, shown in X-Request-Id of the answer and
// read with problem.RequestID. A sane id that came with the request is kept, so
// that a trace can be followed across a proxy.
func RequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !sane(id) {
			id = problem.NewRequestID()
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(problem.WithRequestID(r.Context(), id)))
	})
}

// sane reports whether an id from outside may appear in logs and answers.
func sane(id string) bool {
	if len(id) < 8 || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

type routeKey struct{}

// noteRoute tells the access log, which sees an outer copy of the request,
// which route the mux has chosen.
func noteRoute(r *http.Request) {
	if route, ok := r.Context().Value(routeKey{}).(*string); ok {
		*route = r.Pattern
	}
}

// AccessLog logs one line per request: method, route pattern, status, duration,
// bytes, caller. Paths, query strings and headers may hold secrets and stay out.
func AccessLog(log *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			start := time.Now()
			route := new(string)
			inner := r.WithContext(context.WithValue(r.Context(), routeKey{}, route))
			rec := record(w)
			defer func() { // also when the answer is broken off
				if *route == "" {
					*route = inner.Pattern
				}
				log.LogAttrs(r.Context(), slog.LevelInfo, "request",
					slog.String("request_id", problem.RequestID(r.Context())),
					slog.String("method", r.Method), slog.String("route", *route),
					slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes),
					slog.Duration("duration", time.Since(start)), slog.String("client", ClientAddr(r).String()))
			}()
			next.ServeHTTP(rec, inner)
		})
	}
}

// Recover answers 500 when a handler panics, and logs where.
func Recover(log *slog.Logger) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := record(w)
			defer func() {
				switch v := recover(); {
				case v == nil:
				case aborted(v):
					panic(v)
				default:
					fail(rec, r, fmt.Errorf("panic: %v\n%s", v, debug.Stack()), log)
				}
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// SecurityHeaders sets what an API answers with; a handler of pages overwrites
// Content-Security-Policy and Cache-Control. Strict transport security is the
// business of whoever terminates TLS.
func SecurityHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		next.ServeHTTP(w, r)
	})
}

// DefaultBodyLimit is the size in bytes beyond which a body is refused where no
// BodyLimit says otherwise.
const DefaultBodyLimit = 1 << 20

// limitedBody is a body with a limit; unlimited is what a BodyLimit further in
// starts from again.
type limitedBody struct {
	io.ReadCloser
	unlimited io.ReadCloser
}

// BodyLimit refuses to read more than n bytes of a body: reading on fails with
// *http.MaxBytesError, which is answered 413. The innermost BodyLimit counts,
// so that a route may allow more than the rest.
func BodyLimit(n int64) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			unlimited := r.Body
			if outer, ok := r.Body.(limitedBody); ok {
				unlimited = outer.unlimited
			}
			r.Body = limitedBody{http.MaxBytesReader(bare(w), unlimited, n), unlimited}
			next.ServeHTTP(w, r)
		})
	}
}

// bare is the server's own writer: http.MaxBytesReader closes the connection
// after an oversized body only when it recognises that.
func bare(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapped.Unwrap()
	}
}

// Timeout ends the context of a request after d. A handler that then gives up
// with the context's error is answered 503.
func Timeout(d time.Duration) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), d)
			defer cancel()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}
