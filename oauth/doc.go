// Package oauth is the vocabulary and the client side of OAuth 2.0: it reads
// the credentials a caller presents, finds an authorization server's endpoints
// and keys, verifies the access tokens it signs, and exchanges a client's
// credentials for one.
//
// Start at [Providers]: one [Provider] per issuer holds everything that is
// remembered about it. [ParseAuthorization] stands alone.
//
// The package must not know who may call what: applications, registrations,
// token caches and answers to callers are the gateway's. It serves no HTTP and
// issues no tokens, that is localas's part.
package oauth
