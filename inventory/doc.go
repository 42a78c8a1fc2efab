// Package inventory compares the clients at identity providers with the
// applications: which are missing, orphaned, or not what their application says.
//
// Looking changes nothing, at neither side, and never reads where reading gives
// a client another secret. What is done about a finding is asked for by the
// finding's id, which is a digest of all that was seen: what has changed in the
// meantime is left alone. A client is only ever removed if the identity provider
// says that this organization registered it, and no application has it.
//
// What the saga of an application's registration left behind when it was
// interrupted is not the matter of this package: see control.Reconciler.
package inventory
