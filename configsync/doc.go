// Package configsync keeps gateways on the newest committed configuration: a
// full copy first, then deltas; another epoch or a gap starts over.
//
// It owns the following, its pace, and the copy on disk that a gateway starts
// from when the source is away. It neither compiles configurations (control
// does) nor obeys them (gateway does).
package configsync
