// Package usage counts what goes through a gateway: requests by application,
// API, status and outcome, minute by minute, and when each credential was last
// used.
//
// It owns the counters in memory and the rhythm in which they are handed on.
// It knows nothing of portals, storage or HTTP, and it is told no address, no
// path, no header and no secret: what is not counted cannot leak.
package usage
