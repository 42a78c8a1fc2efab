package reference

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Page is a page of a reference: all operations of a short document, or those
// of one tag, PageSize at most.
type Page struct {
	Document *Document
	Tag      string // slug of the tag that is shown; empty: all
	Part     int    // of a tag with more operations than one page has, from 1
	Parts    int
	Groups   []Group
	Site     Site
}

// Group is a tag with what is shown of it.
type Group struct {
	Tag
	Operations []Operation
}

// Site is where a reference stands.
type Site struct {
	Path   string     // of the reference's first page
	Query  url.Values // that all its links carry, such as the version
	Caller Caller
	Try    func(id string) string // the page that calls an operation; nil: there is none
}

// maxListed is how many operations the list at the side shows; of a longer
// document it shows those of the tags on the page.
const maxListed = 400

// maxPageTrees bounds the schemas of a page, all trees together.
const maxPageTrees = 4000

// Page works out a page. An unknown tag or part finds none.
func (d *Document) Page(site Site, tag string, part int) (Page, bool) {
	p := Page{Document: d, Part: max(part, 1), Parts: 1, Site: site}
	shown := d.Tags
	if d.Paged() || tag != "" {
		i := slices.IndexFunc(d.Tags, func(t Tag) bool { return t.Slug == tag })
		if tag == "" {
			i = 0
		}
		if i < 0 {
			return Page{}, false
		}
		p.Tag, shown = d.Tags[i].Slug, d.Tags[i:i+1]
		p.Parts = (len(shown[0].Operations) + PageSize - 1) / PageSize
	}
	if p.Part > p.Parts {
		return Page{}, false
	}
	count := 0
	for _, t := range shown {
		heads := t.Operations
		if p.Parts > 1 {
			heads = heads[(p.Part-1)*PageSize : min(p.Part*PageSize, len(heads))]
		}
		count += len(heads)
		p.Groups = append(p.Groups, Group{Tag: Tag{Name: t.Name, Slug: t.Slug, Description: t.Description, Operations: heads}})
	}
	room := min(maxTree, max(15, maxPageTrees/(3*max(count, 1))))
	for i := range p.Groups {
		g := &p.Groups[i]
		for _, head := range g.Tag.Operations {
			g.Operations = append(g.Operations, d.Detail(head, room))
		}
	}
	return p, true
}

// First says that the page is the one that introduces the document.
func (p Page) First() bool {
	return p.Part == 1 && (p.Tag == "" || len(p.Document.Tags) > 0 && p.Tag == p.Document.Tags[0].Slug)
}

// address is a page of the reference with further parameters: pairs of name and
// value.
func (s Site) address(pairs ...string) string {
	q := url.Values{}
	for name, values := range s.Query {
		q[name] = values
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	if len(q) == 0 {
		return s.Path
	}
	return s.Path + "?" + q.Encode()
}

// Operation is the address of an operation within the reference.
func (s Site) Operation(d *Document, head Head) string {
	if !d.Paged() {
		return s.address() + "#" + head.ID
	}
	return s.tagPart(head.Tag, d.partOf(head)) + "#" + head.ID
}

// Schema is the address of the page of a named schema.
func (s Site) Schema(name string) string { return s.address("schema", name) }

// Markdown is the address of a page's Markdown.
func (s Site) Markdown(tag string, part int) string {
	return s.address("tag", tag, "part", partNumber(part), "format", "markdown")
}

func (s Site) tagPart(tag string, part int) string {
	return s.address("tag", tag, "part", partNumber(part))
}

func partNumber(part int) string {
	if part < 2 {
		return ""
	}
	return strconv.Itoa(part)
}

func (d *Document) partOf(head Head) int {
	for _, t := range d.Tags {
		if t.Slug == head.Tag {
			return 1 + slices.IndexFunc(t.Operations, func(o Head) bool { return o.ID == head.ID })/PageSize
		}
	}
	return 1
}

// listed says whether the list at the side shows a tag's operations.
func (p Page) listed(t Tag) bool { return p.Document.Total <= maxListed || t.Slug == p.Tag }

// href leads to an operation, within the page if it is on it.
func (p Page) href(head Head) string {
	if !p.Document.Paged() && p.Tag == "" || head.Tag == p.Tag && p.Document.partOf(head) == p.Part {
		return "#" + head.ID
	}
	return p.Site.Operation(p.Document, head)
}

// samples are code that calls an operation.
func (p Page) samples(op Operation) []Sample {
	return p.Document.Request(op, p.Site.Caller).Samples()
}

// call names an operation as no other of its document is named.
func (op Operation) call() string { return op.Method + " " + op.Path }

// answer is the example of a good answer.
func (op Operation) answer() (status, example string) {
	for _, r := range op.Responses {
		if strings.HasPrefix(r.Status, "2") && len(r.Content) > 0 && len(r.Content[0].Examples) > 0 {
			return r.Status, r.Content[0].Examples[0].Value
		}
	}
	return "", ""
}

// grouped are an operation's parameters by place.
func (op Operation) grouped(place string) []Parameter {
	var out []Parameter
	for _, p := range op.Parameters {
		if p.In == place {
			out = append(out, p)
		}
	}
	return out
}

// typed is a schema's type in a few words.
func (s Schema) typed() string {
	out := s.Type
	if s.Name != "" && !strings.Contains(s.Type, s.Name) {
		out = s.Name
		if s.Type != "object" && s.Type != "any" && s.Type != "" {
			out += " (" + s.Type + ")"
		}
	}
	if s.Format != "" {
		out += " · " + s.Format
	}
	return out
}

// fields is how many members a schema shows.
func (s Schema) fields() int { return len(s.Properties) }

// label names a variant of a schema.
func (s Schema) label(i int) string {
	switch {
	case s.Name != "":
		return shorten(s.Name, 40)
	case s.Type != "" && s.Type != "object":
		return shorten(s.Type, 40)
	}
	return s.Type + " " + strconv.Itoa(i+1)
}

// statusTone colours a status by its class.
func statusTone(status string) string {
	switch {
	case strings.HasPrefix(status, "2"):
		return "ok"
	case strings.HasPrefix(status, "3"):
		return "info"
	case strings.HasPrefix(status, "4"):
		return "warn"
	case strings.HasPrefix(status, "5"):
		return "bad"
	}
	return "neutral"
}
