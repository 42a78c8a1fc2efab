// Package operate is the part of the console for whoever keeps Portico
// running: analytics of all traffic, the audit log with its webhook, and the
// mails that were sent.
package operate

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path .
