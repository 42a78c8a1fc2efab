// Package consoletest is the house that tests of the console's pages live in:
// use cases on a real store, the built-in authorization server as Okta, a
// gateway, and the console with admins of any role signed in.
package consoletest
