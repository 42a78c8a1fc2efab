package apis

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

// published is a publication with what its row shows.
type published struct {
	control.PublicationView
	Portal   portico.Portal
	Strategy *control.StrategyView // nil: no application auth
	MayEdit  bool
}

// AutoApproves says whether nobody needs to decide about registrations.
func (p published) AutoApproves() bool { return p.Publication.AutoApproves(p.Portal) }

func (p pages) portals(w http.ResponseWriter, v *desk.Visit, a api) error {
	portals, err := p.Portals.List(v.Context(), portico.Everything())
	if err != nil {
		return err
	}
	strategies, err := p.Strategies.List(v.Context(), portico.Everything())
	if err != nil {
		return err
	}
	portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
	strategyBy := usecase.By(strategies.Items, func(s control.StrategyView) portico.StrategyID { return s.ID })
	var rows []published
	for _, found := range a.Publications {
		shown := published{PublicationView: found, Portal: portalBy[found.PortalID], MayEdit: a.MayPublish && v.May(access.Portals, access.Publish, string(found.PortalID))}
		if found.StrategyID != nil {
			shown.Strategy = new(strategyBy[*found.StrategyID])
		}
		rows = append(rows, shown)
	}
	return v.Render(w, http.StatusOK, a.Name, portalsPage(a, rows))
}

// publishView is the form Publish API.
type publishView struct {
	Form       *desk.Form
	API        api
	Portals    []portico.Portal // that the visitor may publish to
	Strategies []control.StrategyView
	Warnings   []string
	Call       templ.Component
}

// portal is the one that is chosen; ok is false while none is.
func (c publishView) portal() (portico.Portal, bool) {
	i := slices.IndexFunc(c.Portals, func(p portico.Portal) bool { return string(p.ID) == c.Form.Value("portal") })
	if i < 0 {
		return portico.Portal{}, false
	}
	return c.Portals[i], true
}

func (c publishView) strategy() (control.StrategyView, bool) {
	i := slices.IndexFunc(c.Strategies, func(s control.StrategyView) bool { return string(s.ID) == c.Form.Value("strategy") })
	if i < 0 {
		return control.StrategyView{}, false
	}
	return c.Strategies[i], true
}

// Effect says in one sentence what publishing so does; empty without a portal.
func (c publishView) Effect(v func(key string, args ...any) string) string {
	portal, ok := c.portal()
	if !ok {
		return ""
	}
	who := v("apis.effect_" + c.Form.Value("visibility"))
	strategy, guarded := c.strategy()
	if !guarded {
		return v("apis.effect_open", "Who", who, "Portal", portal.DisplayName)
	}
	approves := v("apis.effect_approval")
	if portal.AutoApproveApplications || c.Form.Has("auto_approve", "on") {
		approves = v("apis.effect_at_once")
	}
	return v("apis.effect", "Who", who, "Portal", portal.DisplayName, "Strategy", strategy.DisplayName, "Approval", approves)
}

// portalOptions and strategyOptions are the form's choices.
func (c publishView) portalOptions() []design.Option {
	var out []design.Option
	for _, p := range c.Portals {
		out = append(out, design.Option{Value: string(p.ID), Label: p.DisplayName, Selected: c.Form.Value("portal") == string(p.ID)})
	}
	return out
}

func (c publishView) strategyOptions(none string) []design.Option {
	out := []design.Option{{Label: none}}
	for _, s := range c.Strategies {
		out = append(out, design.Option{Value: string(s.ID), Label: s.Name, Selected: c.Form.Value("strategy") == string(s.ID)})
	}
	return out
}

// publishChoices gathers what the form offers.
func (p pages) publishChoices(v *desk.Visit, a api) (publishView, error) {
	view := publishView{API: a}
	portals, err := p.Portals.List(v.Context(), portico.ListQuery{Size: 1000, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	if err != nil {
		return view, err
	}
	view.Portals = slices.DeleteFunc(portals.Items, func(portal portico.Portal) bool { return !v.May(access.Portals, access.Publish, string(portal.ID)) })
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "name"}}
	strategies, err := p.Strategies.List(v.Context(), access.Visible(v.Context(), q, access.Strategies, "id"))
	view.Strategies = strategies.Items
	return view, err
}

