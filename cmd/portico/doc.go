// Command portico is the whole product: control plane, portals and gateway in
// one binary, and the demo that shows them.
//
// It parses flags and calls package app, demo or declare; it must not do anything
// else.
package main
