// Package mgmtapi is the management API: Konnect's /v2 and /v3 for the admins
// of an API company, with one file per resource that holds its routes, its
// handlers and its wire types.
//
// It translates between the wire and package control and decides nothing: no
// rule of the domain, no SQL and no identity provider is known here. What every
// HTTP listener needs (request ids, access log, recovery from panics, the
// caller's address) is put around the handler by whoever listens.
package mgmtapi
