// Package lru is a bounded map whose entries expire: what gateways remember of
// callers must not grow with what callers send.
//
// It knows nothing of what is kept in it.
package lru
