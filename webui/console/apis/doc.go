// Package apis is the APIs of the catalogue in the console: what they are, their
// specifications and documents, the gateway services that serve them, the
// portals that they are published to, and the applications that use them. It has
// the pages of API packages, too: a package is an API that has operations of
// others, and a computed specification, in place of versions and a gateway.
//
// It shows and reads forms; what is allowed is decided by the use cases.
package apis
