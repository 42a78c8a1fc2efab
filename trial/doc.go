// Package trial tries an application's credentials the way a caller would, step
// by step: the issuer answers, it issues a token, the token says which
// application this is, the application may use the API, the gateway lets the
// request through. It says at which step it ends, and of what cause.
//
// It words nothing: a cause is a code, which pages put into sentences. The
// credentials that it is given are sent to the issuer and to the gateway, and
// kept nowhere.
package trial
