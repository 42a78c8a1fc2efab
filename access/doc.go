// Package access says what the organization's people and machines may do: the
// entity types and actions that permissions are made of, the predefined roles,
// and whether what somebody was granted is enough for what he wants to do.
//
// It knows no store and no request; who holds which roles is the business of
// package admins, and what an operation needs is declared with its route.
package access
