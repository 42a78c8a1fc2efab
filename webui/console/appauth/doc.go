// Package appauth is Application Auth in the console: the DCR providers that
// clients are registered with, and the auth strategies that APIs are published
// with.
//
// It shows and reads forms; what is a sound provider or strategy is decided by
// the use cases.
package appauth
