// Package idptest says what every identity provider's adapter must do, as a
// suite of tests that each adapter runs: registration and its undoing, lost
// answers, secrets that overlap, and a network that misbehaves.
//
// It is test support and must not be imported by anything that is shipped. It
// knows the port, portico.IdP, and no vendor.
package idptest
