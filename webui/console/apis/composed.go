package apis

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/openapi"
	"portico/webui/design"
	"portico/webui/desk"
)

// composedView is the tab with a package's specification: the one that was given
// for it, or else the one that is made of its operations.
type composedView struct {
	versionView
	Own      bool                // Version was given, and is what portals show
	Replaced bool                // it is the computed one that is shown here, and portals show another
	None     bool                // there is neither
	Faults   []design.FieldError // why none can be computed
}

// viewComputed asks for the computed specification where another one is shown.
const viewComputed = "computed"

// composed finds the specification that a page shows; KindNotFound for neither,
// KindConflict for one that cannot be computed.
func (p pages) composed(v *desk.Visit, a api) (composedView, error) {
	view := composedView{versionView: versionView{API: a}}
	given, err := p.Packages.Current(v.Context(), a.ID)
	switch {
	case err != nil && portico.KindOf(err) != portico.KindNotFound:
		return view, err
	case err == nil && v.URL.Query().Get("view") != viewComputed:
		view.Version, view.Own = given, true
	default:
		view.Replaced = err == nil
		if view.Version, err = p.Packages.Computed(v.Context(), a.ID); err != nil {
			return view, err
		}
	}
	view.Operations = len(openapi.Operations([]byte(view.Version.Content)))
	return view, nil
}

func (p pages) packageSpecification(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.composed(v, a)
	if err != nil {
		view.None = true
		if portico.KindOf(err) != portico.KindNotFound {
			f := v.EmptyForm(nil)
			if err := f.Refused(err, nil); err != nil {
				return err
			}
			view.Faults = f.Summary()
		}
	}
	return v.Render(w, http.StatusOK, a.Name, composedPage(view))
}

// packageContent is the specification as a file.
func (p pages) packageContent(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.composed(v, a)
	if err != nil {
		return err
	}
	download(w, view.Version.Content)
	return nil
}

// replaceView is the form of a specification that is given for a package.
type replaceView struct {
	Form *desk.Form
	API  api
	Call templ.Component
}

func (p pages) showReplace(w http.ResponseWriter, v *desk.Visit, status int, view replaceView) error {
	return v.Render(w, status, v.T("packages.replace"), replacePage(view))
}

func (p pages) replaceForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	values := url.Values{}
	view, err := p.composed(v, a)
	switch kind := portico.KindOf(err); {
	case err == nil:
		values.Set("content", view.Version.Content)
	case kind != portico.KindNotFound && kind != portico.KindConflict:
		return err
	}
	return p.showReplace(w, v, http.StatusOK, replaceView{Form: v.EmptyForm(values), API: a})
}

func (p pages) replace(w http.ResponseWriter, v *desk.Visit, a api) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view := replaceView{Form: f, API: a}
	document := readSpecification(f)
	if document == "" {
		f.Reject("content", "apis.choose_document")
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPut, Path: a.Wire(currentPath), Body: map[string]string{"content": document}}},
		Do: func() (desk.Answer, error) {
			_, err := p.Packages.PutCurrent(v.Context(), a.ID, document, "")
			return v.To(a.Path("/specification"), "packages.replaced", "Package", a.Name), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showReplace(w, v, status, view)
		},
	})
}

// currentPath is where the specification that was given for a package is in the
// management API.
const currentPath = "/current-specification"

func (p pages) restoreForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Render(w, http.StatusOK, v.T("packages.restore"), restorePage(a, nil))
}

func (p pages) restore(w http.ResponseWriter, v *desk.Visit, a api) error {
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire(currentPath)}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/specification"), "packages.restored", "Package", a.Name), p.Packages.DeleteCurrent(v.Context(), a.ID)
		},
		Show: func(status int, call templ.Component) error {
			return v.Render(w, status, v.T("packages.restore"), restorePage(a, call))
		},
	})
}
