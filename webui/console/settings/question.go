package settings

import (
	"net/http"

	"github.com/a-h/templ"

	"portico"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/visit"
)

// question is a page that asks once more before something is taken away. Its
// form is sent to the page's own address.
type question struct {
	Title, Text, Button string
	Path, Back          string // its address, and where Cancel leads
	Crumb               []design.Crumb
	MayCall             bool            // the management API has the same
	Refused             string          // why it was not done; empty: it was not tried
	Call                templ.Component // nil: it was not asked for
}

func (p pages) ask(w http.ResponseWriter, v *desk.Visit, status int, q question) error {
	return v.Render(w, status, q.Title, questionPage(q))
}

// answer does what was asked about, or says why that cannot be done, or shows
// the call that does the same. Who has done it goes on with done.
func (p pages) answer(w http.ResponseWriter, v *desk.Visit, q question, call desk.Call, do func() error, done func() error) error {
	if q.MayCall && v.WantsCall() {
		q.Call = v.Call(call)
		return p.ask(w, v, http.StatusOK, q)
	}
	err := do()
	if err == nil {
		return done()
	}
	switch portico.KindOf(err) {
	case portico.KindConflict, portico.KindInvalid, portico.KindForbidden:
		e := problem.Translate(err)
		q.Refused = visit.ErrorText(v.Context(), e)
		return p.ask(w, v, statusOf(e), q)
	}
	return err
}
