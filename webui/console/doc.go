// Package console is the admin console: it puts the pages of the packages below
// it together, with the side bar, the overview and the search.
//
// What admins may do with which page is declared with its route; what a page
// does is a use case's business.
package console
