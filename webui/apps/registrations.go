package apps

import (
	"net/http"
	"slices"
	"time"

	"portico"
	"portico/control"
	"portico/webui/page"
)

// apisView is the APIs tab.
type apisView struct {
	App app
	Now time.Time
}

func (p pages) apis(w http.ResponseWriter, v *page.Visit, a app) error {
	return v.Render(w, http.StatusOK, a.Name, apisTab(apisView{a, p.Now()}))
}

// addView asks which API to add.
type addView struct {
	App     app
	Form    *page.Form
	Fitting []control.PublishedAPI // not registered yet, with the application's strategy
	Others  []control.PublishedAPI // that need another strategy
}

func (p pages) addView(v *page.Visit, a app) (addView, error) {
	view := addView{App: a}
	all, err := p.Catalogue.APIs(v.Context(), v.Visitor, portico.ListQuery{Size: 1000, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	if err != nil {
		return view, err
	}
	for _, api := range all.Items {
		registered := slices.ContainsFunc(a.Registrations, func(r control.RegistrationView) bool { return r.APIID == api.ID })
		switch {
		case registered || api.Strategy == nil:
		case api.Strategy.ID == a.StrategyID && api.Actions.Register:
			view.Fitting = append(view.Fitting, api)
		case api.Strategy.ID != a.StrategyID:
			view.Others = append(view.Others, api)
		}
	}
	return view, nil
}

func (p pages) addAPIForm(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.addView(v, a)
	if err != nil {
		return err
	}
	view.Form = v.EmptyForm(v.URL.Query())
	return v.Render(w, http.StatusOK, v.T("apps.add_api"), addPage(view))
}

// maxComment is how long a developer's words to the approver may be.
const maxComment = 1000

func (p pages) addAPI(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.addView(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	ids := make([]string, len(view.Fitting))
	for i, api := range view.Fitting {
		ids[i] = string(api.ID)
	}
	id := portico.APIID(view.Form.Choice("api", ids...))
	comment := view.Form.Text("comment", false, maxComment)
	if view.Form.OK() {
		var made control.RegistrationView
		if made, err = p.Registrations.Request(v.Context(), v.Visitor, a.ID, id, comment); err == nil {
			return p.asked(v, a, made)
		}
		if err := view.Form.Refused(err, nil); err != nil {
			return err
		}
	}
	return v.Render(w, statusOfForm(err), v.T("apps.add_api"), addPage(view))
}

// asked tells what became of a wish for an API.
func (p pages) asked(v *page.Visit, a app, made control.RegistrationView) error {
	if made.Status == portico.Approved {
		v.Flash("apps.api_added", "API", made.API.Name)
	} else {
		v.Flash("apps.api_asked", "API", made.API.Name)
	}
	return v.Redirect(a.Path("/apis"))
}

// registration finds the registration that an action is about.
func registration(v *page.Visit, a app) (control.RegistrationView, error) {
	at := slices.IndexFunc(a.Registrations, func(r control.RegistrationView) bool { return string(r.ID) == v.PathValue("registration") })
	if at < 0 {
		return control.RegistrationView{}, portico.Errorf(portico.KindNotFound, "The application has no such registration. It may have been removed already.").Named("no_registration")
	}
	return a.Registrations[at], nil
}

func (p pages) askAgain(_ http.ResponseWriter, v *page.Visit, a app) error {
	r, err := registration(v, a)
	if err != nil {
		return err
	}
	made, err := p.Registrations.Request(v.Context(), v.Visitor, a.ID, r.APIID, r.Comment)
	if err != nil {
		return err
	}
	return p.asked(v, a, made)
}

func (p pages) removeAPI(_ http.ResponseWriter, v *page.Visit, a app) error {
	r, err := registration(v, a)
	if err != nil {
		return err
	}
	if err := p.Registrations.Withdraw(v.Context(), a.ID, r.ID); err != nil {
		return err
	}
	v.Flash("apps.api_removed", "API", r.API.Name)
	return v.Redirect(a.Path("/apis"))
}
