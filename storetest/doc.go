// Package storetest says in code what a portico.Store is: Run is the contract
// that every store must keep, in tiers of single entities, lists, transactions
// and concurrency. Postgres gives tests a real PostgreSQL.
//
// It is imported by tests alone. It must not know how a store is built, nor
// pass over what it cannot test: a missing PostgreSQL is a failure.
package storetest
