// Package ratelimit counts the calls of endpoints as Okta does: in windows of a
// minute, by classes, with headers that tell how many are left.
package ratelimit
