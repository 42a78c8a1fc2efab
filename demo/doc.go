// Package demo runs the whole of Portico on one machine without any account:
// control plane, portal, gateway, the built-in authorization server and a
// sample API, with state in one directory.
//
// It sets things up as an admin and a developer would, over the public HTTP
// APIs, so that what the demo shows is what the product does. It must not reach
// around them.
package demo
