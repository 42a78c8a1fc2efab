// Package allowlist holds the use cases around who reaches a portal: the
// entries of its IP allow list, and whether they let an address in.
//
// It does not know how a caller's address is found out; who serves a portal
// asks Admit with it.
package allowlist
