package portals

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

// createView is the form for a new portal.
type createView struct {
	sheet
	Strategies []design.Option
}

func visibilities() []string { return []string{string(portico.Public), string(portico.Private)} }

func (p pages) newForm(w http.ResponseWriter, v *desk.Visit) error {
	f := v.EmptyForm(url.Values{"authentication_enabled": on(true), "visibility": {string(portico.Private)}})
	return p.showNew(w, v, http.StatusOK, f, nil)
}

func (p pages) showNew(w http.ResponseWriter, v *desk.Visit, status int, f *desk.Form, call templ.Component) error {
	options, err := p.strategyOptions(v, f.Value("strategy"), v.T("portals.no_strategy"))
	if err != nil {
		return err
	}
	view := createView{sheet{Form: f, Call: call, Action: "/portals/new", May: true, Cancel: "/portals", Submit: v.T("portals.create")}, options}
	return v.Render(w, status, v.T("portals.new"), newPage(view))
}

func (p pages) create(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	name, display, description := f.Text("name", true, maxName), f.Optional("display_name", maxName), f.Optional("description", maxDescription)
	visibility := f.Choice("visibility", visibilities()...)
	strategy := optional(f.Optional("strategy", maxName))
	signIn := f.Has("authentication_enabled", "on")
	in := control.PortalFields{
		Name: portico.Some(name), Description: optional(description), AuthenticationEnabled: portico.Some(signIn),
		DefaultAPIVisibility: portico.Some(portico.Visibility(visibility)), DefaultPageVisibility: portico.Some(portico.Visibility(visibility)),
		DefaultStrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: strategy.Null, Value: portico.StrategyID(strategy.Value)},
	}
	call := body{
		"name": name, "description": orNull(description), "authentication_enabled": signIn, "default_api_visibility": visibility,
		"default_page_visibility": visibility, "default_application_auth_strategy_id": orNull(strategy.Ptr()),
	}
	if display != nil {
		in.DisplayName, call["display_name"] = portico.Some(*display), *display
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: "/v3/portals", Body: call}},
		Do: func() (desk.Answer, error) {
			made, err := p.Portals.Create(v.Context(), in)
			return v.To(p.portal(v, made).Path(""), "portals.created_done", "Portal", name), err
		},
		Fields: map[string]string{"default_application_auth_strategy_id": "strategy"},
		Show:   func(status int, call templ.Component) error { return p.showNew(w, v, status, f, call) },
	})
}

// strategyOptions are the auth strategies that the admin may see, after none;
// what is chosen is there even if he may not see it.
func (p pages) strategyOptions(v *desk.Visit, chosen, none string) ([]design.Option, error) {
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "display_name"}}
	found, err := p.Strategies.List(v.Context(), access.Visible(v.Context(), q, access.Strategies, "id"))
	if err != nil {
		return nil, err
	}
	options, there := []design.Option{{Value: "", Label: none, Selected: chosen == ""}}, chosen == ""
	for _, s := range found.Items {
		label := s.DisplayName
		if s.Name != s.DisplayName {
			label += " (" + s.Name + ")"
		}
		options = append(options, design.Option{Value: string(s.ID), Label: label, Selected: string(s.ID) == chosen})
		there = there || string(s.ID) == chosen
	}
	if !there {
		options = append(options, design.Option{Value: chosen, Label: v.T("portals.hidden_strategy"), Selected: true})
	}
	return options, nil
}
