// Package people is the console's pages about those whom portals are for: what
// waits for a decision, developers, their teams and their applications, of all
// portals at once.
//
// What a team may do is set in the pages of its portal.
package people
