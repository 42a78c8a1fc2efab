package apps

import (
	"context"
	"net/http"
	"net/url"

	"portico"
	"portico/control"
	"portico/problem"
	"portico/webui/page"
)

// most is how long names and descriptions may be (contract).
const most = 255

// maxURI is how long a redirect URI may be.
const maxURI = 2048

// ownerMe is the owner's choice of the form that is no team.
const ownerMe = "me"

// createView is Create New Application.
type createView struct {
	Form       *page.Form
	Handoff    portico.HandoffID
	Strategies []control.StrategyView
	API        *control.PublishedAPI // it is registered for this one at once; nil: for none
	Teams      []portico.Team        // that may own it
	Approval   bool                  // somebody decides about API, and may be told why
	Full       bool
}

// chosen says whether a strategy is the one that is chosen.
func (c createView) chosen(s control.StrategyView) bool {
	return len(c.Strategies) == 1 || c.Form.Value("strategy") == string(s.ID)
}

// field is the name of a field that belongs to one strategy.
func field(name string, s control.StrategyView) string { return name + "-" + string(s.ID) }

func (p pages) newForm(w http.ResponseWriter, v *page.Visit) error {
	view, err := p.createView(v, v.URL.Query().Get("api"))
	if err != nil {
		return err
	}
	filled := url.Values{"owner": {ownerMe}, "comment": {v.URL.Query().Get("comment")}}
	if v.Portal.DefaultStrategyID != nil {
		filled.Set("strategy", string(*v.Portal.DefaultStrategyID))
	}
	view.Form = v.EmptyForm(filled)
	view.Handoff = p.begin(w, v)
	return v.Render(w, http.StatusOK, v.T("apps.create_title"), createPage(view))
}

// createView gathers what the form offers. With an API, only its strategy is of
// use.
func (p pages) createView(v *page.Visit, api string) (createView, error) {
	var view createView
	found, err := p.Catalogue.Strategies(v.Context(), v.Portal, portico.Everything())
	if err != nil {
		return view, err
	}
	view.Strategies = found.Items
	if api != "" {
		shown, err := p.Catalogue.API(v.Context(), v.Visitor, api)
		if err != nil {
			return view, err
		}
		view.API, view.Strategies = &shown, nil
		view.Approval = !shown.Publication.AutoApproves(v.Portal)
		if shown.Strategy != nil {
			view.Strategies = []control.StrategyView{*shown.Strategy}
		}
	}
	teams, err := p.Teams.Of(v.Context(), v.Portal.ID, v.Developer.ID, portico.Everything(portico.Where("can_own_applications", "true")))
	if err != nil {
		return view, err
	}
	view.Teams = teams.Items
	view.Full, err = p.full(v)
	return view, err
}

func (p pages) create(w http.ResponseWriter, v *page.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	view, err := p.createView(v, f.Value("api"))
	if err != nil {
		return err
	}
	view.Form, view.Handoff = f, portico.HandoffID(v.PathValue("handoff"))
	wish, strategy := view.wish(v)
	if !f.OK() {
		return p.createAgain(w, v, view, http.StatusUnprocessableEntity)
	}
	_, err = p.Handoffs.Deliver(v.Context(), *v.Developer, view.Handoff, keyOf(v), func(ctx context.Context) (control.Delivery, error) {
		made, err := p.Applications.Create(ctx, wish)
		if err != nil {
			return control.Delivery{}, err
		}
		if view.API != nil {
			p.registerAtOnce(ctx, v, made.ID, *view.API)
		}
		return p.firstCredential(ctx, v, made)
	})
	if err == nil {
		return v.Redirect(handoffPath(view.Handoff, "/credentials"))
	}
	return p.notCreated(w, v, view, strategy, err)
}

