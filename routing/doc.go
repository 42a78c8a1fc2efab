// Package routing holds the use cases of what gateways forward: control
// planes, their services and routes, and which API a service implements.
//
// It knows nothing of credentials or of who may call.
package routing
