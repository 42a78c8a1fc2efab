// Package settings holds the console's pages on the organization itself and how
// its admins sign on, and on the admin's own account: password, second factor,
// sessions and access tokens. Who else is an admin, and what he may do, is on
// the pages of package webui/console/admins.
//
// What may be changed, and by whom, is the business of portico/admins.
package settings
