// Package directory is who can sign in to applications: people with their
// passwords, and groups of them, managed by Okta's users and groups APIs.
//
// Of a password it keeps a slow hash. It must not know tokens or pages.
package directory
