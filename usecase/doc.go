// Package usecase is what every use case stands on: the ports that it needs
// from outside, the one way to commit a change, and what lists of entities
// have in common.
//
// It decides nothing; it knows neither HTTP nor SQL nor any entity's rules.
package usecase
