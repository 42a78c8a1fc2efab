// Package password hashes the passwords of people with argon2id (RFC 9106) and
// says which passwords are good enough.
//
// It must not be used for tokens and client secrets: those are random, and a
// plain digest (package secret) protects them.
package password
