// Package enforce is what the gateways' plugins do to a request: it finds the
// rules that concern it, decides whether it may pass, and changes headers.
//
// It decides from what it is told about a request; it reads no body, opens no
// connection and knows neither the domain nor who is calling by what right.
// Only rate limits remember anything, in bounded memory.
package enforce
