// Package usecasetest furnishes tests of use cases: a real store on either
// database, a real key, and an outside in which nobody listens. What a test looks at, it puts in the place of the latter.
//
// It is test support and must not be imported by anything that is shipped.
package usecasetest
