// Package route is what a route of the management API is: an operation, what
// serves it, and what the caller must have been granted.
//
// It serves nothing itself; package mgmtapi puts authentication, permissions
// and limits around every route, those of its sub-packages included.
package route
