package design

import (
	"hash/fnv"
	"html"
	"net/http"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"
)

// Kind is how much weight a button has.
type Kind string

// The kinds. The zero value is Secondary.
const (
	Secondary Kind = ""
	Primary   Kind = "primary"
	Ghost     Kind = "ghost"   // no border until pointed at
	Danger    Kind = "danger"  // destroys something
	TextLink  Kind = "textual" // looks like a link
)

// ButtonProps describe a button, or a link that looks like one when Href is set.
type ButtonProps struct {
	Label     string
	Icon      string // before the label
	IconAfter string
	Kind      Kind
	Small     bool
	Href      string // renders a link
	Download  bool   // with Href: the answer is a file
	Type      string // "" means submit; "button" does nothing without a script, Dialog or Menu
	Name      string // sent with the form
	Value     string
	Form      string // id of the form it submits, when it stands outside
	Action    string // formaction: where this button submits to
	Dialog    string // id of the Dialog it opens
	Disabled  bool
	Attrs     templ.Attributes // data-* hooks and aria-*
}

func (p ButtonProps) kind() string {
	switch {
	case p.Dialog != "":
		return "button"
	case p.Type == "":
		return "submit"
	}
	return p.Type
}

// StatusWord is an application's, developer's or registration's state as the APIs spell it.
type StatusWord string

// tone maps the states of Konnect's vocabulary to colours; unknown ones stay neutral.
func (s StatusWord) tone() Tone {
	switch s {
	case "approved", "active", "verified", "success", "published":
		return OK
	case "pending", "unverified", "expiring":
		return Warn
	case "rejected", "revoked", "failed", "expired":
		return Bad
	}
	return Neutral
}

// HeadProps are the top of a page's content.
type HeadProps struct {
	Title string
	Lead  string          // one sentence under the title
	Glyph string          // name the glyph is made of; "" shows none
	Icon  string          // an icon instead of a glyph
	Badge templ.Component // beside the title
	Crumb []Crumb
}

// Crumb is a step of the way to a page; the last one has no Href.
type Crumb struct{ Href, Label string }

// CardProps describe a card. Without a Title it has no head.
type CardProps struct {
	ID     string
	Title  string
	Text   string // a sentence under the title
	Level  int    // heading level, 2 unless told
	Action templ.Component
	Flush  bool // the content reaches the card's edges, as a table's
	Class  string
}

// Tab is a link of a row of tabs.
type Tab struct {
	Href, Label string
	Count       string // small number after the label; "" shows none
	Current     bool
}

// Segment is one of a few alternatives of which one is seen.
type Segment struct {
	Label   string
	Content templ.Component
}

// NoteProps describe a note.
type NoteProps struct {
	Tone  Tone
	Title string
	Icon  string // "" takes the tone's
}

// EmptyProps describe a place where nothing is yet.
type EmptyProps struct{ Icon, Title, Text string }

// KV is a line of a list of facts. Content replaces Value; a line with neither is
// left out.
type KV struct {
	Key, Value string
	Mono       bool
	Content    templ.Component
}

// CodeProps describe a block of code.
type CodeProps struct {
	ID          string // unique on the page: what the copy button copies
	Label       string // accessible name, for instance "curl"
	Code        string
	Highlighted templ.Component // nil colours strings, URLs and variables
	Wrap        bool
}

// SecretProps describe a value that is read and copied, never edited.
type SecretProps struct {
	ID, Label, Value string
	Hint             string
	Sensitive        bool // offers hiding it
	Compact          bool // copy shows only its icon
}

func (u UserMenu) initials() string {
	if u.Initials != "" {
		return u.Initials
	}
	return Initials(u.Name)
}

// Initials are the first letters of a name's first and last word, or the first letter of a name without spaces.
func Initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	out := string(unicode.ToUpper(first))
	if len(words) > 1 {
		last, _ := utf8.DecodeRuneInString(words[len(words)-1])
		out += string(unicode.ToUpper(last))
	}
	return out
}

// glyphs is how many colours glyphs have in the style sheet.
const glyphs = 8

func glyphClass(name string) string {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails
	return "g" + string(rune('0'+h.Sum32()%glyphs))
}

func glyphLetter(name string) string {
	for _, r := range name {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return string(r)
		}
	}
	return "·"
}

func methodTone(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions:
		return "info"
	case http.MethodPost:
		return "ok"
	case http.MethodPut, http.MethodPatch:
		return "warn"
	case http.MethodDelete:
		return "bad"
	}
	return "neutral"
}

func methodLabel(method string) string {
	switch method {
	case http.MethodDelete:
		return "DEL"
	case http.MethodOptions:
		return "OPT"
	}
	return method
}

// notable finds what a reader of a command looks for: where it goes and what must be filled in.
var notable = regexp.MustCompile(`https?://[^\s"'\\]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\$\{?[A-Z_][A-Z0-9_]*\}?`)

// codeHTML is code escaped, with strings, URLs and variables coloured.
func codeHTML(code string) string {
	var out strings.Builder
	out.WriteString("<code>")
	at := 0
	for _, span := range notable.FindAllStringIndex(code, -1) {
		out.WriteString(html.EscapeString(code[at:span[0]]))
		class := "c-str"
		switch first := code[span[0]]; {
		case first == 'h':
			class = "c-url"
		case first == '$', first == '"' && strings.HasPrefix(code[span[1]:], ":"): // a member of JSON
			class = "c-var"
		}
		out.WriteString(`<span class="` + class + `">` + html.EscapeString(code[span[0]:span[1]]) + "</span>")
		at = span[1]
	}
	out.WriteString(html.EscapeString(code[at:]) + "</code>")
	return out.String()
}
