package settings

import (
	"net/http"

	"github.com/a-h/templ"

	"portico/webui/design"
	"portico/webui/desk"
)

// question is a page that asks once more before something is taken away. Its
// form is sent to the page's own address.
type question struct {
	Title, Text, Button string
	Path, Back          string // its address, and where Cancel leads
	Crumb               []design.Crumb
	Faults              []design.FieldError // why it was not done
	Call                templ.Component     // nil: it was not asked for
}

func (p pages) ask(w http.ResponseWriter, v *desk.Visit, status int, q question) error {
	return v.Render(w, status, q.Title, questionPage(q))
}

// answer does what was asked about, or says why that cannot be done, or shows
// the call that does the same.
func (p pages) answer(w http.ResponseWriter, v *desk.Visit, q question, call desk.Call, do func() (desk.Answer, error)) error {
	f := v.EmptyForm(nil)
	return v.Submit(desk.Task{Form: f, Calls: []desk.Call{call}, Do: do, Show: func(status int, call templ.Component) error {
		q.Faults, q.Call = f.Summary(), call
		return p.ask(w, v, status, q)
	}})
}
