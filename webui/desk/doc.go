// Package desk is what all pages of the admin console have in common: who is
// signed in and what he was granted, the permission that every route declares,
// the shell with its side bar, error pages, and what a form would be as a
// request of the management API.
//
// It holds no page of its own: pages are in packages below webui/console. They
// call use cases, never the store.
package desk
