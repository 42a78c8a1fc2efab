// Package e2e tests the built program from the outside: it starts the binary
// as a user would, speaks HTTP to it, kills it, and looks at what it left
// behind. It must not reach into the product's packages for what a user cannot
// do.
package e2e
