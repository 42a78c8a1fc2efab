// Package control holds the use cases: what an admin and a developer can do,
// one type per aggregate, and the registration saga that keeps applications
// and the identity providers' clients in step.
//
// It decides; it knows neither HTTP nor SQL nor any identity provider's
// dialect, and it never calls an identity provider inside a transaction.
package control
