package portals

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/content"
	"portico/webui/design"
	"portico/webui/desk"
)

// overviewView is a portal's first tab.
type overviewView struct {
	Portal   portal
	Figures  []figure
	Steps    []design.Step
	Strategy string // the default one's display name; empty: there is none
}

// figure counts something of the portal.
type figure struct {
	Label, Href string
	Value       int
}

func (o overviewView) done() bool {
	for _, s := range o.Steps {
		if !s.Done {
			return false
		}
	}
	return true
}

func (p pages) overview(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view := overviewView{Portal: one}
	apis, pages, err := p.contents(v, one)
	if err != nil {
		return err
	}
	developers, err := p.Developers.List(v.Context(), one.ID, few())
	if err != nil {
		return err
	}
	apps, err := p.Applications.List(v.Context(), one.ID, few())
	if err != nil {
		return err
	}
	looks, err := p.Content.Designs.Of(v.Context(), one.ID)
	if err != nil {
		return err
	}
	logo, err := p.has(v, one, portico.AssetLogo)
	if err != nil {
		return err
	}
	view.Figures = []figure{
		{v.T("portals.tab_published"), one.Path(tabPublished), apis},
		{v.T("portals.developers"), "/developers?portal_id=" + string(one.ID), developers.Total},
		{v.T("portals.applications"), "/applications?portal_id=" + string(one.ID), apps.Total},
	}
	if one.DefaultStrategyID != nil {
		if view.Strategy, err = p.strategyName(v, *one.DefaultStrategyID); err != nil {
			return err
		}
	}
	view.Steps = []design.Step{
		{Label: v.T("portals.step_strategy"), Text: v.T("portals.step_strategy_text"), Href: one.Path(tabSettings), Done: one.DefaultStrategyID != nil},
		{Label: v.T("portals.step_publish"), Text: v.T("portals.step_publish_text"), Href: one.Path(tabPublished), Done: apis > 0},
		{Label: v.T("portals.step_looks"), Text: v.T("portals.step_looks_text"), Href: one.Path(tabAppearance), Done: looks.Theme.Colors.Primary != "" || logo},
		{Label: v.T("portals.step_pages"), Text: v.T("portals.step_pages_text"), Href: one.Path(tabPages), Done: pages > 0},
		{Label: v.T("portals.step_developer"), Text: v.T("portals.step_developer_text"), Href: one.URL, Done: developers.Total > 0},
	}
	return v.Render(w, http.StatusOK, one.Title(), overviewPage(view))
}

// few asks for a total.
func few() portico.ListQuery { return portico.ListQuery{Size: 1, Number: 1} }

// contents counts the portal's APIs and its pages.
func (p pages) contents(v *desk.Visit, one portal) (apis, pages int, err error) {
	published, err := p.Publications.ListIn(v.Context(), one.ID, few())
	if err != nil {
		return 0, 0, err
	}
	tree, err := p.Content.Pages.Tree(v.Context(), one.ID, portico.ListQuery{})
	return published.Total, len(tree), err
}

// has says whether the portal has an image of the kind.
func (p pages) has(v *desk.Visit, one portal, kind portico.AssetKind) (bool, error) {
	_, err := p.Content.Images.Get(v.Context(), content.OfPortal(one.ID), kind)
	if err != nil && portico.KindOf(err) == portico.KindNotFound {
		return false, nil
	}
	return err == nil, err
}

// strategyName is what an auth strategy is called, for those who may see it.
func (p pages) strategyName(v *desk.Visit, id portico.StrategyID) (string, error) {
	if !v.May(access.Strategies, access.View, string(id)) {
		return v.T("portals.hidden_strategy"), nil
	}
	s, err := p.Strategies.ByID(v.Context(), id)
	return s.DisplayName, err
}
