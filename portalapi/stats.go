package portalapi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"portico"
	"portico/analytics"
	"portico/httpkit"
)

// statsRoutes: what a developer's applications have done.
func (s *server) statsRoutes() []route {
	return []route{
		on(developer, "POST", "/api/v3/stats", "query-application-analytics", s.queryStats),
		on(developer, "GET", "/api/v3/stats/config", "get-application-analytics-config", s.statsConfig),
	}
}

// statsConfigView is the contract's answer about what is kept.
type statsConfigView struct {
	Analytics struct {
		Percentiles bool  `json:"percentiles"`
		RetentionMS int64 `json:"retention_ms"`
	} `json:"analytics"`
}

func (s *server) statsConfig(w http.ResponseWriter, _ call) error {
	var out statsConfigView
	out.Analytics.RetentionMS = analytics.HoursKept.Milliseconds()
	return httpkit.JSON(w, http.StatusOK, out)
}

// statsView is the contract's ApplicationAnalyticsResponse.
type statsView struct {
	Meta statsMeta   `json:"meta"`
	Data []statsData `json:"data"`
}

type statsMeta struct {
	Display       map[string]map[string]statsName `json:"display"`
	MetricNames   []string                        `json:"metric_names"`
	MetricUnits   map[string]string               `json:"metric_units"`
	Start         httpkit.Timestamp               `json:"start"`
	End           httpkit.Timestamp               `json:"end"`
	Truncated     bool                            `json:"truncated"`
	Limit         int                             `json:"limit"`
	GranularityMS int64                           `json:"granularity_ms"`
}

type statsName struct {
	Name    string `json:"name"`
	Deleted bool   `json:"deleted"`
	Other   bool   `json:"is_other_group,omitempty"`
}

type statsData struct {
	Event     map[string]any    `json:"event"`
	Timestamp httpkit.Timestamp `json:"timestamp"`
}

// queryStats answers for the developer's own applications and those of their
// teams, whatever the query's filters name.
func (s *server) queryStats(w http.ResponseWriter, c call) error {
	in, err := httpkit.ReadOptionalObject(c.Request)
	if err != nil {
		return err
	}
	q := readQuestion(in)
	if err := in.Err(); err != nil {
		return err
	}
	own, err := s.Applications.UsableBy(c.Context(), *c.developer, portico.Everything())
	if err != nil {
		return err
	}
	apps := make([]portico.Application, len(own.Items))
	for i, app := range own.Items {
		apps[i] = app.Application
	}
	answer, err := s.Analytics.Ask(c.Context(), apps, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewStats(q, answer))
}

// readQuestion reads the contract's ApplicationAnalyticsQuery.
func readQuestion(in *httpkit.Object) analytics.Question {
	q := analytics.Question{Metric: analytics.RequestCount, Range: analytics.TimeRange{Relative: "1h"}}
	if metrics := in.OptStrings("metrics", httpkit.MinItems(1), httpkit.MaxItems(1)); metrics.Set && len(metrics.Value) == 1 {
		q.Metric = analytics.Metric(metrics.Value[0])
	}
	for _, d := range in.Strings("dimensions", httpkit.MaxItems(2)) {
		q.Dimensions = append(q.Dimensions, analytics.Dimension(d))
	}
	var granularities []string
	for _, g := range analytics.Granularities() {
		granularities = append(granularities, string(g))
	}
	q.Granularity = analytics.Granularity(in.Enum("granularity", httpkit.Optional, granularities...))
	if span, set, _ := in.OptObject("time_range"); set {
		q.Range = analytics.TimeRange{Zone: span.String("tz")}
		if span.Enum("type", httpkit.Required, "relative", "absolute") == "absolute" {
			q.Range.Start, q.Range.End = span.Time("start", httpkit.Required), span.Time("end", httpkit.Required)
		} else {
			q.Range.Relative = span.Enum("time_range", httpkit.Required, analytics.RelativeRanges()...)
		}
	}
	for _, f := range in.Objects("filters") {
		q.Conditions = append(q.Conditions, readCondition(f))
	}
	return q
}

// readCondition reads one filter. Status codes are numbers on the wire.
func readCondition(f *httpkit.Object) analytics.Condition {
	var dimensions []string
	for _, d := range analytics.Dimensions() {
		if d != analytics.ByTime {
			dimensions = append(dimensions, string(d))
		}
	}
	c := analytics.Condition{Field: analytics.Dimension(f.Enum("field", httpkit.Required, dimensions...))}
	c.Not = f.Enum("operator", httpkit.Required, "in", "not_in") == "not_in"
	if c.Field != analytics.ByStatus {
		for _, v := range f.Strings("value", httpkit.Required) {
			c.Values = append(c.Values, normalized(c.Field, v))
		}
		return c
	}
	var codes []int
	if raw, ok := f.Raw("value"); !ok || json.Unmarshal(raw, &codes) != nil {
		f.Invalid("value", "is_array", "must be a list of status codes such as 404")
		return c
	}
	for _, code := range codes {
		if code < 100 || code > 999 {
			f.Invalid("value", "invalid", fmt.Sprintf("%d is not a status code", code))
		}
		c.Values = append(c.Values, fmt.Sprint(code))
	}
	return c
}

// normalized is a filter's value as counts have it: ids and classes of status
// codes may be written in either case.
func normalized(d analytics.Dimension, value string) string {
	if d == analytics.ByStatusClass {
		return strings.ToUpper(value)
	}
	return strings.ToLower(value)
}

func viewStats(q analytics.Question, a analytics.Answer) statsView {
	metric := string(q.Metric)
	out := statsView{Data: make([]statsData, len(a.Points)), Meta: statsMeta{
		Display: map[string]map[string]statsName{}, MetricNames: []string{metric}, MetricUnits: map[string]string{metric: analytics.Units()[q.Metric]},
		Start: httpkit.Timestamp(a.From), End: httpkit.Timestamp(a.To), Truncated: a.Truncated, Limit: analytics.MaxValues,
		GranularityMS: a.Step.Milliseconds(),
	}}
	for d, names := range a.Names {
		shown := make(map[string]statsName, len(names))
		for v, name := range names {
			shown[v] = statsName{Name: name.Text, Deleted: name.Deleted, Other: v == analytics.Other}
		}
		out.Meta.Display[string(d)] = shown
	}
	for i, p := range a.Points {
		event := map[string]any{metric: p.Value}
		if q.Metric == analytics.RequestCount {
			event[metric] = int64(p.Value)
		}
		for d, v := range p.By {
			event[string(d)] = v
		}
		out.Data[i] = statsData{event, httpkit.Timestamp(p.At)}
	}
	return out
}
