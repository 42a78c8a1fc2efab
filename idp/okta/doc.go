// Package okta registers clients in an Okta organisation, spoken by hand: a
// client library that repeats a POST makes a duplicate of every client whose
// creation was answered too late.
//
// A provider's configuration chooses between two APIs. Through the Apps API
// (Client) the client_id is chosen by us from the create key, so that a client
// whose creation was not answered can be found; secrets are chosen by us as
// well, and whatever Okta says about them later is not looked at. Through
// Dynamic Client Registration (Registrations) Okta chooses both, and clients are
// found by the beginning of their name. Either is called with an API token or as
// a service app with a private key; both go to the issuer's host only. Okta's
// clients belong to the organisation, not to one of its authorization servers.
//
// The package also prepares an authorization server for auth strategies (Plan,
// Apply): scopes, the claim that tells applications apart, an access policy. It
// adds what is missing and changes nothing that is there.
package okta
