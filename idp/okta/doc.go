// Package okta registers clients in an Okta organisation through its Apps API
// (/api/v1/apps), spoken by hand: a client library that repeats a POST makes a
// duplicate of every client whose creation was answered too late.
//
// The client_id is chosen by us from the create key, so that a client whose
// creation was not answered can be found. Secrets are chosen by us as well;
// whatever Okta says about them later is not looked at. The management token
// goes to the issuer's host only. Okta's clients belong to the organisation,
// not to one of its authorization servers.
package okta
