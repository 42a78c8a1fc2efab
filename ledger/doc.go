// Package ledger makes the audit log evident of tampering: it signs each entry
// together with the signature of the one before, and checks such a chain.
//
// It knows what of an entry is signed, and keeps the key, sealed, among the
// store's meta values. It must not read or write the log itself.
package ledger
