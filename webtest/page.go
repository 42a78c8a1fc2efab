package webtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// For returns the tab for use by another test, to whose failures it adds.
func (p *Page) For(t testing.TB) *Page {
	q := *p
	q.t = t
	return &q
}

// Within returns the tab limited to the navigation or other part with a name,
// or else to the smallest row, list item, section, form, article, dialog or
// other container that holds a text.
func (p *Page) Within(text string) *Page {
	q := *p
	q.scope = text
	return &q
}

// Open goes to a path of the site, or to an address, and waits until the
// document has loaded.
func (p *Page) Open(path string) {
	p.t.Helper()
	to, err := p.base.Parse(path)
	if err != nil {
		p.t.Fatal(err)
	}
	do(p, "opening "+to.String(), chromedp.Navigate(to.String()))
}

// Reload loads the document again.
func (p *Page) Reload() {
	p.t.Helper()
	do(p, "reloading", chromedp.Reload())
}

// URL is the address shown.
func (p *Page) URL() string {
	p.t.Helper()
	return do(p, "location", chromedp.Location())
}

// SetViewport sets the size of the window, in CSS pixels.
func (p *Page) SetViewport(width, height int) {
	p.t.Helper()
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: int64(width), Height: int64(height), DeviceScaleFactor: 1})
}

// EmulateTheme makes the visitor's system prefer "light" or "dark", and no
// motion, so that nothing is looked at half-way.
func (p *Page) EmulateTheme(theme string) {
	p.t.Helper()
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: theme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// SetJavaScript lets the documents opened from now on run scripts, or not.
func (p *Page) SetJavaScript(on bool) {
	p.t.Helper()
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
}

// SetCookie gives the tab a cookie for the site.
func (p *Page) SetCookie(name, value string) {
	p.t.Helper()
	call(p, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: p.base.String(), Path: "/"})
}

// Screenshot is a PNG of the whole document.
func (p *Page) Screenshot() []byte {
	p.t.Helper()
	return do(p, "screenshot", chromedp.FullScreenshot(100))
}

// HTML is the document as it stands.
func (p *Page) HTML() string {
	p.t.Helper()
	return eval[string](p, `"<!doctype html>" + document.documentElement.outerHTML`)
}

