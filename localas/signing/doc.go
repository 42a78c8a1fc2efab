// Package signing keeps the RSA keys that authorization servers sign tokens
// with: one that signs, one published ahead of its use, and retired ones that
// still verify.
//
// It owns the table signing_key and the rotation. It signs nothing itself.
package signing
