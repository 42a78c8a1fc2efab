package portalapi_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/usage"
)

func TestStats(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	orders, billing := s.publish(t, p, "Orders", portico.Public, &keys), s.publish(t, p, "Billing", portico.Public, &keys)
	dora, other := s.signUp(t, p, "d@dev.example"), s.signUp(t, p, "e@dev.example")
	create := func(b *browser, name string) string {
		return b.call(t, 201, "POST", "/applications", map[string]any{"name": name, "auth_strategy_id": keys.ID}).text("id")
	}
	shop, kiosk, theirs := create(dora, "Shop"), create(dora, "Kiosk"), create(other, "Theirs")

	now := s.clock.Now()
	counter := usage.NewCounter(portico.LatencyClasses(), nil)
	add := func(n int, app string, api portico.APIID, status int, outcome usage.Outcome, age time.Duration) {
		for range n {
			counter.Add(usage.Request{At: now.Add(-age), Application: app, API: string(api), Status: status, Outcome: outcome,
				Took: 30 * time.Millisecond, RequestBytes: 10, ResponseBytes: 200})
		}
	}
	add(3, shop, orders.ID, 200, usage.OK, 5*time.Minute)
	add(1, shop, orders.ID, 404, usage.ClientError, 5*time.Minute)
	add(2, shop, billing.ID, 200, usage.OK, 3*time.Hour)
	add(4, kiosk, orders.ID, 503, usage.ServerError, 5*time.Minute)
	add(50, theirs, orders.ID, 200, usage.OK, 5*time.Minute)
	check(t, counter.Flush(t.Context(), s.Analytics.Record))

	ask := func(query string) answer { t.Helper(); return dora.call(t, 200, "POST", "/stats", query) }
	ask(`{}`).has(t, map[string]any{"data.0.event": map[string]any{"request_count": 8}, "data.1": nil, "meta.truncated": false, "meta.limit": 50,
		"meta.metric_names": []string{"request_count"}, "meta.metric_units": map[string]any{"request_count": "count"}})
	day := `"time_range":{"type":"relative","time_range":"24h"}`
	ask(`{`+day+`}`).has(t, map[string]any{"data.0.event.request_count": 10})
	ask(`{`+day+`,"metrics":["response_size_average"]}`).has(t, map[string]any{"data.0.event.response_size_average": 200})
	ask(`{`+day+`,"metrics":["request_size_sum"]}`).has(t, map[string]any{"data.0.event.request_size_sum": 100})
	ask(`{`+day+`,"metrics":["response_latency_average"]}`).has(t, map[string]any{"data.0.event.response_latency_average": 30})

	byApp := ask(`{` + day + `,"dimensions":["application","status_code_grouped"]}`)
	byApp.has(t, map[string]any{"meta.display.application." + shop: map[string]any{"name": "Shop", "deleted": false},
		"meta.display.status_code_grouped.4XX": map[string]any{"name": "4XX", "deleted": false}})
	got := map[string]any{}
	for i := range 3 {
		e, _ := byApp.at(fmt.Sprintf("data.%d.event", i)).(map[string]any)
		got[fmt.Sprint(e["application"], e["status_code_grouped"])] = e["request_count"]
	}
	if want := map[string]any{shop + "2XX": 5.0, shop + "4XX": 1.0, kiosk + "5XX": 4.0}; fmt.Sprint(got) != fmt.Sprint(want) || byApp.at("data.3") != nil {
		t.Errorf("by application and status: %v, want %v", byApp.Text, want)
	}
	for filter, want := range map[string]int{
		`{"field":"api","operator":"in","value":["` + string(billing.ID) + `"]}`:                                                     2,
		`{"field":"api","operator":"not_in","value":["` + string(billing.ID) + `"]}`:                                                 8,
		`{"field":"application","operator":"in","value":["` + kiosk + `","` + theirs + `"]}`:                                         4,
		`{"field":"application","operator":"in","value":["` + theirs + `"]}`:                                                         0,
		`{"field":"status_code","operator":"in","value":[404,503]}`:                                                                  5,
		`{"field":"status_code_grouped","operator":"not_in","value":["2xx"]}`:                                                        5,
		`{"field":"status_code","operator":"in","value":[404]},{"field":"application","operator":"not_in","value":["` + shop + `"]}`: 0,
	} {
		ask(`{`+day+`,"filters":[`+filter+`]}`).has(t, map[string]any{"data.0.event.request_count": want})
	}
	hourly := ask(`{` + day + `,"dimensions":["time"],"granularity":"hourly"}`)
	hourly.has(t, map[string]any{"meta.granularity_ms": 3600000})
	var sum float64
	points, _ := hourly.Body["data"].([]any)
	for i := range points {
		n, _ := hourly.at(fmt.Sprintf("data.%d.event.request_count", i)).(float64)
		sum += n
	}
	if sum != 10 || len(points) != 25 {
		t.Errorf("%d hours with %v requests: %s", len(points), sum, hourly.Text)
	}
	start := now.Truncate(time.Hour).Add(-time.Hour).UTC()
	span := fmt.Sprintf(`"time_range":{"type":"absolute","start":%q,"end":%q,"tz":"Etc/UTC"}`, start.Format(time.RFC3339), start.Add(2*time.Hour).Format(time.RFC3339))
	ask(`{`+span+`}`).has(t, map[string]any{"meta.granularity_ms": 7200000, "data.0.event.request_count": 8, "data.0.timestamp": start.Format("2006-01-02T15:04:05.000Z")})
	trend := ask(`{` + span + `,"dimensions":["time"],"granularity":"trend"}`)
	trend.has(t, map[string]any{"meta.granularity_ms": 7200000, "data.0.event.request_count": 2, "data.1.event.request_count": 8, "data.2": nil})

	s.visit(t, p).call(t, 401, "POST", "/stats", `{}`)
	dora.call(t, 200, "GET", "/stats/config", nil).has(t, map[string]any{"analytics": map[string]any{"percentiles": false, "retention_ms": 90 * 24 * 3600000}})
}

