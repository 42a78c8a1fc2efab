// Package handles keeps what identity providers of RFC 7592's kind hand out for
// the management of single clients: an address and a token for each.
//
// Such a token is the only right to a client that there is, and a new one may
// come with every answer. Whatever is kept here is therefore committed by
// itself, whether or not what it was needed for succeeds. Tokens are sealed; the
// package calls no identity provider.
package handles
