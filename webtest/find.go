package webtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// The roles that elements to act on have, as the browser names them.
const (
	clickable = "button link tab menuitem menuitemradio menuitemcheckbox DisclosureTriangle DisclosureTriangleGrouped option"
	choosable = "checkbox radio switch"
	fillable  = "textbox searchbox spinbutton combobox listbox"
)

// element is one of the document's, as assistive technology sees it.
type element struct {
	*accessibility.Node
	name   string
	object runtime.RemoteObjectID
}

// find waits for the one element with a role and an accessible name. A name
// that begins with the words asked for will do where no name equals them.
func (p *Page) find(name, roles string) element {
	p.t.Helper()
	var found element
	var trouble error
	p.wait(func() bool {
		found, trouble = p.look(name, roles)
		return trouble == nil
	}, func() string { return fmt.Sprintf("looking for %q%s: %v", name, p.where(), trouble) })
	return found
}

func (p *Page) look(name, roles string) (element, error) {
	nodes, err := p.nodes(roles)
	if err != nil {
		return element{}, err
	}
	var names []string
	var same, begin []element
	for _, n := range nodes {
		names = append(names, n.name)
		if n.name == name {
			same = append(same, n)
		} else if strings.HasPrefix(n.name, name+" ") {
			begin = append(begin, n)
		}
	}
	if len(same) == 0 {
		same = begin
	}
	if len(same) == 0 {
		return element{}, fmt.Errorf("there is none; there are: %q", names)
	}
	for i := range same {
		if err := p.resolve(&same[i]); err != nil {
			return element{}, err
		}
	}
	if len(same) > 1 && !p.sameLink(same) {
		return element{}, fmt.Errorf("there are %d: say which one by Within", len(same))
	}
	return same[0], nil
}

// sameLink reports whether all are links to one place.
func (p *Page) sameLink(es []element) bool {
	var places []string
	for _, e := range es {
		var href string
		if err := p.applyTo(e.object, &href, `function() { return this.href ?? "" }`); err != nil || href == "" {
			return false
		}
		places = append(places, href)
	}
	return len(slices.Compact(places)) == 1
}

func (p *Page) resolve(e *element) error {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: e.BackendDOMNodeID})
	if err != nil {
		return err
	}
	e.object = res.Object.ObjectID
	return nil
}

// nodes lists the perceivable elements with one of some roles.
func (p *Page) nodes(roles string) ([]element, error) {
	root, err := p.root()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{ObjectID: root})
	if err != nil {
		return nil, err
	}
	var out []element
	for _, n := range res.Nodes {
		if !n.Ignored && slices.Contains(strings.Fields(roles), word(n.Role)) {
			out = append(out, element{Node: n, name: strings.Join(strings.Fields(word(n.Name)), " ")})
		}
	}
	return out, nil
}

func word(v *accessibility.Value) string {
	var s string
	if v != nil && json.Unmarshal(v.Value, &s) != nil {
		return ""
	}
	return s
}

// container is the part with a name, or else the smallest that holds a text.
const container = `(text => {
	if (!text) return document
	const flat = s => s.replace(/\s+/g, " ").trim()
	const all = [...document.querySelectorAll("tr, li, dl, article, section, fieldset, form, dialog, nav, aside, header, footer, main, details, [role=group], [role=region], [role=tabpanel], [popover]")]
	const named = all.find(e => e.ariaLabel === text)
	if (named) return named
	const holds = all.filter(e => flat(e.innerText).includes(text))
	return holds.find(e => !holds.some(o => o !== e && e.contains(o))) ?? null
})`

// root is the part of the document to look in.
func (p *Page) root() (runtime.RemoteObjectID, error) {
	text, err := json.Marshal(p.scope)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, runtime.Evaluate, runtime.EvaluateParams{Expression: container + "(" + string(text) + ")"})
	switch {
	case err != nil:
		return "", err
	case res.ExceptionDetails != nil:
		return "", thrown(res.ExceptionDetails)
	case res.Result.ObjectID == "":
		return "", errors.New("no part of the page holds that text")
	}
	return res.Result.ObjectID, nil
}
