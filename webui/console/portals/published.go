package portals

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

func (p pages) publicationRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/apis", p.published, access.View),
		p.on("GET", "/publish", p.publishForm, access.Publish),
		p.on("POST", "/publish", p.publish, access.Publish).As("publish-api-to-portal"),
		p.publication("GET", "", p.publicationForm),
		p.publication("POST", "", p.changePublication).As("publish-api-to-portal"),
		p.publication("GET", "/unpublish", p.unpublishForm),
		p.publication("POST", "/unpublish", p.unpublish).As("delete-publication"),
	}
}

// publication makes the route of a page about one published API: both sides have
// to allow it.
func (p pages) publication(method, below string, h func(http.ResponseWriter, *desk.Visit, portal) error) desk.Route {
	return desk.On(method+" /portals/{portalId}/apis/{apiId}"+below, p.of(h),
		access.For(access.Portals, access.Publish, "portalId"), access.For(access.APIs, access.Publish, "apiId"))
}

// publishedView is the tab Published APIs.
type publishedView struct {
	desk.List
	Portal portal
	Rows   []publishedRow
	Total  int
}

// publishedRow is a published API.
type publishedRow struct {
	control.PublicationView
	API      control.APIView
	Strategy string // display name; empty: no application auth
	May      bool   // the visitor may change how it is published
}

// unenforced says that the strategy has no effect at any gateway yet.
func (r publishedRow) unenforced() bool {
	return r.StrategyID != nil && r.API.Mode == "" && !r.API.IsPackage
}

func (r publishedRow) name() string {
	if version := value(r.API.Version); version != "" {
		return r.API.Name + " " + version
	}
	return r.API.Name
}

func (p pages) published(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view := publishedView{Portal: one, List: v.List("api_name", "created_at")}
	found, err := p.Publications.ListIn(v.Context(), one.ID, view.Query(view.Contains("q", "api_name")))
	if err != nil {
		return err
	}
	view.Total = found.Total
	apis, err := p.APIs.List(v.Context(), portico.Everything(usecase.AnyOf("id", found.Items, func(one control.PublicationView) portico.APIID { return one.APIID })))
	if err != nil {
		return err
	}
	byID := usecase.By(apis.Items, func(a control.APIView) portico.APIID { return a.ID })
	for _, published := range found.Items {
		row := publishedRow{API: byID[published.APIID]}
		if row.PublicationView, err = p.Publications.One(v.Context(), published.APIID, one.ID); err != nil {
			return err
		}
		if published.StrategyID != nil {
			if row.Strategy, err = p.strategyName(v, *published.StrategyID); err != nil {
				return err
			}
		}
		row.May = one.May(access.Publish) && v.May(access.APIs, access.Publish, string(published.APIID))
		view.Rows = append(view.Rows, row)
	}
	return v.Render(w, http.StatusOK, v.T("portals.tab_published"), publishedPage(view))
}

// publishView is the form for publishing an API, or for changing how it is.
type publishView struct {
	sheet
	Portal     portal
	APIs       []design.Option // to choose from; none: one is given
	API        string          // its name
	Strategies []design.Option
}

func (p pages) publishForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	return p.showPublish(w, v, one, http.StatusOK, v.EmptyForm(p.defaults(v, one)), nil)
}

// defaults are what a publication is unless the admin says otherwise.
func (p pages) defaults(v *desk.Visit, one portal) url.Values {
	filled := url.Values{"api": {v.FormValue("api")}, "visibility": {string(one.DefaultAPIVisibility)}, "auto_approve": on(one.AutoApproveApplications)}
	if one.DefaultStrategyID != nil {
		filled.Set("strategy", string(*one.DefaultStrategyID))
	}
	return filled
}

func (p pages) showPublish(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := publishView{Portal: one, sheet: sheet{Form: f, Call: call, Action: one.Path("/publish"), May: true, Cancel: one.Path(tabPublished), Submit: v.T("portals.publish")}}
	var err error
	if view.APIs, err = p.unpublished(v, one, f.Value("api")); err != nil {
		return err
	}
	if view.Strategies, err = p.strategyOptions(v, f.Value("strategy"), v.T("portals.no_auth")); err != nil {
		return err
	}
	return v.Render(w, status, v.T("portals.publish"), publishPage(view))
}

// unpublished are the APIs that the visitor may publish and that the portal does
// not have yet.
func (p pages) unpublished(v *desk.Visit, one portal, chosen string) ([]design.Option, error) {
	there, err := p.Publications.ListIn(v.Context(), one.ID, portico.Everything())
	if err != nil {
		return nil, err
	}
	published := usecase.By(there.Items, func(one control.PublicationView) portico.APIID { return one.APIID })
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "name"}}
	apis, err := p.APIs.List(v.Context(), access.Visible(v.Context(), q, access.APIs, "id"))
	if err != nil {
		return nil, err
	}
	var out []design.Option
	for _, a := range apis.Items {
		if _, is := published[a.ID]; !is && v.May(access.APIs, access.Publish, string(a.ID)) {
			out = append(out, design.Option{Value: string(a.ID), Label: publishedRow{API: a}.name(), Selected: string(a.ID) == chosen})
		}
	}
	return out, nil
}

