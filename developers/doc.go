// Package developers holds the use cases of developers' accounts: from sign-up
// or invitation to deletion, their sign-ins, their teams and what a team may
// see and use.
//
// It owns no applications: what has to happen to them when an account goes is
// asked of a Releaser.
package developers
