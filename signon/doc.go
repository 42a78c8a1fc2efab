// Package signon signs people in with an OpenID Connect provider: the relying
// party's side of the authorization code flow with PKCE (OpenID Connect Core
// §3.1, RFC 7636), as the developers of a portal and the users of the
// organization do it.
//
// It tells who somebody is to the provider; which account that is, and whether
// it may be used, is decided by its callers. It keeps nothing: what a sign-in
// under way needs to remember is sealed in a cookie.
package signon
