// Package snapshot is the compiled configuration of the data plane: what a
// gateway needs to route a request and to decide about it, and nothing else.
//
// It owns the types, the rules a configuration must keep, the binary encoding
// and the index of applications. It knows nothing of the domain, of storage or
// of HTTP: control compiles snapshots, configsync carries them, gateway obeys
// them.
package snapshot
