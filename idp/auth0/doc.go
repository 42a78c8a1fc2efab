// Package auth0 registers clients in an Auth0 tenant through its Management API
// (/api/v2), spoken by hand with a token of its own.
//
// A client needs two objects: the client, and a grant that lets it have tokens
// for the strategy's audience. Auth0 chooses client ids and secrets, and finds
// clients by nothing but reading them all: the create key is in the client's
// metadata, beside the four members that Konnect writes there. A client has one
// secret; a new one replaces it. Secrets are read from the answer that issues
// them and from no other.
package auth0