// wish reads the form.
func (c createView) wish(v *page.Visit) (control.NewApplication, control.StrategyView) {
	f := c.Form
	in := control.NewApplication{PortalID: v.Portal.ID, DeveloperID: v.Developer.ID, Name: f.Text("name", true, most), Description: f.Optional("description", most)}
	f.Text("comment", false, maxComment) // it goes with the registration, once there is an application
	var strategy control.StrategyView
	for _, s := range c.Strategies {
		if c.chosen(s) {
			strategy, in.StrategyID = s, &s.ID
		}
	}
	if in.StrategyID == nil {
		f.Reject("strategy", "apps.choose_strategy")
	}
	switch strategy.CredentialType() {
	case portico.CredentialDCR:
		in.RedirectURI = f.Optional(field("redirect_uri", strategy), maxURI)
		if in.RedirectURI != nil && !isRedirectURI(*in.RedirectURI) {
			f.Reject(field("redirect_uri", strategy), "apps.bad_redirect_uri")
		}
		if strategy.DeveloperManagedScopes() {
			in.Scopes = f.List(field("scopes", strategy))
		}
	case portico.CredentialSelfManaged:
		if in.StrategyID != nil {
			in.ClientID = f.Text(field("client_id", strategy), true, most)
		}
	}
	if owner := f.Value("owner"); owner != ownerMe && owner != "" {
		in.TeamID = new(portico.TeamID(owner))
	}
	return in, strategy
}

// isRedirectURI accepts what RFC 6749 §3.1.2 does: absolute, without a fragment.
func isRedirectURI(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.IsAbs() && u.Host != "" && u.Fragment == ""
}

// registerAtOnce asks for the API that the developer came from. The application
// is there whatever becomes of it, so a refusal is told on the next page.
func (p pages) registerAtOnce(ctx context.Context, v *page.Visit, id portico.ApplicationID, api control.PublishedAPI) {
	if _, err := p.Registrations.Request(ctx, v.Visitor, id, api.ID, v.PostFormValue("comment")); err != nil {
		p.Logger.WarnContext(ctx, "new application not registered", "application", id, "api", api.ID, "err", err)
		v.Flash("apps.not_registered_at_once", "API", api.Name)
	}
}

// firstCredential is what a new application is delivered with. With key auth
// that is its first key; who manages the client elsewhere gets none.
func (p pages) firstCredential(ctx context.Context, v *page.Visit, made control.CreatedApplication) (control.Delivery, error) {
	d := control.Delivery{ApplicationID: made.ID, Type: control.ClientSecret, ClientID: made.ClientID, Value: made.Secret, First: true}
	if made.Strategy.CredentialType() != portico.CredentialKeyAuth {
		return d, nil
	}
	d.Type = control.APIKey
	key, err := p.Credentials.Create(ctx, made.ID, v.T("apps.first_key"))
	if err != nil {
		// The application is there; its page offers to create the key.
		p.Logger.WarnContext(ctx, "new application has no key", "application", made.ID, "err", err)
		return d, nil
	}
	d.Value = key.Value
	return d, nil
}

// notCreated shows the form again with what stood against it.
func (p pages) notCreated(w http.ResponseWriter, v *page.Visit, view createView, strategy control.StrategyView, err error) error {
	status := statusOfForm(err)
	if portico.KindOf(err) == portico.KindUnavailable {
		p.Logger.WarnContext(v.Context(), "application not created", "err", err)
		view.Form.Reject("", "apps.idp_down", "Strategy", strategy.DisplayName, "Reference", problem.RequestID(v.Context()))
		return p.createAgain(w, v, view, status)
	}
	names := map[string]string{"auth_strategy_id": "strategy", "client_id": field("client_id", strategy), "team_id": "owner", "scopes": field("scopes", strategy)}
	if err := view.Form.Refused(err, names); err != nil {
		return err
	}
	return p.createAgain(w, v, view, status)
}

// createAgain shows the form as it was sent. Without its key it begins anew.
func (p pages) createAgain(w http.ResponseWriter, v *page.Visit, view createView, status int) error {
	if keyOf(v).Empty() {
		view.Handoff = p.begin(w, v)
	}
	return v.Render(w, status, v.T("apps.create_title"), createPage(view))
}
