// Package problem turns errors into problem documents (RFC 9457), in the shape
// of the contract: it is the one place that knows which kind of error has which
// HTTP status, and what of an error a caller may see.
//
// It must not decide anything: an error arrives with its kind and its words.
package problem
