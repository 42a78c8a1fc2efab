// Package httpkit is what every HTTP face of Portico stands on: handlers that
// return errors, the middleware around them, and the reader of JSON bodies that
// reports all faults of a request at once.
//
// It must not know any entity, route or permission; and it must never log a
// query string, a header or a body.
package httpkit
