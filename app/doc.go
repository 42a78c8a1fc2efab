// Package app puts the house together: it reads the configuration, opens
// store, key and listeners, wires the use cases to their faces and to the
// gateway, runs them, and stops them without dropping a request.
//
// It is the only package besides the commands that knows every other one. It
// must not decide anything about the domain.
package app
