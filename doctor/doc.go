// Package doctor examines DCR providers: whether the issuer and the credential
// are good, and whether a client that is registered with them gets an access
// token that the gateway would let through. Every fault comes with its cause and
// with what to do.
//
// It leaves nothing behind: the client of a check is written down as an intent
// before it is registered, so that the reconciler removes it should the check
// not come to its end. It must not change a provider, an auth strategy or an
// application.
package doctor
