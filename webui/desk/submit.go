package desk

import (
	"net/http"

	"github.com/a-h/templ"

	"portico"
	"portico/problem"
	"portico/webui/visit"
)

// Task is what a form asks for when it is sent.
type Task struct {
	Form   *Form             // nil: a button without fields; what stands against it gets the error page
	Fields map[string]string // the use case's names of fields that have another one in the form
	Calls  []Call            // what does the same in the management API; nil: nothing does
	Do     func() (Answer, error)
	Show   func(status int, call templ.Component) error // answers with the form's page, once more
}

// Answer is what the visitor gets to see once something is done.
type Answer func() error

// To leads to a page that tells what was done; key and args make the text.
func (v *Visit) To(path, key string, args ...any) Answer {
	return func() error {
		v.Flash(key, args...)
		return v.Redirect(path)
	}
}

// Submit does what a form asks for. A form with faults, one that the use case
// refuses, and one that was sent to see the call, is shown again instead.
func (v *Visit) Submit(t Task) error {
	if t.Calls != nil && v.WantsCall() {
		if t.Form != nil {
			t.Form.Faults = nil
		}
		return t.Show(http.StatusOK, v.Call(t.Calls...))
	}
	if t.Form != nil && !t.Form.OK() {
		return t.Show(http.StatusUnprocessableEntity, nil)
	}
	answer, err := t.Do()
	if err == nil {
		return answer()
	}
	if t.Form == nil {
		return err
	}
	status, err := v.Refused(t.Form, err, t.Fields)
	if err != nil {
		return err
	}
	return t.Show(status, nil)
}

// Refused puts what a use case refused into a form, as Form.Refused does, and
// finds the status of the page that shows the form again.
func (v *Visit) Refused(f *Form, refused error, fields map[string]string) (status int, err error) {
	if err := f.Refused(refused, fields); err != nil {
		return 0, err
	}
	e := problem.Translate(refused)
	visit.RetryAfter(v.W, e)
	switch e.Kind {
	case portico.KindInvalid, portico.KindUnauthenticated: // what was typed is wrong, and no header would help
		return http.StatusUnprocessableEntity, nil
	}
	return problem.Status(e.Kind), nil
}
