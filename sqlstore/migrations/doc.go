// Package migrations is the steps by which the store's schema has come about, one
// SQL text for both engines.
//
// It reads them and tells what they are; it must not know a database. A step that
// was released is never edited.
package migrations
