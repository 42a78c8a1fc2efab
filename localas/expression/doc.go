// Package expression is the small part of Okta's expression language that says
// something about a client credentials request: claim values such as
// app.clientId.
//
// It parses and evaluates texts and nothing else; it knows no token, no HTTP
// and no storage.
package expression
