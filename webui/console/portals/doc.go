// Package portals holds the console's pages of developer portals: the list, a
// new portal, and for each portal what is published there, how it looks, what
// it says, who reaches it and how developers sign in.
//
// What developers do in a portal belongs to other packages: approvals and
// accounts are people's, the portal itself is webui/portal's.
package portals
