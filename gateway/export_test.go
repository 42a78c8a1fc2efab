package gateway

import (
	"context"
	"net"
	"net/http"
	"time"

	"portico/snapshot"
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

// FindOperation is the id of the operation that a request is for, among those
// of one control plane; "" when it is for none.
func FindOperation(all []snapshot.Operation, method, escapedPath string) string {
	for _, o := range newOperations(all, map[string]*strategy{"keys": {id: "keys", keyNames: []string{"apikey"}}}) {
		if found := o.find(method, normalize(escapedPath)); found != nil {
			return found.id
		}
	}
	return ""
}
