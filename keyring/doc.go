// Package keyring holds the keys of an installation: it seals secrets for one
// place in the store each (AEAD, Tink), and derives the keys that other parts
// need, such as the gateway's for session cookies.
//
// A key file belongs to one database. It is the only thing that opens what is
// sealed there, so this package never overwrites a key without keeping it, and
// never guesses: what it cannot use it refuses, saying what to do. It must not
// store or log anything.
package keyring
