// Package auditapi is the part of the management API around the audit log: its
// entries, the destinations they can be sent to, the webhooks that send them,
// and replay jobs (contracts: audit-logs v3, portal-management v3).
//
// Like package mgmtapi, which serves its routes, it translates between the wire
// and the use cases and decides nothing.
package auditapi
