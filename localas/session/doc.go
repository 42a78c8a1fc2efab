// Package session remembers who has signed in at a browser: the administrator
// of the server, and the people of its directory. It slows the guessing of
// passwords, and holds values that a page shows once.
//
// It checks no password and knows no page.
package session
