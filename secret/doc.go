// Package secret is the bottom of the house: the type that keeps secret text
// from being printed, random tokens, and the digests they are stored as.
//
// It knows only the standard library, so that every other package may import
// it. It must not seal, persist or transmit anything: sealing is package
// keyring's, password hashing package password's.
package secret
