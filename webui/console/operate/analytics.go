package operate

import (
	"cmp"
	"context"
	"net/http"
	"slices"

	"portico"
	"portico/access"
	"portico/analytics"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/figures"
)

func (p pages) analyticsRoutes() []desk.Route {
	return []desk.Route{desk.On("GET /analytics", p.analytics, access.For(access.APIs, access.View, ""))}
}

// analyticsView is what went through the gateway to the APIs that the visitor
// may view.
type analyticsView struct {
	report     analytics.Report
	ranges     []design.Tab
	strategies []strategyUsage
}

// strategyUsage is what the applications of one auth strategy did.
type strategyUsage struct {
	name             string // empty: it is gone
	requests, errors int64
}

func (p pages) analytics(w http.ResponseWriter, v *desk.Visit) error {
	var apis []portico.APIID // nil: all traffic
	if ids, all := v.Grants().Entities(access.APIs, access.View); !all {
		apis = []portico.APIID{}
		for _, id := range ids {
			apis = append(apis, portico.APIID(id))
		}
	}
	report, err := p.Analytics.Organization(v.Context(), apis, figures.RangeOf(v.URL.Query().Get("range")))
	if err != nil {
		return err
	}
	view := analyticsView{report: report, ranges: figures.Ranges(v.Context(), report.Range, func(r analytics.Range) string { return "/analytics?range=" + string(r) })}
	if view.strategies, err = p.byStrategy(v.Context(), report); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("operate.analytics_title"), analyticsPage(view))
}

// byStrategy adds the applications' figures up by their auth strategy.
func (p pages) byStrategy(ctx context.Context, r analytics.Report) ([]strategyUsage, error) {
	sums := map[portico.StrategyID]*strategyUsage{}
	for _, a := range r.Applications {
		if a.StrategyID == "" {
			continue
		}
		if sums[a.StrategyID] == nil {
			sums[a.StrategyID] = &strategyUsage{}
		}
		sums[a.StrategyID].requests += a.Requests
		sums[a.StrategyID].errors += a.Errors
	}
	strategies, err := p.Strategies.List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	for _, s := range strategies.Items {
		if sum := sums[s.ID]; sum != nil {
			sum.name = s.Name
		}
	}
	out := make([]strategyUsage, 0, len(sums))
	for _, s := range sums {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b strategyUsage) int {
		return cmp.Or(cmp.Compare(b.requests, a.requests), cmp.Compare(a.name, b.name))
	})
	return out, nil
}

// application leads to an application's page.
func application(u analytics.ApplicationUsage) string {
	return "/applications/" + string(u.ApplicationID)
}