// publishValues fills in the form: as the API is published to the portal, or by
// the portal's defaults.
func (c publishView) publishValues(portal portico.Portal) url.Values {
	values := url.Values{"portal": {string(portal.ID)}, "visibility": {string(portal.DefaultAPIVisibility)}}
	strategy, approve := portal.DefaultStrategyID, (*bool)(nil)
	if i := slices.IndexFunc(c.API.Publications, func(p control.PublicationView) bool { return p.PortalID == portal.ID }); i >= 0 {
		there := c.API.Publications[i]
		strategy, approve = there.StrategyID, there.AutoApproveRegistrations
		values.Set("visibility", string(there.Visibility))
	}
	if strategy != nil {
		values.Set("strategy", string(*strategy))
	}
	if approve != nil && *approve {
		values.Set("auto_approve", "on")
	}
	return values
}

func (p pages) publishForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.publishChoices(v, a)
	if err != nil {
		return err
	}
	view.Form = v.EmptyForm(url.Values{"portal": {v.URL.Query().Get("portal")}, "visibility": {string(portico.Private)}})
	if portal, ok := view.portal(); ok {
		view.Form = v.EmptyForm(view.publishValues(portal))
	} else if len(view.Portals) > 0 {
		view.Form = v.EmptyForm(view.publishValues(view.Portals[0]))
	}
	return v.Render(w, http.StatusOK, view.API.toPublish(v.Context()), publishPage(view))
}

func (p pages) publish(w http.ResponseWriter, v *desk.Visit, a api) error {
	view, err := p.publishChoices(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	in, body := view.read()
	portal, _ := view.portal()
	show := func(status int, call templ.Component) error {
		view.Call = call
		return v.Render(w, status, view.API.toPublish(v.Context()), publishPage(view))
	}
	if v.FormValue("view") == viewPreview {
		view.Form.Faults = nil
		return show(http.StatusOK, nil)
	}
	return v.Submit(desk.Task{
		Form: view.Form, Fields: map[string]string{"auth_strategy_ids.0": "strategy"}, Show: show,
		Calls: []desk.Call{{Method: http.MethodPut, Path: a.Wire("/publications/" + string(portal.ID)), Body: body}},
		Do: func() (desk.Answer, error) {
			_, err := p.Publications.Put(v.Context(), a.ID, portal.ID, in)
			return v.To(a.Path("/portals"), "apis.published", "API", a.Name, "Portal", portal.DisplayName), err
		},
	})
}

// read reads the form: as the use case takes it, and as the management API does.
// The portal is one that the visitor may publish to.
func (c publishView) read() (control.PublicationFields, map[string]any) {
	f := c.Form
	if _, ok := c.portal(); !ok {
		f.Reject("portal", "apis.choose_portal")
	}
	visibility := f.Choice("visibility", string(portico.Public), string(portico.Private))
	approve := f.Has("auto_approve", "on")
	in := control.PublicationFields{Visibility: portico.Some(portico.Visibility(visibility)), AutoApproveRegistrations: portico.Some(approve), StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}}
	body := map[string]any{"visibility": visibility, "auto_approve_registrations": approve, "auth_strategy_ids": nil}
	if strategy, ok := c.strategy(); ok {
		in.StrategyID = portico.Some(strategy.ID)
		body["auth_strategy_ids"] = []portico.StrategyID{strategy.ID}
	} else if f.Value("strategy") != "" {
		f.Reject("strategy", "errors.choose")
	}
	return in, body
}

func (p pages) unpublishForm(w http.ResponseWriter, v *desk.Visit, a api) error {
	return p.confirmUnpublish(w, v, a, nil)
}

func (p pages) confirmUnpublish(w http.ResponseWriter, v *desk.Visit, a api, call templ.Component) error {
	portal, err := p.Portals.ByID(v.Context(), portico.PortalID(v.PathValue("portalId")))
	if err != nil {
		return err
	}
	if _, err := p.Publications.One(v.Context(), a.ID, portal.ID); err != nil {
		return err
	}
	registrations, err := p.Registrations.ListByAPI(v.Context(), a.ID, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("portal_id", portal.ID)}})
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("apis.unpublish"), unpublishPage(a, portal, registrations.Total, call))
}

func (p pages) unpublish(w http.ResponseWriter, v *desk.Visit, a api) error {
	portal := portico.PortalID(v.PathValue("portalId"))
	return v.Submit(desk.Task{
		Calls: []desk.Call{{Method: http.MethodDelete, Path: a.Wire("/publications/" + string(portal))}},
		Do: func() (desk.Answer, error) {
			return v.To(a.Path("/portals"), "apis.unpublished", "API", a.Name), p.Publications.Delete(v.Context(), a.ID, portal)
		},
		Show: func(_ int, call templ.Component) error { return p.confirmUnpublish(w, v, a, call) },
	})
}
