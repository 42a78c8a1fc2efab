// Package settings holds the console's pages on the organization itself and on
// the admin's own account: who is an admin and what he may do, the machines
// with access, single sign-on, the encryption key, and each admin's password,
// second factor, sessions and access tokens.
//
// What may be changed, and by whom, is the business of package admins.
package settings
