// Package setup prepares the authorization servers behind DCR providers for the
// auth strategies that use them (portico.SetUp): the scopes that applications
// ask for, the claim that tells applications apart, and a policy under which
// they get tokens.
//
// It says first what would be made, and makes nothing else. What is there stays
// as it is, whoever made it; nothing is changed or removed.
package setup
