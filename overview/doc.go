// Package overview answers what an admin wants to know first: how far setting
// up has come, what waits for a decision, and where something is by its name.
//
// It changes nothing.
package overview
