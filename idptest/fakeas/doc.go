// Package fakeas is what the stand-ins for identity providers have in common:
// an issuer's metadata and keys, a token endpoint's reading of requests in every
// way that clients prove themselves, its errors, and tokens that verify.
//
// It is test support and must not be imported by anything that is shipped. It
// knows no vendor: who may have a token, and what is in it, is for the stand-in.
package fakeas
