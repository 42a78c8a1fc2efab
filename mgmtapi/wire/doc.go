// Package wire is what the requests and answers of several resources of the
// management API have in common: labels, attributes, slugs, specifications.
//
// It reads and shows; it knows no use case and no route.
package wire
