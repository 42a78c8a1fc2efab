// Package dcrtest is an authorization server with Dynamic Client Registration
// (RFC 7591, RFC 7592) for the tests of adapters. It keeps clients, checks what
// it is sent, and differs where real servers do: what rotates when.
package dcrtest
