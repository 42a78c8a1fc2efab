// Package portalapi is the portal API, /api/v3, that a developer's browser or
// program speaks to on a portal's own origin: its routes, its wire types, its
// cookies.
//
// Which portal is meant follows from the Host. Handlers read a request, call a
// use case of package control and write what it returns; they must not decide
// anything, and must not touch the store.
package portalapi
