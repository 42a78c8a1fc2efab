package settings

import (
	"net/http"

	"portico/webui/desk"
)

// sentForm is a form of a page with several of them.
type sentForm struct {
	form   *desk.Form
	call   desk.Call // what does the same in the management API
	do     func() error
	fields map[string]string // the use case's names of fields that have another one in the form
	done   string            // the message on the next page, by its key
	args   []any
	next   string
	show   func(w http.ResponseWriter, v *desk.Visit, status int, sent part) error // the page, with the form as it was sent
}

// submit does what a form asks for. One with faults, and one that was sent to see
// the call, is shown again instead.
func (p pages) submit(w http.ResponseWriter, v *desk.Visit, s sentForm) error {
	if v.WantsCall() {
		s.form.Faults = nil
		return s.show(w, v, http.StatusOK, part{s.form, v.Call(s.call)})
	}
	page := func(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form) error {
		return s.show(w, v, status, part{Form: f})
	}
	if !s.form.OK() {
		return page(w, v, http.StatusUnprocessableEntity, s.form)
	}
	if err := s.do(); err != nil {
		return again(w, v, s.form, err, s.fields, page)
	}
	v.Flash(s.done, s.args...)
	return v.Redirect(s.next)
}