// eval evaluates JavaScript, whether the document may run any or not.
func eval[T any](p *Page, expression string) T {
	p.t.Helper()
	return do(p, "evaluating", chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Text is what can be read, with single spaces.
func (p *Page) Text() string {
	p.t.Helper()
	text, err := p.text()
	if err != nil {
		p.t.Fatal(err)
	}
	return text
}

func (p *Page) text() (string, error) {
	var text string
	err := p.apply(&text, `function() { return (this.body || this).innerText }`)
	return strings.Join(strings.Fields(text), " "), err
}

// TextOf is the text of the element with an id, for what has no name by which
// to find it. Unlike Text it is as written, with its lines.
func (p *Page) TextOf(id string) string {
	p.t.Helper()
	var text *string
	p.wait(func() bool {
		err := p.apply(&text, `function(id) { return this.querySelector("#" + CSS.escape(id))?.textContent.trim() ?? null }`, id)
		return err == nil && text != nil
	}, func() string { return fmt.Sprintf("there is no #%s%s", id, p.where()) })
	return *text
}

// See waits until a text can be read, and fails the test if it does not come.
func (p *Page) See(text string) {
	p.t.Helper()
	want := strings.Join(strings.Fields(text), " ")
	var got string
	p.wait(func() (ok bool) {
		var err error
		got, err = p.text()
		return err == nil && strings.Contains(got, want)
	}, func() string { return fmt.Sprintf("%q is not to be seen%s. The page reads:\n%s", text, p.where(), got) })
}

// NotSee fails the test if a text can be read and does not go away.
func (p *Page) NotSee(text string) {
	p.t.Helper()
	p.wait(func() bool {
		got, err := p.text()
		return err == nil && !strings.Contains(got, text)
	}, func() string { return fmt.Sprintf("%q is to be seen%s", text, p.where()) })
}

func (p *Page) where() string {
	if p.scope != "" {
		return fmt.Sprintf(" near %q", p.scope)
	}
	return ""
}

// Click clicks on the link, button, tab or menu item with an accessible name,
// and waits for the document that a navigation leads to; then on the next one.
func (p *Page) Click(names ...string) {
	p.t.Helper()
	for _, name := range names {
		p.press(p.find(name, clickable))
	}
}

// Choose clicks on the radio button, checkbox or switch with a label.
func (p *Page) Choose(label string) {
	p.t.Helper()
	p.press(p.find(label, choosable))
}

// Press presses one key of the package kb, with modifiers.
func (p *Page) Press(key string, modifiers ...kb.Modifier) {
	p.t.Helper()
	do(p, "pressing a key", chromedp.KeyEvent(key, chromedp.KeyModifiers(modifiers...)))
	p.settle()
}

// Fill enters a value into the field with a label, in place of what it holds;
// for a list, value is the text of the option to choose.
func (p *Page) Fill(label, value string) {
	p.t.Helper()
	e := p.find(label, fillable)
	call(p, dom.Focus, dom.FocusParams{BackendNodeID: e.BackendDOMNodeID})
	var kind string
	if err := p.applyTo(e.object, &kind, selectOption, value); err != nil {
		p.t.Fatalf("filling %q: %v", label, err)
	}
	if kind == "text" {
		if value == "" {
			do(p, "emptying "+label, chromedp.KeyEvent(kb.Delete))
		} else {
			call(p, input.InsertText, input.InsertTextParams{Text: value})
		}
		kind = ""
	}
	if kind != "" {
		p.t.Fatalf("filling %q with %q: %s", label, value, kind)
	}
	if got := p.Value(label); got != value {
		p.t.Fatalf("filled %q with %q, and it holds %q", label, value, got)
	}
}

// Submit sends the form that has certain fields, by their names, and nothing but
// the form's own checks on the server looks at the values. It is for tests that
// walk through pages in any language; a user has Fill and Click.
func (p *Page) Submit(fields map[string]string) {
	p.t.Helper()
	var trouble string
	p.wait(func() bool {
		err := p.apply(&trouble, submitForm, fields)
		if err != nil {
			trouble = err.Error()
		}
		return trouble == ""
	}, func() string { return "submitting a form: " + trouble })
	p.settle()
}

const submitForm = `function(fields) {
	const names = Object.keys(fields)
	const form = [...document.forms].find(f => names.every(n => f.elements.namedItem(n)))
	if (!form) return "no form has the fields " + names
	for (const n of names) form.elements.namedItem(n).value = fields[n]
	HTMLFormElement.prototype.submit.call(form)
	return ""
}`

// selectOption chooses an option of a list, or selects all of a text field.
const selectOption = `function(value) {
	if (this.tagName !== "SELECT") { this.select(); return "text" }
	const option = [...this.options].find(o => o.label.trim() === value)
	if (!option) return "the options are: " + [...this.options].map(o => o.label.trim()).join(", ")
	option.selected = true
	this.dispatchEvent(new Event("input", {bubbles: true}))
	this.dispatchEvent(new Event("change", {bubbles: true}))
	return ""
}`

// Value is what the field with a label holds; of a list, the text of its choice.
func (p *Page) Value(label string) string {
	p.t.Helper()
	e := p.find(label, fillable)
	var value string
	err := p.applyTo(e.object, &value, `function() { return this.tagName === "SELECT" ? this.selectedOptions[0]?.label.trim() ?? "" : this.value }`)
	if err != nil {
		p.t.Fatalf("reading %q: %v", label, err)
	}
	return value
}

// press clicks in the middle of an element, as soon as it lies there uncovered.
func (p *Page) press(e element) {
	p.t.Helper()
	var at struct {
		X, Y    float64
		Trouble string
	}
	p.wait(func() bool {
		err := p.applyTo(e.object, &at, whereToClick)
		if err != nil {
			at.Trouble = err.Error()
		}
		return at.Trouble == ""
	}, func() string { return fmt.Sprintf("cannot click on %q: %s", e.name, at.Trouble) })
	do(p, "clicking", chromedp.MouseClickXY(at.X, at.Y))
	p.settle()
}

// whereToClick finds the middle of an element that lies in view, or of its
// label where the element itself is not drawn.
const whereToClick = `function() {
	if (this.disabled || this.ariaDisabled === "true") return {Trouble: "it is disabled"}
	const describe = n => n ? "<" + n.tagName.toLowerCase() + (n.className ? " class=" + n.className : "") + ">" : "nothing"
	let trouble = "it is not drawn"
	for (const target of [this, ...(this.labels ?? [])]) {
		target.scrollIntoView({block: "center", inline: "center", behavior: "instant"})
		const box = target.getClientRects()[0]
		if (!box || box.width < 2 || box.height < 2) continue
		const x = box.left + box.width / 2, y = box.top + box.height / 2
		const hit = document.elementFromPoint(x, y)
		if (hit && (target.contains(hit) || hit.contains(target) && hit.closest("label, a, button"))) return {X: x, Y: y, Trouble: ""}
		trouble = "it is covered by " + describe(hit)
	}
	return {Trouble: trouble}
}`

// settle waits for the document that the last act leads to, if it does.
func (p *Page) settle() {
	p.t.Helper()
	quiet, end := time.After(50*time.Millisecond), time.After(patience)
	for {
		p.log.mu.Lock()
		loading := p.log.loading
		p.log.mu.Unlock()
		wake := quiet
		if loading {
			wake = nil
		}
		select {
		case <-p.log.changed:
		case <-wake:
			return
		case <-end:
			p.t.Fatalf("the page still loads after %v", patience)
		}
	}
}

// wait asks until the answer is yes.
func (p *Page) wait(ok func() bool, complaint func() string) {
	p.t.Helper()
	for end := time.Now().Add(patience); ; {
		if ok() {
			return
		}
		if time.Now().After(end) {
			p.t.Fatalf("%s\n(at %s)", complaint(), p.URL())
		}
		<-time.After(20 * time.Millisecond)
	}
}

// apply calls a JavaScript function on the part of the document looked at.
func (p *Page) apply(out any, function string, args ...any) error {
	root, err := p.root()
	if err != nil {
		return err
	}
	return p.applyTo(root, out, function, args...)
}

// applyTo calls a JavaScript function on an element, which is its this.
func (p *Page) applyTo(object runtime.RemoteObjectID, out any, function string, args ...any) error {
	params := runtime.CallFunctionOnParams{FunctionDeclaration: function, ObjectID: object, ReturnByValue: new(true)}
	for _, a := range args {
		value, err := json.Marshal(a)
		if err != nil {
			return err
		}
		params.Arguments = append(params.Arguments, &runtime.CallArgument{Value: value})
	}
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	res, err := chromedp.Call(ctx, runtime.CallFunctionOn, params)
	switch {
	case err != nil:
		return err
	case res.ExceptionDetails != nil:
		return thrown(res.ExceptionDetails)
	}
	return json.Unmarshal(res.Result.Value, out)
}

// thrown is the error of JavaScript that threw.
func thrown(e *runtime.ExceptionDetails) error {
	if e.Exception != nil {
		return errors.New(e.Exception.Description)
	}
	return errors.New(e.Text)
}
