// Package faults makes the server misbehave on request, for tests: it delays,
// refuses or drops answers, and sets the clock wrong.
package faults
