// Package rekey seals everything anew with a new key, while servers go on
// running, and says which keys are in use. A run that was killed at any point is
// ended by the next one.
//
// Keys and their file are package keyring's. It must not show what is sealed.
package rekey
