// Package localastest runs the built-in authorization server for tests, on a
// loopback address and in a directory of its own, with its fault switches on.
//
// It is for tests only and must not be imported by the product.
package localastest
