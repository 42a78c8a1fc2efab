// Package apipackages is the use cases around the operations of APIs: which
// there are by an API's current specification, which are put together into
// packages, and the specification that a package has of it.
//
// It owns what is derived from specifications: the operations, packages'
// computed documents and the search index of operations. A package itself is an
// API to whoever publishes it, documents it or registers for it: creating and
// changing it is package control's, and what gateways make of operations is
// decided in packages compile and gateway.
package apipackages
