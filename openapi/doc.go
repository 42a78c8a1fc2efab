// Package openapi inspects the specification documents of APIs: OpenAPI 2 and
// 3 and AsyncAPI, as JSON or YAML.
//
// It refuses only what cannot be read; whatever else is wrong with a document
// becomes a message beside it. Documents come from strangers, so size, nesting
// and the expansion of YAML aliases are bounded, and no reference out of the
// document is ever followed.
package openapi
