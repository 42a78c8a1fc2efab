// Package reference turns the specification of an API into pages that people
// read: operations, parameters, schemas, examples and code samples.
//
// It owns the way from a document (OpenAPI 3.0 and 3.1; 2.0 by conversion) to a
// model of a page, and from there to HTML and Markdown. Documents come from
// strangers and may be imperfect: whatever cannot be understood is left out,
// everything is bounded in size and depth, and a schema that contains itself
// ends in a link. What is no OpenAPI at all is reported by [Read], and the
// caller shows the document as it is.
//
// It knows neither portals nor requests; addresses, the visitor's client id and
// the way to authenticate come from the caller.
package reference
