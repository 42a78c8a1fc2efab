// Package bench measures what docs/performance.md states: the portal's and the
// management API's times with 10,000 applications, how soon a revocation acts,
// what a request costs at the gateway beside plain nginx, and how fast and how
// small the program starts.
//
// The gateway and the start are measured from the outside, on the built binary;
// the control plane in this process, because the identity provider's share of a
// time must be known. It must not be imported.
package bench
