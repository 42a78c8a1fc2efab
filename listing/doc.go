// Package listing reads what a client asks of a collection (page, filters,
// sort) and renders the page it gets, in the two forms of the contract: pages
// by number, and the core entities' offset.
//
// It must not query anything: a portico.ListQuery is all that leaves it.
package listing
