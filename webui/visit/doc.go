// Package visit is what the pages of portals and those of the console have in
// common: the request with its language, forms and their faults, messages for
// the next page, rendering, the visitor's choices, and the headers and limits
// around every page.
//
// It knows neither portals nor admins: packages page and desk find out who
// visits, and what may be seen.
package visit
