// Package dialect is the shape of Okta's HTTP APIs: errors, bodies and forms
// with their limits, pages of a list, links, ids and times.
//
// It knows nothing of clients, tokens or storage.
package dialect