func TestStatsRefusals(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	dora := s.signUp(t, p, "d@dev.example")
	for query, faults := range map[string]string{
		`{"metrics":["nonsense"]}`:                                                                       "metrics invalid",
		`{"metrics":[]}`:                                                                                 "metrics min_items 1",
		`{"dimensions":["api","application","time"]}`:                                                    "dimensions max_items 2",
		`{"dimensions":["api","api"]}`:                                                                   "dimensions invalid",
		`{"dimensions":["api_product"]}`:                                                                 "dimensions invalid",
		`{"granularity":"hourly"}`:                                                                       "granularity invalid",
		`{"filters":[{"field":"time","operator":"in","value":["x"]}]}`:                                   "filters.0.field enum [api application status_code status_code_grouped]",
		`{"filters":[{"field":"api","operator":"like","value":["x"]}]}`:                                  "filters.0.operator enum [in not_in]",
		`{"filters":[{"field":"api","operator":"in"}]}`:                                                  "filters.0.value required",
		`{"filters":[{"field":"status_code","operator":"in","value":["200"]}]}`:                          "filters.0.value is_array",
		`{"time_range":{"type":"relative","time_range":"2h"}}`:                                           "time_range.time_range enum [15m 1h 6h 12h 24h 7d 30d current_week current_month previous_week previous_month]",
		`{"time_range":{"type":"relative","time_range":"1h","tz":"Mars/Olympus"}}`:                       "time_range.tz invalid",
		`{"time_range":{"type":"absolute","start":"2026-01-02T00:00:00Z"}}`:                              "time_range.end required",
		`{"time_range":{"type":"absolute","start":"2026-01-02T00:00:00Z","end":"2026-01-01T00:00:00Z"}}`: "time_range.end invalid",
		`{"time_range":{"type":"absolute","start":"2020-01-02T00:00:00Z","end":"2026-01-01T00:00:00Z"}}`: "time_range.start invalid",
		`{"surprise":1}`: "surprise unknown_property",
	} {
		a := dora.call(t, 400, "POST", "/stats", query)
		if got := strings.Join(a.faults(), "; "); got != faults {
			t.Errorf("%s: %q, want %q", query, got, faults)
		}
	}
}
