// Package signin is how admins come into the console: by password and second
// factor, by single sign-on, by an invitation, and back in by mail when a
// password is forgotten.
//
// Whoever is signed in already finds his own account in package settings.
package signin
