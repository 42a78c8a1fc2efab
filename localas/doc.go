// Package localas is the built-in authorization server. It speaks the dialect
// of Okta's OAuth 2.0 and management APIs, so that a demo, a test or a small
// installation takes the same path to an identity provider as production does.
//
// It owns its SQLite file, its signing keys, its clients and its pages, and is
// reached only over HTTP. It must not import any other part of Portico but
// package secret, and it must never keep a password, a client secret or an API
// token in clear: the latter are shown once, when they are made.
//
// A newcomer starts at routes.go, which lists every endpoint.
package localas
