// Package oidcprovider runs the npm package oidc-provider, an OpenID provider
// that is certified and that others have written: with it we cannot agree on a
// mistake. It registers clients (RFC 7591, RFC 7592; a client's registration
// access token changes with every update), gives them access tokens that are
// JWTs (RFC 9068), and signs people in.
//
// Only tests import this package. What it needs is said in package npmtest.
package oidcprovider
