// Package compile turns what the store holds into what the gateways need to
// know: a snapshot, or the delta since an earlier version.
//
// It decides who may call which service, from publications and
// implementations. It must not change anything, nor carry what it compiles:
// that is configsync's.
package compile
