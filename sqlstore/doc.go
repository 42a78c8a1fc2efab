// Package sqlstore keeps Portico's state in SQLite or PostgreSQL: it is the
// portico.Store of both, with one SQL text for the two.
//
// It owns the schema and its migrations, transactions and their retries, and
// the change log that gateways follow. It must not decide anything: who may do
// what, and what a value may be, is known before it gets here. What it does
// refuse is what only a database can see: a name that is taken, a reference to
// something that is not there, an entity that is still in use.
//
// After an error of the database a transaction can only be rolled back, on
// SQLite too: whoever wants to go on after a conflict begins a new one.
//
// Beside the entities there are three things with statements of their own: the
// index of what visitors search for (search.go), the counts of what applications
// did (usage.go), and all that is sealed (sealed.go).
//
// An entity is one table: see catalog.go for what its description consists of.
// Times are kept as microseconds of UTC, ids as text, lists and maps as JSON
// text, digests as hexadecimal text. Text is compared byte by byte on both
// engines; "contains" alone ignores case.
package sqlstore
