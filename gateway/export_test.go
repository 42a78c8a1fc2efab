package gateway

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Retrying is the round tripper of a service with another way of connecting.
func Retrying(dial func(ctx context.Context, network, address string) (net.Conn, error), retries int) http.RoundTripper {
	t := newTransport(timeouts{time.Second, time.Second, time.Second}, nil)
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, connectError{err}
		}
		return conn, nil
	}
	return retrying{t, retries}
}
