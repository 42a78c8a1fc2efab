// Package catalog is the pages about APIs: the catalogue, an API with its
// documents, reference and versions, Use this API, and calling an operation.
//
// What a visitor sees is decided by control; what a specification says, by
// webui/reference. Requests that a visitor tries out go to the portal's own
// gateway and nowhere else, and only to operations of the API; what is typed
// into that form is neither kept nor logged.
package catalog
