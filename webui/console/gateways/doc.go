// Package gateways is what gateways do, in the console: control planes with the
// gateways that obey them, services, routes, plugins and consumers.
//
// It shows and reads forms; what is a sound service or route is decided by the
// use cases.
package gateways
