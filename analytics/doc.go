// Package analytics tells what applications have done: it records what the
// gateways counted, forgets it when it is old, and answers questions about it.
//
// It owns how long counts are kept, the ranges and buckets of reports, and what
// a percentile of classed latencies is. Whose applications somebody may ask
// about is decided by the caller.
package analytics