// readPublication reads the fields that both forms have.
func readPublication(f *desk.Form) (control.PublicationFields, body) {
	strategy := optional(f.Optional("strategy", maxName))
	visibility := f.Choice("visibility", visibilities()...)
	auto := f.Has("auto_approve", "on")
	call := body{"auth_strategy_ids": nil, "visibility": visibility, "auto_approve_registrations": auto}
	if !strategy.Null {
		call["auth_strategy_ids"] = []string{strategy.Value}
	}
	return control.PublicationFields{
		StrategyID:               portico.Opt[portico.StrategyID]{Set: true, Null: strategy.Null, Value: portico.StrategyID(strategy.Value)},
		AutoApproveRegistrations: portico.Some(auto), Visibility: portico.Some(portico.Visibility(visibility)),
	}, call
}

func (p pages) publish(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	api := portico.APIID(f.Text("api", true, maxName))
	in, call := readPublication(f)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{publicationCall(http.MethodPut, api, one, call)},
		Do: func() (desk.Answer, error) {
			if err := access.Require(v.Context(), access.APIs, access.Publish, string(api)); err != nil {
				return nil, err
			}
			_, err := p.Publications.Put(v.Context(), api, one.ID, in)
			return v.To(one.Path(tabPublished), p.effect(in, one), "Portal", one.Title()), err
		},
		Fields: map[string]string{"auth_strategy_ids.0": "strategy"},
		Show:   func(status int, call templ.Component) error { return p.showPublish(w, v, one, status, f, call) },
	})
}

// effect tells what publishing brings about.
func (p pages) effect(in control.PublicationFields, one portal) string {
	switch auto := in.AutoApproveRegistrations.Value || one.AutoApproveApplications; {
	case in.StrategyID.Null:
		return "portals.published_open"
	case auto:
		return "portals.published_auto"
	}
	return "portals.published_asked"
}

func publicationCall(method string, api portico.APIID, one portal, sent body) desk.Call {
	call := desk.Call{Method: method, Path: "/v3/apis/" + string(api) + "/publications/" + string(one.ID)}
	if sent != nil {
		call.Body = sent
	}
	return call
}

// publishedAPI finds the publication that a page is about.
func (p pages) publishedAPI(v *desk.Visit, one portal) (publishedRow, error) {
	id := portico.APIID(v.PathValue("apiId"))
	published, err := p.Publications.One(v.Context(), id, one.ID)
	if err != nil {
		return publishedRow{}, err
	}
	api, err := p.APIs.ByID(v.Context(), id)
	return publishedRow{PublicationView: published, API: api}, err
}

func (p pages) publicationForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	row, err := p.publishedAPI(v, one)
	if err != nil {
		return err
	}
	filled := url.Values{"visibility": {string(row.Visibility)}, "auto_approve": on(row.AutoApproves(portico.Portal{}))}
	if row.StrategyID != nil {
		filled.Set("strategy", string(*row.StrategyID))
	}
	return p.showPublication(w, v, one, row, http.StatusOK, v.EmptyForm(filled), nil)
}

func (p pages) showPublication(w http.ResponseWriter, v *desk.Visit, one portal, row publishedRow, status int, f *desk.Form, call templ.Component) error {
	view := publishView{Portal: one, API: row.name(), sheet: sheet{
		Form: f, Call: call, Action: one.Path("/apis/" + string(row.API.ID)), May: true, Cancel: one.Path(tabPublished), Submit: v.T("portals.save"),
	}}
	var err error
	if view.Strategies, err = p.strategyOptions(v, f.Value("strategy"), v.T("portals.no_auth")); err != nil {
		return err
	}
	return v.Render(w, status, row.name(), publishPage(view))
}

func (p pages) changePublication(w http.ResponseWriter, v *desk.Visit, one portal) error {
	row, err := p.publishedAPI(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	in, call := readPublication(f)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{publicationCall(http.MethodPut, row.API.ID, one, call)},
		Do: func() (desk.Answer, error) {
			_, err := p.Publications.Put(v.Context(), row.API.ID, one.ID, in)
			return v.To(one.Path(tabPublished), "portals.saved"), err
		},
		Fields: map[string]string{"auth_strategy_ids.0": "strategy"},
		Show: func(status int, call templ.Component) error {
			return p.showPublication(w, v, one, row, status, f, call)
		},
	})
}

// confirmView asks before something is taken away.
type confirmView struct {
	sheet
	Portal                 portal
	Tab, Title, Lead, Text string
}

func (p pages) unpublishForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	row, err := p.publishedAPI(v, one)
	if err != nil {
		return err
	}
	return p.showUnpublish(w, v, one, row, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showUnpublish(w http.ResponseWriter, v *desk.Visit, one portal, row publishedRow, status int, f *desk.Form, call templ.Component) error {
	view := confirmView{
		Portal: one, Tab: tabPublished, Title: v.T("portals.unpublish_title", "API", row.name()), Text: v.T("portals.unpublish_text", "Portal", one.Title()),
		sheet: sheet{Form: f, Call: call, Action: one.Path("/apis/" + string(row.API.ID) + "/unpublish"), May: true, Cancel: one.Path(tabPublished), Submit: v.T("portals.unpublish"), Danger: true},
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) unpublish(w http.ResponseWriter, v *desk.Visit, one portal) error {
	row, err := p.publishedAPI(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{publicationCall(http.MethodDelete, row.API.ID, one, nil)},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path(tabPublished), "portals.unpublished", "API", row.name()), p.Publications.Delete(v.Context(), row.API.ID, one.ID)
		},
		Show: func(status int, call templ.Component) error { return p.showUnpublish(w, v, one, row, status, f, call) },
	})
}
