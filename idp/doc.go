// Package idp is the plumbing that every identity provider's adapter shares:
// JSON calls to a management API with deadlines, size limits and a pace that
// respects the vendor's rate limits, and the translation of whatever went
// wrong into the kinds of portico.IdPError.
//
// It must not know any vendor's dialect: what a client looks like on the wire
// is the matter of the adapters below this directory, which do not import each
// other. It never repeats a request that creates something.
package idp
