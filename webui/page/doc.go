// Package page is what all pages of portals have in common: which portal and
// which developer a request means, forms and their faults, rendering within
// the portal's shell, flash messages and error pages.
//
// It holds no page of its own and decides nothing about applications or APIs:
// pages call use cases.
package page
