// Package dcr speaks OAuth 2.0 Dynamic Client Registration (RFC 7591) and its
// management of single clients (RFC 7592), for the adapters of servers that do.
//
// A client is managed with a token of its own, which may change with every
// answer: calls about one client come one after another, and a new token is kept
// before anything else is done. Whatever bears a token goes to the registration
// endpoint's host and nowhere else, wherever the server says that a client is
// managed.
//
// The package knows no vendor. Servers cannot be asked for a client whose
// registration was not answered.
package dcr
