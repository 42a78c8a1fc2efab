package appauth

import (
	"net/http"

	"github.com/a-h/templ"

	"portico"
	"portico/webui/desk"
)

// setUpView is the page that says what would be made at the identity provider.
type setUpView struct {
	Form   *desk.Form
	Stored portico.Provider
	Steps  []portico.SetUpStep
	Call   templ.Component // nil: it was not asked for
}

func (c setUpView) path() string { return providersPath + "/" + string(c.Stored.ID) }

// planSetUp gathers the page; what stands against setting up is a fault of its
// form, with the status of the answer.
func (p pages) planSetUp(v *desk.Visit) (view setUpView, status int, err error) {
	stored, err := p.Providers.ByID(v.Context(), portico.ProviderID(v.PathValue("dcrProviderId")))
	if err != nil {
		return view, 0, err
	}
	view = setUpView{Form: v.EmptyForm(nil), Stored: stored.Provider}
	if view.Steps, err = p.SetUp.Plan(v.Context(), stored.ID); err != nil {
		status, err = v.Refused(view.Form, err, nil)
		return view, status, err
	}
	return view, http.StatusOK, nil
}

func (p pages) setUpForm(w http.ResponseWriter, v *desk.Visit) error {
	view, status, err := p.planSetUp(v)
	if err != nil {
		return err
	}
	return v.Render(w, status, v.T("appauth.set_up"), setUpPage(view))
}

func (p pages) setUp(w http.ResponseWriter, v *desk.Visit) error {
	if v.WantsCall() {
		view, status, err := p.planSetUp(v)
		if err != nil {
			return err
		}
		view.Call = v.Call(desk.Call{Method: http.MethodPost, Path: "/v2/dcr-providers/" + string(view.Stored.ID) + "/set-up", Body: map[string]any{"dry_run": false}})
		return v.Render(w, status, v.T("appauth.set_up"), setUpPage(view))
	}
	stored, err := p.Providers.ByID(v.Context(), portico.ProviderID(v.PathValue("dcrProviderId")))
	if err != nil {
		return err
	}
	_, refused := p.SetUp.Apply(v.Context(), stored.ID)
	if refused == nil {
		v.Flash("appauth.set_up_done", "Name", stored.Name)
		return v.Redirect(providersPath + "/" + string(stored.ID))
	}
	// The page shows what is left to do, and why it was not done.
	view, _, err := p.planSetUp(v)
	if err != nil {
		return err
	}
	view.Form.Faults = nil
	status, err := v.Refused(view.Form, refused, nil)
	if err != nil {
		return err
	}
	return v.Render(w, status, v.T("appauth.set_up"), setUpPage(view))
}
