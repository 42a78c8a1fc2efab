// Package spectest is the oracle of the public contracts: it checks every
// request and response of an API test against the OpenAPI documents.
//
// The documents are not part of the project; PORTICO_CONTRACTS names their
// directory. It is for tests only and must not be imported by the product.
package spectest
