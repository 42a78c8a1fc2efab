// Package admins holds the use cases of those who run Portico: the organization
// and its founding, its admins and their access tokens, and who makes a request.
//
// It decides; it knows neither HTTP nor SQL.
package admins
