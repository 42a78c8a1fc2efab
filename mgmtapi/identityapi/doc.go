// Package identityapi is the management API's part for the organization's people
// and machines (contract: identity v3): users and their access tokens, teams,
// roles, system accounts, invitations, and how users sign in.
//
// It reads requests and shows answers; what is allowed, and what a change means,
// is decided by package admins.
package identityapi
