// Package bridge registers clients at an HTTP service that an organization runs
// itself, in front of an identity provider that no other adapter speaks to. The
// service follows the public document of the DCR HTTP integration: create,
// delete, a new secret in place of the old one, and an event hook.
//
// The document has no call that reads, lists or changes a client. The adapter
// says so (portico.Capabilities) and invents nothing: it keeps no client of its
// own and never registers twice to make up for a lost answer. The create key
// travels as X-Request-Id, so that the service can recognise a registration.
// The API key goes to the address that an admin entered, and nowhere else.
package bridge
