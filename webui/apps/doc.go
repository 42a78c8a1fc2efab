// Package apps is the pages on which developers look after their applications:
// My Apps, Create New Application, the page that shows new credentials, an
// application's details, and the trial of its credentials.
//
// It decides nothing about applications: use cases do (package control). A
// secret passes through it on its way to one page, which no cache keeps; it is
// never in an address, a log or a message.
package apps
