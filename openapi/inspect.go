package openapi

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"portico"
)

// MaxSize is the size of the largest document that is read, in bytes.
const MaxSize = 10 << 20

// maxMessages bounds the findings that are kept of one document.
const maxMessages = 50

// Document is what a specification says about itself, and what is wrong with it.
type Document struct {
	Type     portico.SpecificationType
	Title    string // info.title
	Version  string // info.version
	Messages []string
}

// ParseError says why a document cannot be read at all.
type ParseError struct {
	Line   int // from 1; 0 when no single line is to blame
	Reason string
}

// Error implements error.
func (e *ParseError) Error() string {
	if e.Line == 0 {
		return e.Reason
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Reason)
}

var (
	oas2     = regexp.MustCompile(`^2\.\d+(\.\d+)?$`)
	oas3     = regexp.MustCompile(`^3\.\d+(\.\d+)?$`)
	asyncAPI = regexp.MustCompile(`^[123]\.\d+(\.\d+)?$`)
)

// Inspect reads a document. The error is a *ParseError.
func Inspect(content []byte) (Document, error) {
	root, err := Read(content)
	if err != nil {
		return Document{}, err
	}
	in := &inspection{root: root}
	validate, err := in.detect()
	if err != nil {
		return Document{}, err
	}
	if info, ok := root["info"].(map[string]any); ok {
		in.doc.Title = in.text(info, "title", "info.title")
		in.doc.Version = in.text(info, "version", "info.version")
	}
	asJSON, err := json.Marshal(root)
	if err != nil {
		return Document{}, &ParseError{Reason: "The document holds a value that JSON has no form for."}
	}
	in.guard(func() { validate(in, asJSON) })
	return in.doc, nil
}

// inspection is one document on its way through Inspect.
type inspection struct {
	root map[string]any
	doc  Document
}

// guard runs a validation: what its authors did not foresee in a document must
// not take Portico down.
func (in *inspection) guard(validation func()) {
	defer func() {
		if recover() != nil {
			in.note("The document could not be validated to its end.")
		}
	}()
	validation()
}

// detect finds the format by the member that names its version.
func (in *inspection) detect() (validate func(*inspection, []byte), err error) {
	for _, format := range []struct {
		member   string
		kind     portico.SpecificationType
		versions *regexp.Regexp
		validate func(*inspection, []byte)
	}{
		{"openapi", portico.SpecificationOAS3, oas3, validateOAS3},
		{"swagger", portico.SpecificationOAS2, oas2, validateOAS2},
		{"asyncapi", portico.SpecificationAsyncAPI, asyncAPI, validateAsyncAPI},
	} {
		if _, there := in.root[format.member]; !there {
			continue
		}
		version := in.text(in.root, format.member, format.member)
		if !format.versions.MatchString(version) {
			return nil, &ParseError{Reason: fmt.Sprintf("%s names the version [%s], which is none that can be read.", format.member, shorten(version))}
		}
		in.doc.Type = format.kind
		return format.validate, nil
	}
	return nil, &ParseError{Reason: "The document is neither OpenAPI nor AsyncAPI: it has no member openapi, swagger or asyncapi."}
}

// text reads a member that has to be a string. A number is a common slip of
// YAML (version: 1.0): it is taken for the text that it was written as.
func (in *inspection) text(object map[string]any, member, path string) string {
	switch v := object[member].(type) {
	case string:
		return v
	case json.Number:
		in.note(path + " is a number; put it in quotes.")
		object[member] = v.String()
		return v.String()
	}
	return ""
}

// note keeps a finding, once.
func (in *inspection) note(message string) {
	message = shorten(message)
	for _, m := range in.doc.Messages {
		if m == message {
			return
		}
	}
	if message != "" && len(in.doc.Messages) < maxMessages {
		in.doc.Messages = append(in.doc.Messages, message)
	}
}

// shorten makes one line of at most 300 characters; the validators print whole
// schemas from the second line on.
func shorten(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\x00", ""), "�")
	if runes := []rune(s); len(runes) > 300 {
		return string(runes[:300]) + "…"
	}
	return s
}
