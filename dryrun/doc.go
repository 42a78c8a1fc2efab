// Package dryrun answers what the gateway would do with a request, without
// sending it: which route takes it, who may call, and, where the caller is not
// let in, the one cause.
//
// It compiles what is stored and asks package gateway, which decides as it does
// for callers. It decides nothing itself; it finds out why the gateway does not
// know an application or its registration. It words nothing: a cause is a code,
// which pages put into sentences.
package dryrun
