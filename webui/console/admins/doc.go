// Package admins is the console's pages about who administers the organization:
// its users and their invitations, its teams, what the predefined roles allow
// and who has them, and the system accounts with their access tokens.
//
// What may be changed, and by whom, is the business of portico/admins; each
// admin's own account is in package settings.
package admins
