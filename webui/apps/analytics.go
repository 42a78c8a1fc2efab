package apps

import (
	"context"
	"net/http"
	"slices"
	"time"

	"portico"
	"portico/analytics"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
)

// analyticsView is the Analytics tab.
type analyticsView struct {
	App    app
	Report analytics.Report
	Call   call
}

func (p pages) analytics(w http.ResponseWriter, v *page.Visit, a app) error {
	chosen := analytics.Range(v.URL.Query().Get("range"))
	if !slices.Contains(analytics.Ranges(), chosen) {
		chosen = analytics.LastDay
	}
	report, err := p.Analytics.Application(v.Context(), a.ID, chosen)
	if err != nil {
		return err
	}
	view := analyticsView{App: a, Report: report}
	if view.Call, err = p.firstCall(v, a); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, analyticsTab(view))
}

// ranges are the links to the same report of other ranges.
func (a analyticsView) ranges(ctx context.Context) []design.Tab {
	var out []design.Tab
	for _, r := range analytics.Ranges() {
		out = append(out, design.Tab{Href: a.App.Path("/analytics?range=" + string(r)), Label: i18n.T(ctx, "apps.range."+string(r)), Current: r == a.Report.Range})
	}
	return out
}

// requests is the chart of requests, those that succeeded and those that did not.
func (a analyticsView) requests(ctx context.Context) design.ChartProps {
	ok := design.Series{Name: i18n.T(ctx, "apps.succeeded")}
	failed := design.Series{Name: i18n.T(ctx, "apps.failed"), Tone: design.Bad}
	for _, b := range a.Report.Buckets {
		ok.Values = append(ok.Values, float64(b.Requests-b.Errors))
		failed.Values = append(failed.Values, float64(b.Errors))
	}
	return design.ChartProps{
		Label:  i18n.T(ctx, "apps.chart_requests", "Requests", i18n.Number(ctx, a.Report.Requests), "Errors", i18n.Number(ctx, a.Report.Errors)),
		Points: a.points(ctx), Series: []design.Series{ok, failed},
		Format: func(n float64) string { return i18n.Number(ctx, int64(n)) },
	}
}

// latency is the chart of the 95th percentile.
func (a analyticsView) latency(ctx context.Context) design.ChartProps {
	p95 := design.Series{Name: i18n.T(ctx, "apps.p95")}
	for _, b := range a.Report.Buckets {
		p95.Values = append(p95.Values, float64(b.P95))
	}
	return design.ChartProps{
		Label:  i18n.T(ctx, "apps.chart_latency", "P95", i18n.Duration(ctx, a.Report.P95)),
		Points: a.points(ctx), Series: []design.Series{p95},
		Format: func(n float64) string { return i18n.Duration(ctx, time.Duration(n)) },
	}
}

func (a analyticsView) points(ctx context.Context) []string {
	out := make([]string, len(a.Report.Buckets))
	for i, b := range a.Report.Buckets {
		out[i] = i18n.DateTime(ctx, b.Start)
	}
	return out
}

// errorRate is the share of requests that failed.
func errorRate(t analytics.Totals) float64 {
	if t.Requests == 0 {
		return 0
	}
	return float64(t.Errors) / float64(t.Requests)
}

// failures are the causes of errors, most first.
func (a analyticsView) failures() []analytics.OutcomeCount {
	return slices.DeleteFunc(slices.Clone(a.Report.Outcomes), func(o analytics.OutcomeCount) bool { return o.Outcome == portico.OutcomeOK })
}

// busy are the steps of the report in which anything happened, latest first.
func (a analyticsView) busy() []analytics.Bucket {
	out := slices.DeleteFunc(slices.Clone(a.Report.Buckets), func(b analytics.Bucket) bool { return b.Requests == 0 })
	slices.Reverse(out)
	return out
}

// sample is a call to begin with, while there is nothing to show.
func (a analyticsView) sample() string {
	if a.App.Type() == portico.CredentialKeyAuth {
		return keyCurl(a.Call.URL, a.App.keyName(), "$API_KEY")
	}
	return basicCurl(a.Call.URL, variablePair)
}
