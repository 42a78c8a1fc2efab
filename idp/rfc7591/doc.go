// Package rfc7591 registers clients in any authorization server with OAuth 2.0
// Dynamic Client Registration (RFC 7591) and its management of single clients
// (RFC 7592): Keycloak, Ory Hydra, PingAM, oidc-provider, and others.
//
// Beyond package dcr it says what may be expected of servers in general, which
// is little: a client holds one secret for its life, and one whose registration
// was not answered cannot be found.
package rfc7591
