// Package throttle slows those who guess passwords and codes, or make mails be
// sent: so many tries per caller, so many per account. It counts in the memory of
// the process and knows nothing of what is tried.
package throttle
