// Package design is the design system of Portico's pages: the frame of a page, the components it is made of, their
// one style sheet, icons and small script modules, and the colours of a portal's brand.
//
// A component is a templ function that takes a plain struct and renders semantic HTML that works without scripts;
// the modules under assets/js only add comfort. Nothing here emits an inline style or script, so every page runs
// under [ContentSecurityPolicy]. Colours keep their contrast whatever hue a portal chooses, because a brand sets
// only hue and chroma and the style sheet fixes the lightness.
//
// It must not know what a portal is: no use case, no request, no session. Data comes in as values, texts of
// components come from the area "design" of webui/i18n.
package design

//go:generate go run github.com/a-h/templ/cmd/templ@v0.3.977 generate -path .
