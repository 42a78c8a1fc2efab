package admins

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/webui/design"
	"portico/webui/desk"
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

// submit does what a form of a page asks for.
func submit(w http.ResponseWriter, v *desk.Visit, page show, t desk.Task) error {
	t.Show = func(status int, call templ.Component) error { return page(w, v, status, t.Form, call) }
	return v.Submit(t)
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
