package content

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

const (
	svgSpace   = "http://www.w3.org/2000/svg"
	xhtmlSpace = "http://www.w3.org/1999/xhtml"
	maxNesting = 100
)

// svgElements draw, and do no more.
var svgElements = strings.Fields(`svg g defs symbol use title desc metadata switch view style
	path rect circle ellipse line polyline polygon text tspan textPath image marker
	linearGradient radialGradient stop pattern clipPath mask filter
	feBlend feColorMatrix feComponentTransfer feComposite feConvolveMatrix feDiffuseLighting feDisplacementMap
	feDistantLight feDropShadow feFlood feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode
	feMorphology feOffset fePointLight feSpecularLighting feSpotLight feTile feTurbulence`)

// checkSVG refuses an SVG image that could do more than be seen: run a program,
// load something, or show a page within itself. It is refused, not mended: what
// is kept is what was sent. (Pages show it by <img>, where a browser runs
// nothing either.)
func checkSVG(data []byte) error {
	d := xml.NewDecoder(bytes.NewReader(data))
	d.Strict = true
	var depth int
	var drawn bool
	var sheets strings.Builder // together, for comments do not end a text of XML's
	var style int              // how deep the style element is; 0: outside of one
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			if !drawn {
				return errors.New("there is no svg element")
			}
			if err := checkCSS(sheets.String()); err != nil {
				return fmt.Errorf("its style sheet %w", err)
			}
			return nil
		}
		if err != nil {
			return errors.New("it is not well-formed XML")
		}
		switch token := token.(type) {
		case xml.Directive:
			return errors.New("it has a document type declaration")
		case xml.ProcInst:
			if token.Target != "xml" {
				return fmt.Errorf("it has the processing instruction %s", token.Target)
			}
		case xml.StartElement:
			if depth++; depth > maxNesting {
				return errors.New("its elements are nested too deeply")
			}
			if depth == 1 && (token.Name.Local != "svg" || token.Name.Space != svgSpace) {
				return errors.New("its root must be svg in the namespace " + svgSpace)
			}
			drawn = true
			if token.Name.Local == "style" && style == 0 {
				style = depth
			}
			if err := checkElement(token); err != nil {
				return err
			}
		case xml.EndElement:
			if depth == style {
				style = 0
				sheets.WriteByte('\n')
			}
			depth--
		case xml.CharData:
			if style > 0 {
				sheets.Write(token)
			}
		}
	}
}

func checkElement(e xml.StartElement) error {
	switch {
	case e.Name.Space == xhtmlSpace:
		return errors.New("it has HTML in it")
	case e.Name.Space == svgSpace && !slices.Contains(svgElements, e.Name.Local):
		return fmt.Errorf("it has the element %s", e.Name.Local)
	}
	for _, a := range e.Attr {
		name, value := strings.ToLower(a.Name.Local), strings.TrimSpace(a.Value)
		switch {
		case strings.HasPrefix(name, "on"):
			return fmt.Errorf("it has the event handler %s", a.Name.Local)
		case name == "base" && a.Name.Space != "":
			return errors.New("it has the attribute xml:base")
		case name == "href" || name == "src":
			if !strings.HasPrefix(value, "#") && !isDrawn(value) {
				return fmt.Errorf("its %s leads elsewhere", a.Name.Local)
			}
		case name == "style":
			if err := checkCSS(value); err != nil {
				return fmt.Errorf("a style %w", err)
			}
		case strings.Contains(strings.ToLower(value), "url("):
			if err := checkCSS(value); err != nil {
				return fmt.Errorf("its %s %w", a.Name.Local, err)
			}
		}
	}
	return nil
}

// isDrawn reports whether an address holds a picture of dots, which loads nothing.
func isDrawn(address string) bool {
	return slices.ContainsFunc([]string{"data:image/png;", "data:image/jpeg;", "data:image/gif;", "data:image/webp;"}, func(prefix string) bool {
		return strings.HasPrefix(address, prefix)
	})
}
