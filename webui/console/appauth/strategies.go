package appauth

import (
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

// strategiesView is the list of auth strategies.
type strategiesView struct {
	desk.List
	Tabs      []design.Tab
	Items     []control.StrategyView
	Total     int
	UsedBy    map[portico.StrategyID]int // how many publications
	Types     []design.Option
	MayCreate bool
}

func (p pages) strategies(w http.ResponseWriter, v *desk.Visit) error {
	view := strategiesView{List: v.List("name", "display_name", "strategy_type", "dcr_provider_name", "created_at"), Tabs: tabs(v, strategiesPath), UsedBy: map[portico.StrategyID]int{}, MayCreate: v.MayCreate(access.Strategies)}
	q := access.Visible(v.Context(), view.Query(view.Contains("q", "name"), view.Equal("strategy_type")), access.Strategies, "id")
	found, err := p.Strategies.List(v.Context(), q)
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	publications, err := p.Publications.List(v.Context(), portico.Everything(usecase.AnyOf("auth_strategy_id", found.Items, func(s control.StrategyView) portico.StrategyID { return s.ID })))
	if err != nil {
		return err
	}
	for _, published := range publications.Items {
		view.UsedBy[*published.StrategyID]++
	}
	chosen := view.Value("strategy_type")
	view.Types = []design.Option{
		{Label: v.T("appauth.any_type")},
		{Value: string(portico.StrategyOpenIDConnect), Label: v.T("appauth.type_oidc"), Selected: chosen == string(portico.StrategyOpenIDConnect)},
		{Value: string(portico.StrategyKeyAuth), Label: v.T("appauth.type_key_auth"), Selected: chosen == string(portico.StrategyKeyAuth)},
	}
	return v.Render(w, http.StatusOK, v.T("appauth.title"), strategiesPage(view))
}

// strategyView is a strategy's page: the form of a new one, or of one that is
// stored.
type strategyView struct {
	Form      *desk.Form
	Stored    *control.StrategyView // nil: a new one
	Providers []control.ProviderView
	Preview   control.StrategyView // as the form has it, for how developers see it
	Warnings  []string             // about what the form has
	Untouched bool                 // nothing was filled in yet, so that there is nothing to warn of
	MayEdit   bool
	MayDrop   bool
	SetsUp    bool        // its provider's authorization server can be prepared
	UsedBy    []reference // publications, then applications
	Hidden    int         // so many more use it, which the visitor may not see
	Call      templ.Component
}

func (c strategyView) path() string {
	if c.Stored == nil {
		return strategiesPath + "/new"
	}
	return strategiesPath + "/" + string(c.Stored.ID)
}

func (p pages) newStrategy(w http.ResponseWriter, v *desk.Visit) error {
	view := strategyView{MayEdit: true, Untouched: true, Form: v.EmptyForm(url.Values{
		"auth_type": {authDCR}, "auth_methods": {portico.MethodClientCredentials, portico.MethodBearer, portico.MethodSession}, "ttl_unit": {"days"},
	})}
	if id := v.URL.Query().Get("provider"); id != "" {
		view.Form.Values.Set("provider", id)
	}
	return p.showStrategy(w, v, http.StatusOK, view)
}

// showStrategy renders the page, with what the form would make.
func (p pages) showStrategy(w http.ResponseWriter, v *desk.Visit, status int, view strategyView) error {
	found, err := p.visibleProviders(v)
	if err != nil {
		return err
	}
	view.Providers = found
	if chosen := view.Form.Value("provider"); chosen == "" && len(found) == 1 {
		view.Form.Values.Set("provider", string(found[0].ID))
	}
	view.Preview, view.Warnings = preview(v, view.Form, found)
	title := v.T("appauth.new_strategy")
	if view.Stored != nil {
		title = view.Stored.Name
	}
	return v.Render(w, status, title, strategyPage(view))
}

// visibleProviders are those that a strategy may be made with by this visitor.
func (p pages) visibleProviders(v *desk.Visit) ([]control.ProviderView, error) {
	q := portico.Everything()
	q.Sort = []portico.Sort{{Field: "name"}}
	found, err := p.Providers.List(v.Context(), access.Visible(v.Context(), q, access.Providers, "id"))
	return found.Items, err
}

func (p pages) createStrategy(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	return p.saveStrategy(w, v, strategyView{Form: f, MayEdit: true})
}

func (p pages) replaceStrategy(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedStrategy(v)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	view.Form.Values.Set("auth_type", authTypeOf(*view.Stored)) // it stays
	return p.saveStrategy(w, v, view)
}

// saveStrategy does what the form says, or shows it once more.
func (p pages) saveStrategy(w http.ResponseWriter, v *desk.Visit, view strategyView) error {
	providers, err := p.visibleProviders(v)
	if err != nil {
		return err
	}
	in := readStrategy(view.Form, providers, view.Stored)
	if v.FormValue("view") == viewPreview {
		view.Form.Faults = nil
		return p.showStrategy(w, v, http.StatusOK, view)
	}
	return v.Submit(desk.Task{
		Form: view.Form, Fields: strategyFields(), Calls: []desk.Call{strategyCall(in, view.Stored)},
		Do: func() (desk.Answer, error) {
			if view.Stored == nil {
				_, err = p.Strategies.Create(v.Context(), in)
			} else {
				_, err = p.Strategies.Replace(v.Context(), view.Stored.ID, in)
			}
			return v.To(strategiesPath, "appauth.strategy_saved", "Name", in.Name), err
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return p.showStrategy(w, v, status, view)
		},
	})
}

// storedStrategy gathers what the page of a stored strategy shows.
func (p pages) storedStrategy(v *desk.Visit) (strategyView, error) {
	id := portico.StrategyID(v.PathValue("authStrategyId"))
	stored, err := p.Strategies.ByID(v.Context(), id)
	if err != nil {
		return strategyView{}, err
	}
	view := strategyView{Stored: &stored, Form: v.EmptyForm(strategyValues(stored)), MayEdit: v.May(access.Strategies, access.Edit, string(id)), MayDrop: v.May(access.Strategies, access.Delete, string(id))}
	if stored.Provider != nil {
		view.SetsUp = v.May(access.Providers, access.Edit, string(stored.Provider.ID)) && p.SetUp.Offers(*stored.Provider)
	}
	err = p.addPublications(v, &view)
	if err == nil {
		err = p.addApplications(v, &view)
	}
	return view, err
}

// addPublications adds the publications that use the strategy.
func (p pages) addPublications(v *desk.Visit, view *strategyView) error {
	publications, err := p.Publications.List(v.Context(), portico.Everything(portico.Where("auth_strategy_id", view.Stored.ID)))
	if err != nil || publications.Total == 0 {
		return err
	}
	apis, err := p.APIs.List(v.Context(), portico.Everything(usecase.AnyOf("id", publications.Items, func(p control.PublicationView) portico.APIID { return p.APIID })))
	if err != nil {
		return err
	}
	portals, err := p.Portals.List(v.Context(), portico.Everything())
	if err != nil {
		return err
	}
	apiBy := usecase.By(apis.Items, func(a control.APIView) portico.APIID { return a.ID })
	portalBy := usecase.By(portals.Items, func(p portico.Portal) portico.PortalID { return p.ID })
	for _, published := range publications.Items {
		if !v.May(access.APIs, access.View, string(published.APIID)) {
			view.Hidden++
			continue
		}
		label := v.T("appauth.published_in", "API", apiBy[published.APIID].Name, "Portal", portalBy[published.PortalID].Name)
		view.UsedBy = append(view.UsedBy, reference{label, "/apis/" + string(published.APIID) + "/portals"})
	}
	return nil
}

// mostApplications is how many applications are listed by name.
const mostApplications = 20

// addApplications adds the applications that use the strategy.
func (p pages) addApplications(v *desk.Visit, view *strategyView) error {
	apps, err := p.Strategies.Applications(v.Context(), view.Stored.ID, portico.ListQuery{Size: mostApplications, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
	view.Hidden += apps.Total - len(apps.Items)
	for _, a := range apps.Items {
		if v.May(access.Portals, access.View, string(a.PortalID)) {
			view.UsedBy = append(view.UsedBy, reference{v.T("appauth.app_of", "App", a.Name), "/applications/" + string(a.ID)})
		} else {
			view.Hidden++
		}
	}
	return err
}

func (p pages) strategy(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedStrategy(v)
	if err != nil {
		return err
	}
	return p.showStrategy(w, v, http.StatusOK, view)
}

func (p pages) deleteStrategyForm(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedStrategy(v)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("appauth.delete_strategy"), deleteStrategyPage(view))
}

func (p pages) deleteStrategy(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedStrategy(v)
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: view.Form, Calls: []desk.Call{{Method: http.MethodDelete, Path: "/v2/application-auth-strategies/" + string(view.Stored.ID)}},
		Do: func() (desk.Answer, error) {
			return v.To(strategiesPath, "appauth.strategy_deleted", "Name", view.Stored.Name), p.Strategies.Delete(v.Context(), view.Stored.ID)
		},
		Show: func(status int, call templ.Component) error {
			view.Call = call
			return v.Render(w, status, v.T("appauth.delete_strategy"), deleteStrategyPage(view))
		},
	})
}

// ttlText is a life of keys as it stands in the form's two fields.
func ttlText(t *portico.TTL) (value, unit string) {
	if t == nil {
		return "", "days"
	}
	return strconv.Itoa(t.Value), t.Unit
}
