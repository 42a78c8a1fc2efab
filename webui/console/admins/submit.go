package admins

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/visit"
)

// sheet is a page with one form.
type sheet struct {
	Title, Lead string
	Crumb       []design.Crumb
	Form        *desk.Form
	Action      string          // where it is sent
	Cancel      string          // where one goes without sending it
	Submit      string          // what the main button says
	Danger      bool            // it takes something away
	Call        templ.Component // nil: it was not asked for
}

func (s sheet) kind() design.Kind {
	if s.Danger {
		return design.Danger
	}
	return design.Primary
}

// show renders a page with a form as it was sent, nil: as nobody has typed into
// it yet, and with the call that the form makes, if it was asked for.
type show func(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error

// task is a form that was sent.
type task struct {
	form   *desk.Form
	call   desk.Call         // what does the same in the management API; no path: nothing does
	run    func() error      // does it
	fields map[string]string // the use case's names of fields that have another one in the form
	done   func() error      // goes on once it is done
	show   show              // the page with the form
}

// submit does what a form asks for. A form with faults, one that the use case
// refuses, and one that was sent to see the call, is shown again instead.
func submit(w http.ResponseWriter, v *desk.Visit, t task) error {
	if t.call.Path != "" && v.WantsCall() {
		t.form.Faults = nil
		return t.show(w, v, http.StatusOK, t.form, v.Call(t.call))
	}
	if !t.form.OK() {
		return t.show(w, v, http.StatusUnprocessableEntity, t.form, nil)
	}
	err := t.run()
	if err == nil {
		return t.done()
	}
	if refused := t.form.Refused(err, t.fields); refused != nil {
		return refused
	}
	e := problem.Translate(err)
	visit.RetryAfter(w, e)
	if e.Kind == portico.KindInvalid {
		return t.show(w, v, http.StatusUnprocessableEntity, t.form, nil)
	}
	return t.show(w, v, problem.Status(e.Kind), t.form, nil)
}

// to tells on the next page that something was done; key and args make the text.
func to(v *desk.Visit, path, key string, args ...any) func() error {
	return func() error {
		v.Flash(key, args...)
		return v.Redirect(path)
	}
}

// gone is what became of taking something away that may be gone already: that is
// what was wanted.
func gone(err error) error {
	if portico.KindOf(err) == portico.KindNotFound {
		return nil
	}
	return err
}

// fill puts what is stored into those fields of a page's forms that were not
// sent; f is nil before anything was.
func fill(v *desk.Visit, f *desk.Form, stored url.Values) *desk.Form {
	if f == nil {
		return v.EmptyForm(stored)
	}
	for field, values := range stored {
		if _, sent := f.Values[field]; !sent {
			f.Values[field] = values
		}
	}
	return f
}

// body is what is sent as JSON.
type body map[string]any

func value(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}

// shown is something that is shown this once.
type shown struct {
	Title, Lead string
	Label       string
	Value       string // the secret
	Hint, Warn  string
	Example     string // how to use it; empty: nothing is to be said
	Next, Kept  string // where to go on, and what that button says
}

// showOnce shows a secret and keeps the page out of every cache, and its
// address from other sites.
func showOnce(w http.ResponseWriter, v *desk.Visit, s shown) error {
	v.NoStore()
	w.Header().Set("Referrer-Policy", "no-referrer")
	return v.RenderBare(w, http.StatusOK, s.Title, shownPage(s))
}
