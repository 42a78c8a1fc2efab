package dialect

import "net/http"

// Route is an endpoint of the management API, for an API token, or for an
// access token with the scope; without a scope, for an API token only.
type Route struct {
	Pattern, Scope string
	Handle         func(w http.ResponseWriter, r *http.Request) error
}
