// Package azuread registers clients in a Microsoft Entra ID tenant through
// Microsoft Graph (v1.0), spoken by hand with a token of its own.
//
// A client is an application, its service principal, and a password. The
// application is made under a unique name taken from the create key, so that one
// whose creation was not answered can be found; whose it is, is in its tags.
// Entra ID chooses client ids and secrets; an application may have many secrets,
// and each expires.
//
// The directory is eventually consistent: what was just made may be unknown for
// seconds. What this adapter made itself a moment ago is therefore asked for
// again before it counts as missing. The credential goes to the login and Graph
// hosts of the issuer's cloud only, which are written down here.
package azuread
