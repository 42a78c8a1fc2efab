// Package portal is the developer portal as a web site: it puts the pages of
// all areas together into one handler, and holds those that belong to none of
// them: home, signing up and in, the account, Markdown pages, search, and what
// a portal looks like.
//
// It decides nothing: pages call use cases. Everything works without scripts.
package portal

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path .
