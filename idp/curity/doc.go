// Package curity registers clients in a Curity Identity Server, over package dcr
// and with what sets Curity apart.
//
// A registration needs an initial access token of its own, which a client of the
// admin's obtains with the scope dcr and which serves once. Reading or writing a
// client gives it a new token and a new secret, and ends the old ones at once:
// so nothing is read or written here but to replace the secret, on purpose.
// Where a client's own token does not serve any more, one with the scope dcrm
// does, if the admin's client may obtain it.
package curity
