package webtest

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Lint fails the test for each rule of good HTML that a page breaks.
func Lint(t testing.TB, page string) {
	t.Helper()
	for _, fault := range LintFaults(page) {
		t.Errorf("HTML: %s", fault)
	}
}

// LintFaults lists the rules that a page breaks: about names and labels,
// identifiers, headings, landmarks, the content security policy, and texts
// that were not filled in.
func LintFaults(page string) []string {
	doc, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return []string{err.Error()}
	}
	l := &linter{ids: map[string]int{}, labels: map[string]bool{}, landmarks: map[string][]string{}}
	l.collect(doc)
	for n := range doc.Descendants() {
		switch n.Type {
		case html.ElementNode:
			l.element(n)
		case html.TextNode:
			l.text(n)
		}
	}
	l.document()
	return l.faults
}

type linter struct {
	faults    []string
	ids       map[string]int
	labels    map[string]bool // ids that labels are for, where the label has words
	headings  []int
	landmarks map[string][]string // kind to names
	title     string
}

func (l *linter) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

func (l *linter) collect(doc *html.Node) {
	for n := range doc.Descendants() {
		if id, ok := attr(n, "id"); ok {
			l.ids[id]++
		}
		if to, ok := attr(n, "for"); ok && n.Data == "label" && words(n) != "" {
			l.labels[to] = true
		}
		if n.Type == html.ElementNode && n.Data == "title" && n.Parent != nil && n.Parent.Data == "head" {
			l.title = words(n)
		}
	}
}

// document judges what concerns the whole.
func (l *linter) document() {
	for _, id := range slices.Sorted(maps.Keys(l.ids)) {
		if l.ids[id] > 1 {
			l.fault("the id %q is there %d times", id, l.ids[id])
		}
	}
	if l.title == "" {
		l.fault("the document has no title")
	}
	if first := slices.Index(l.headings, 1); first < 0 || slices.Contains(l.headings[first+1:], 1) {
		l.fault("one h1 is wanted; the headings are %v", l.headings)
	}
	for i := 1; i < len(l.headings); i++ {
		if l.headings[i] > l.headings[i-1]+1 {
			l.fault("h%d follows h%d: the headings are %v", l.headings[i], l.headings[i-1], l.headings)
		}
	}
	if len(l.landmarks["main"]) != 1 {
		l.fault("one main landmark is wanted, there are %d", len(l.landmarks["main"]))
	}
	for _, kind := range slices.Sorted(maps.Keys(l.landmarks)) {
		names := slices.Sorted(slices.Values(l.landmarks[kind]))
		if len(names) > 1 && (names[0] == "" || len(slices.Compact(names)) < len(l.landmarks[kind])) {
			l.fault("%d landmarks <%s> need names that differ: %q", len(l.landmarks[kind]), kind, l.landmarks[kind])
		}
	}
}

// references are the attributes that hold ids.
var references = []string{"for", "aria-labelledby", "aria-describedby", "aria-controls", "aria-owns", "aria-errormessage", "popovertarget", "list", "form"}

func (l *linter) element(n *html.Node) {
	for _, a := range n.Attr {
		if slices.Contains(references, a.Key) {
			for id := range strings.FieldsSeq(a.Val) {
				if l.ids[id] == 0 {
					l.fault("%s: %s=%q names nothing", show(n), a.Key, id)
				}
			}
		}
	}
	l.policy(n)
	l.focus(n)
	switch n.Data {
	case "html":
		if v, _ := attr(n, "lang"); v == "" {
			l.fault("<html> has no lang")
		}
	case "h1", "h2", "h3", "h4", "h5", "h6":
		l.headings = append(l.headings, int(n.Data[1]-'0'))
		if l.name(n) == "" {
			l.fault("%s is empty", show(n))
		}
	case "main", "nav", "aside":
		l.landmarks[n.Data] = append(l.landmarks[n.Data], l.label(n))
	case "img":
		if _, ok := attr(n, "alt"); !ok {
			l.fault("%s has no alt", show(n))
		}
	case "input", "select", "textarea":
		l.control(n)
	case "button", "summary":
		if l.name(n) == "" {
			l.fault("%s has no name", show(n))
		}
	case "a":
		if href, ok := attr(n, "href"); ok && (l.name(n) == "" || href == "" || href == "#") {
			l.fault("%s: a link needs a name and a place to go", show(n))
		}
	case "table":
		// Whoever writes an article in Markdown cannot name its tables.
		if l.label(n) == "" && find(n, "caption") == nil && !inside(n, "article") {
			l.fault("%s has no caption and no name", show(n))
		}
	case "label":
		if _, ok := attr(n, "for"); !ok && find(n, "input", "select", "textarea") == nil {
			l.fault("%s labels nothing", show(n))
		}
	case "iframe", "dialog":
		if _, titled := attr(n, "title"); !titled && l.label(n) == "" {
			l.fault("%s has no name", show(n))
		}
	}
}

var script = regexp.MustCompile(`(?i)^\s*(javascript|vbscript|data:text/html)`)

