// Package markdown turns what people write in Markdown (pages of a portal,
// documents and descriptions of APIs) into HTML that is safe to put in a page,
// and colours code.
//
// Authors are strangers: everything that they write passes a sanitizer, and
// nothing of theirs can run, load from elsewhere, or name elements of the page
// around it. Colours are classes; there are no inline styles.
package markdown
