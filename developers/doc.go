// Package developers holds the use cases of developers' accounts: from sign-up
// or invitation to deletion, their sign-ins by password or single sign-on, their
// teams and what a team may see and use, and the wording of every mail to them.
//
// It owns no applications: what has to happen to them when an account goes is
// asked of a Releaser. It knows no HTTP but the identity providers' endpoints,
// and sends no mail itself.
package developers
