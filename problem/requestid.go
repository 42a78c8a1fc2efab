package problem

import (
	"context"
	"crypto/rand"
	"strings"
)

type requestIDKey struct{}

// WithRequestID returns a context that carries the id of the request. A problem
// document shows it as its instance, and every log line about the request names it.
func WithRequestID(ctx context.Context, id string) context.Context {
	return context.WithValue(ctx, requestIDKey{}, id)
}

// RequestID returns the id of the request that ctx belongs to, or "" outside of one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// NewRequestID returns a new id: 26 characters of lower-case base32.
func NewRequestID() string { return strings.ToLower(rand.Text()) }
