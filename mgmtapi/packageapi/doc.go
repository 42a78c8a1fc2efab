// Package packageapi is the management API's part for operations of APIs and for
// packages of them (contract: api-builder v3).
//
// Of packages it has what APIs have not; their documents and images are package
// contentapi's, and their publications stand with those of APIs in package
// mgmtapi.
package packageapi
