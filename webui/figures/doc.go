// Package figures draws what package analytics reports: figures, charts with
// their tables, and who failed why. Portals and the console show the same.
//
// It asks for nothing: reports come in as values.
package figures

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path .
