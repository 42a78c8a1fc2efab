// Package content holds the use cases of what portals say and look like:
// Markdown pages and snippets of a portal, documents of an API, designs and
// images, and what of all that a visitor gets to see.
//
// Pages and documents are kept as they were written, front matter and all, so
// that whoever wrote them reads back the same; visitors read them without it.
// Everything that is changed here is put into the search index in the same
// transaction.
//
// It renders no HTML, and knows no HTTP and no SQL.
package content
