package console

import (
	"net/http"
	"time"

	"portico"
	"portico/access"
	"portico/analytics"
	"portico/overview"
	"portico/webui/design"
	"portico/webui/desk"
)

// overviewView is what the first page shows. What its visitor may not view is
// left out.
type overviewView struct {
	setup   *overview.Setup // nil: everything is set up, or it is not the visitor's business
	steps   []design.Step
	waiting *overview.Waiting
	traffic *analytics.Report
	now     time.Time
}

func (p pages) overview(w http.ResponseWriter, v *desk.Visit) error {
	view := overviewView{now: p.Now()}
	if v.May(access.Providers, access.View, access.Everything) && v.May(access.Portals, access.View, access.Everything) {
		setup, err := p.Overview.Setup(v.Context())
		if err != nil {
			return err
		}
		if !setup.Done() {
			view.setup, view.steps = &setup, steps(v, setup)
		}
	}
	if v.Grants().Somewhere(access.Portals, access.Approve) || v.Grants().Somewhere(access.APIs, access.Approve) {
		waiting, err := p.Overview.Waiting(v.Context())
		if err != nil {
			return err
		}
		view.waiting = &waiting
	}
	if ids, all := v.Grants().Entities(access.APIs, access.View); all || len(ids) > 0 {
		var apis []portico.APIID // nil: all traffic
		for _, id := range ids {
			apis = append(apis, portico.APIID(id))
		}
		report, err := p.Analytics.Organization(v.Context(), apis, analytics.LastDay)
		if err != nil {
			return err
		}
		view.traffic = &report
	}
	return v.Render(w, http.StatusOK, v.T("console.nav_overview"), overviewPage(view))
}

// steps of setting up, in the order in which they build on each other. The first
// that is not done is the current one.
func steps(v *desk.Visit, s overview.Setup) []design.Step {
	out := []design.Step{
		{Label: v.T("console.step_provider"), Text: v.T("console.step_provider_text"), Href: "/application-auth/providers/new", Done: s.Provider},
		{Label: v.T("console.step_strategy"), Text: v.T("console.step_strategy_text"), Href: "/application-auth/strategies/new", Done: s.Strategy},
		{Label: v.T("console.step_api"), Text: v.T("console.step_api_text"), Href: "/apis/new", Done: s.Specification},
		{Label: v.T("console.step_gateway"), Text: v.T("console.step_gateway_text"), Href: "/apis", Done: s.Linked},
		{Label: v.T("console.step_publish"), Text: v.T("console.step_publish_text"), Href: "/portals", Done: s.Published},
		{Label: v.T("console.step_developer"), Text: v.T("console.step_developer_text"), Href: "/developers", Done: s.Developer},
		{Label: v.T("console.step_call"), Text: v.T("console.step_call_text"), Href: "/analytics", Done: s.Called},
	}
	for i := range out {
		if !out[i].Done {
			out[i].Current = true
			break
		}
	}
	return out
}

// hourly are the requests of each bucket, for a small drawing.
func hourly(r *analytics.Report) []float64 {
	out := make([]float64, len(r.Buckets))
	for i, b := range r.Buckets {
		out[i] = float64(b.Requests)
	}
	return out
}
