// Package apis is the APIs of the catalogue in the console: what they are, their
// specifications and documents, the gateway services that serve them, the
// portals that they are published to, and the applications that use them.
//
// It shows and reads forms; what is allowed is decided by the use cases.
package apis