// policy judges what the content security policy would refuse.
func (l *linter) policy(n *html.Node) {
	for _, a := range n.Attr {
		switch {
		case a.Key == "style":
			l.fault("%s has a style attribute", show(n))
		case strings.HasPrefix(a.Key, "on"):
			l.fault("%s has the handler %s", show(n), a.Key)
		case (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "formaction") && script.MatchString(a.Val):
			l.fault("%s: %s runs a script", show(n), a.Key)
		}
	}
	switch n.Data {
	case "style":
		l.fault("<style> inside the document")
	case "script":
		if src, _ := attr(n, "src"); src == "" {
			l.fault("script inside the document: %.40q", words(n))
		} else {
			l.local(n, src)
		}
	case "link":
		rel, _ := attr(n, "rel")
		if href, _ := attr(n, "href"); rel == "stylesheet" || strings.Contains(rel, "icon") || strings.Contains(rel, "load") {
			l.local(n, href)
		}
	case "img", "iframe", "source", "video", "audio":
		if src, ok := attr(n, "src"); ok && !strings.HasPrefix(src, "data:image/") {
			l.local(n, src)
		}
	case "a":
		rel, _ := attr(n, "rel")
		if target, _ := attr(n, "target"); target == "_blank" && !strings.Contains(rel, "noopener") && !strings.Contains(rel, "noreferrer") {
			l.fault("%s opens a window without rel=noopener", show(n))
		}
	}
}

func (l *linter) local(n *html.Node, url string) {
	if strings.HasPrefix(url, "//") || strings.Contains(url, "://") {
		l.fault("%s is fetched from elsewhere", show(n))
	}
}

func (l *linter) focus(n *html.Node) {
	if v, ok := attr(n, "tabindex"); ok && v != "0" && v != "-1" {
		l.fault("%s changes the order of the keyboard", show(n))
	}
	if _, ok := attr(n, "autofocus"); ok && n.Data == "dialog" {
		l.fault("%s: autofocus belongs to a control", show(n))
	}
	if v, ok := attr(n, "aria-current"); ok && v == "false" {
		l.fault("%s: leave aria-current out instead of false", show(n))
	}
}

func (l *linter) control(n *html.Node) {
	kind, _ := attr(n, "type")
	switch kind {
	case "hidden":
		return
	case "submit", "reset", "button":
		if value, _ := attr(n, "value"); value == "" && l.label(n) == "" {
			l.fault("%s has no name", show(n))
		}
		return
	case "image":
		if alt, _ := attr(n, "alt"); alt == "" {
			l.fault("%s has no alt", show(n))
		}
		return
	case "password":
		if v, _ := attr(n, "autocomplete"); v == "" {
			l.fault("%s: a password field says by autocomplete which password it wants", show(n))
		}
	}
	id, _ := attr(n, "id")
	if l.label(n) != "" || (id != "" && l.labels[id]) {
		return
	}
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == "label" && words(p) != "" {
			return
		}
	}
	l.fault("%s has no label", show(n))
}

var unfilled = regexp.MustCompile(`\{\{.*?\}\}|<no value>|%!\w?\(|\[object Object\]`)

// key looks like a message's key that stands for a missing text.
var key = regexp.MustCompile(`^[a-z]+\.[a-z0-9]+_[a-z0-9_.]+$`)

// text finds words that a program forgot to fill in. Code may look so.
func (l *linter) text(n *html.Node) {
	text := strings.TrimSpace(n.Data)
	if !unfilled.MatchString(text) && !key.MatchString(text) {
		return
	}
	for p := range n.Ancestors() {
		if slices.Contains([]string{"code", "pre", "kbd", "samp", "textarea", "script", "style"}, p.Data) {
			return
		}
	}
	l.fault("a text is not filled in: %.80q", text)
}

// label is the name that attributes give an element.
func (l *linter) label(n *html.Node) string {
	if v, _ := attr(n, "aria-label"); strings.TrimSpace(v) != "" {
		return v
	}
	v, _ := attr(n, "aria-labelledby")
	return strings.TrimSpace(v)
}

// name is an element's name, from attributes or content.
func (l *linter) name(n *html.Node) string {
	if label := l.label(n); label != "" {
		return label
	}
	return words(n)
}

// contains says that an element's name does not stand for what is in it.
func contains(n *html.Node) bool {
	return slices.Contains([]string{"nav", "section", "form", "div", "dialog", "ol", "pre"}, n.Data)
}

// words is what is read out of an element's content: texts, and alternatives
// of images. What is hidden from assistive technology does not count.
func words(n *html.Node) string {
	var b strings.Builder
	var read func(*html.Node)
	read = func(n *html.Node) {
		if hidden, _ := attr(n, "aria-hidden"); hidden == "true" {
			return
		}
		if label, _ := attr(n, "aria-label"); label != "" {
			b.WriteString(label + " ")
			if !contains(n) {
				return
			}
		}
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if alt, _ := attr(n, "alt"); n.Data == "img" {
			b.WriteString(alt + " ")
		}
		for c := range n.ChildNodes() {
			read(c)
		}
	}
	for c := range n.ChildNodes() {
		read(c)
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func inside(n *html.Node, name string) bool {
	for p := range n.Ancestors() {
		if p.Data == name {
			return true
		}
	}
	return false
}

func find(n *html.Node, names ...string) *html.Node {
	for d := range n.Descendants() {
		if d.Type == html.ElementNode && slices.Contains(names, d.Data) {
			return d
		}
	}
	return nil
}

func attr(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name && a.Namespace == "" {
			return a.Val, true
		}
	}
	return "", false
}

// show is an element's start tag, cut short.
func show(n *html.Node) string {
	var b strings.Builder
	b.WriteString("<" + n.Data)
	for _, a := range n.Attr {
		fmt.Fprintf(&b, " %s=%q", a.Key, a.Val)
	}
	if s := b.String(); len(s) > 120 {
		return s[:120] + "…>"
	}
	return b.String() + ">"
}
