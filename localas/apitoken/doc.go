// Package apitoken is the API tokens of the management API: they may do
// everything, and live as long as they are used.
//
// Of a token it keeps a digest; its value exists in the answer that makes it.
// It must not know what tokens are used for, nor pages.
package apitoken
