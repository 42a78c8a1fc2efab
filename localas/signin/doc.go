// Package signin is the authorization code flow (RFC 6749 section 4.1, PKCE of
// RFC 7636, OpenID Connect Core section 3.1): what an application asks for, the
// codes that it gets, and the claims about who has signed in.
//
// It reads no request and writes no answer, and does not know clients or tokens.
package signin
