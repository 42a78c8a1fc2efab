// Package coreapi is the management API's part for what gateways do: control
// planes, the core entities in them, and the nodes that obey (contracts:
// control-planes v2, control-planes-config v2).
//
// Core entities have the ways of Kong's Admin API; the handlers in resource.go
// serve them all. Collections that Portico does not have are in empty.go.
package coreapi
