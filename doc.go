// Package portico is the domain: the entities that an API company and its
// developers deal with, their ids and validation, the kinds of error, and the
// ports through which the rest of the house reaches a store, an identity
// provider, a sealer and a mailer.
//
// It knows only the standard library and package secret. It must not know
// HTTP, SQL, or any identity provider's dialect; decisions in it are pure.
package portico
