// Package audit holds the use cases around the audit log: recording what no
// change tells of (sign-ins, refusals), reading, exporting, verifying and
// trimming the log, and telling others of it: destinations, webhooks of the
// organization and of portals, replay jobs, and the sender that works them off.
//
// The entries of changes are written by the store itself. This package must not
// change entries, and knows no HTTP but that of the webhooks it calls.
package audit
