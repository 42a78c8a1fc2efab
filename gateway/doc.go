// Package gateway is the data plane: it routes requests as Kong's traditional
// router does, decides from the configuration in memory who may call what, and
// passes on what is allowed.
//
// It owns the policy (decide), its caches and the proxy. It must not touch a
// database or a control plane while serving a request, and knows the domain
// only as package snapshot compiles it.
package gateway
