package figures

import (
	"context"
	"slices"
	"time"

	"portico"
	"portico/analytics"
	"portico/webui/design"
	"portico/webui/i18n"
)

// RangeOf is the range that a page is asked for; the last day for what is none.
func RangeOf(asked string) analytics.Range {
	if r := analytics.Range(asked); slices.Contains(analytics.Ranges(), r) {
		return r
	}
	return analytics.LastDay
}

// Ranges are the links to a report of other ranges; to makes one of a range.
func Ranges(ctx context.Context, current analytics.Range, to func(analytics.Range) string) []design.Tab {
	var out []design.Tab
	for _, r := range analytics.Ranges() {
		out = append(out, design.Tab{Href: to(r), Label: i18n.T(ctx, "figures.range."+string(r)), Current: r == current})
	}
	return out
}

// Quiet says that nothing happened, not even in the range before.
func Quiet(r analytics.Report) bool { return r.Requests == 0 && r.Previous.Requests == 0 }

// requests is the chart of requests, those that succeeded and those that did not.
func requests(ctx context.Context, r analytics.Report) design.ChartProps {
	ok := design.Series{Name: i18n.T(ctx, "figures.succeeded")}
	failed := design.Series{Name: i18n.T(ctx, "figures.failed"), Tone: design.Bad}
	for _, b := range r.Buckets {
		ok.Values = append(ok.Values, float64(b.Requests-b.Errors))
		failed.Values = append(failed.Values, float64(b.Errors))
	}
	return design.ChartProps{
		Label:  i18n.T(ctx, "figures.chart_requests", "Requests", i18n.Number(ctx, r.Requests), "Errors", i18n.Number(ctx, r.Errors)),
		Points: points(ctx, r), Series: []design.Series{ok, failed},
		Format: func(n float64) string { return i18n.Number(ctx, int64(n)) },
	}
}

// latency is the chart of the 95th percentile.
func latency(ctx context.Context, r analytics.Report) design.ChartProps {
	p95 := design.Series{Name: i18n.T(ctx, "figures.p95")}
	for _, b := range r.Buckets {
		p95.Values = append(p95.Values, float64(b.P95))
	}
	return design.ChartProps{
		Label:  i18n.T(ctx, "figures.chart_latency", "P95", i18n.Duration(ctx, r.P95)),
		Points: points(ctx, r), Series: []design.Series{p95},
		Format: func(n float64) string { return i18n.Duration(ctx, time.Duration(n)) },
	}
}

func points(ctx context.Context, r analytics.Report) []string {
	out := make([]string, len(r.Buckets))
	for i, b := range r.Buckets {
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
func failures(r analytics.Report) []analytics.OutcomeCount {
	return slices.DeleteFunc(slices.Clone(r.Outcomes), func(o analytics.OutcomeCount) bool { return o.Outcome == portico.OutcomeOK })
}

// busy are the steps of the report in which anything happened, latest first.
func busy(r analytics.Report) []analytics.Bucket {
	out := slices.DeleteFunc(slices.Clone(r.Buckets), func(b analytics.Bucket) bool { return b.Requests == 0 })
	slices.Reverse(out)
	return out
}
