// Package health watches the requests to identity providers: when one was last
// answered, what went wrong last, and how much of the rate limit is left. Pages,
// API and metrics (package app) show it.
//
// It sees requests and answers as they pass and changes none; it keeps no body,
// no address and no credential, and nothing over a restart.
package health
