package analytics_test

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"
	"time"

	"portico"
	"portico/analytics"
	"portico/sqlstore"
	"portico/storetest"
	"portico/usage"
	"portico/usecase"
)

// house is analytics on a real store, at a fixed time.
type house struct {
	analytics.Analytics
	store portico.Store
	w     storetest.World
	now   time.Time
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{now: time.Date(2026, 11, 4, 9, 17, 30, 0, time.UTC)}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(t.TempDir(), "portico.db")})
	check(t, err)
	t.Cleanup(func() { check(t, store.Close()) })
	h.store, h.w = store, storetest.Seed(t, store)
	h.Analytics = analytics.Analytics{Deps: usecase.Deps{Store: store, Now: func() time.Time { return h.now }}}
	return h
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// record counts n requests of the world's application that ended some time ago.
func (h *house) record(t testing.TB, n int, age time.Duration, change func(*usage.Request)) {
	t.Helper()
	r := usage.Request{At: h.now.Add(-age), Application: string(h.w.Application.ID), API: string(h.w.API.ID), Status: 200, Outcome: usage.OK,
		Took: 15 * time.Millisecond, RequestBytes: 10, ResponseBytes: 100, Credential: h.w.Application.ClientID}
	if change != nil {
		change(&r)
	}
	c := usage.NewCounter(portico.LatencyClasses(), nil)
	for range n {
		c.Add(r)
	}
	check(t, c.Flush(t.Context(), h.Record))
}

// TestOutcomesAreTheSame: what the gateway can count, the domain has a name for.
func TestOutcomesAreTheSame(t *testing.T) {
	t.Parallel()
	var counted, known []string
	for _, o := range usage.Outcomes() {
		counted = append(counted, string(o))
	}
	for _, o := range portico.Outcomes() {
		known = append(known, string(o))
	}
	if fmt.Sprint(counted) != fmt.Sprint(known) {
		t.Errorf("counted are %v, known %v", counted, known)
	}
}

func TestReportOfAnApplication(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.record(t, 90, 10*time.Minute, nil)
	h.record(t, 10, 3*time.Hour, func(r *usage.Request) {
		r.API, r.Status, r.Outcome, r.Took = "gone", 503, usage.IdPFailed, 700*time.Millisecond
	})
	h.record(t, 7, 30*time.Hour, func(r *usage.Request) { r.Status, r.Outcome = 404, usage.ClientError })
	h.record(t, 5, 10*time.Minute, func(r *usage.Request) { r.Application = "other" })
	r, err := h.Application(t.Context(), h.w.Application.ID, analytics.LastDay)
	check(t, err)
	if r.Requests != 100 || r.Errors != 10 || r.RequestBytes != 1000 || r.ResponseBytes != 10_000 || r.Mean != 83500*time.Microsecond {
		t.Errorf("totals %+v", r.Totals)
	}
	if r.P50 < 10*time.Millisecond || r.P50 > 20*time.Millisecond || r.P95 < 500*time.Millisecond || r.P95 > time.Second {
		t.Errorf("percentiles %s and %s", r.P50, r.P95)
	}
	if r.Previous.Requests != 7 || r.Previous.Errors != 7 {
		t.Errorf("the day before: %+v", r.Previous)
	}
	if fmt.Sprint(r.Outcomes) != "[{ok 90} {idp_failed 10}]" || fmt.Sprint(r.Statuses) != "[{2 90} {5 10}]" {
		t.Errorf("outcomes %v, statuses %v", r.Outcomes, r.Statuses)
	}
	if len(r.APIs) != 2 || r.APIs[0].Name != h.w.API.Name || r.APIs[0].Version != *h.w.API.Version || r.APIs[0].Requests != 90 ||
		r.APIs[1].APIID != "gone" || r.APIs[1].Name != "" || r.APIs[1].Errors != 10 {
		t.Errorf("APIs %+v", r.APIs)
	}
	if len(r.Buckets) != 48 || !r.Buckets[0].Start.Equal(r.From) || !r.To.After(h.now) || r.To.Sub(h.now) > r.Step {
		t.Errorf("%d buckets from %s to %s", len(r.Buckets), r.From, r.To)
	}
	for i, b := range r.Buckets {
		want := int64(0)
		switch {
		case b.Start.Equal(time.Date(2026, 11, 4, 9, 0, 0, 0, time.UTC)):
			want = 90
		case b.Start.Equal(time.Date(2026, 11, 4, 6, 0, 0, 0, time.UTC)):
			want = 10
		}
		if b.Requests != want || b.Start != r.From.Add(time.Duration(i)*r.Step) {
			t.Errorf("bucket %d at %s has %d requests, want %d", i, b.Start, b.Requests, want)
		}
	}
}

// TestRangesSurviveTrimming: merging old minutes changes no report that still
// covers them.
func TestRangesSurviveTrimming(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for age := time.Minute; age < 89*24*time.Hour; age = age * 3 / 2 {
		h.record(t, 1, age, nil)
	}
	reports := func() (out []int64) {
		for _, r := range analytics.Ranges() {
			report, err := h.Application(t.Context(), h.w.Application.ID, r)
			check(t, err)
			out = append(out, report.Requests)
		}
		return out
	}
	before := reports()
	check(t, h.Trim(t.Context()))
	if after := reports(); fmt.Sprint(before) != fmt.Sprint(after) {
		t.Errorf("%v requests before, %v after", before, after)
	}
	h.now = h.now.Add(analytics.HoursKept + 48*time.Hour)
	check(t, h.Trim(t.Context()))
	h.now = h.now.Add(-analytics.HoursKept - 48*time.Hour)
	if after := reports(); fmt.Sprint(after) != "[0 0 0 0]" {
		t.Errorf("%v requests are still there", after)
	}
}

func TestLastDaysAndUses(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id := h.w.Application.ID
	h.record(t, 3, 20*time.Minute, nil)
	h.record(t, 2, 23*time.Hour, func(r *usage.Request) {
		r.Status, r.Outcome, r.Credential = 401, usage.BadCredential, ""
	})
	h.record(t, 9, 25*time.Hour, func(r *usage.Request) { r.Credential = "older" })
	days, err := h.LastDays(t.Context(), id, "quiet")
	check(t, err)
	if d := days[id]; len(days) != 1 || d.Requests != 5 || d.Errors != 2 || d.Hours[22] != 3 || d.Hours[0] != 2 {
		t.Errorf("days %+v", days)
	}
	uses, err := h.LastUses(t.Context(), id, "quiet")
	check(t, err)
	last := h.now.Add(-20 * time.Minute)
	if u := uses[id]; len(uses) != 1 || u.Last == nil || !u.Last.Equal(last) || len(u.ByCredential) != 2 || !u.ByCredential[h.w.Application.ClientID].Equal(last) {
		t.Errorf("uses %+v", uses)
	}
}

// TestPercentiles compares estimates with what was measured: they are off by
// no more than the class is wide.
func TestPercentiles(t *testing.T) {
	t.Parallel()
	for _, took := range []time.Duration{0, 900 * time.Microsecond, 3 * time.Millisecond, 40 * time.Millisecond, 3 * time.Second, time.Minute} {
		h := newHouse(t)
		h.record(t, 50, time.Minute, func(r *usage.Request) { r.Took = took })
		r, err := h.Application(t.Context(), h.w.Application.ID, analytics.LastHour)
		check(t, err)
		bounds := portico.LatencyClasses()
		lower, upper := int64(0), bounds[len(bounds)-1]
		for _, b := range bounds {
			if took.Microseconds() <= b {
				upper = b
				break
			}
			lower = b
		}
		for _, p := range []time.Duration{r.P50, r.P95} {
			if p.Microseconds() < lower || p.Microseconds() > upper {
				t.Errorf("%s is estimated as %s", took, p)
			}
		}
	}
}

func TestCalendars(t *testing.T) {
	t.Parallel()
	h := newHouse(t) // Wednesday, 18:17 in Tokyo
	apps := []portico.Application{h.w.Application}
	for relative, want := range map[string][2]string{
		"current_week":   {"2026-11-02T00:00:00+09:00", "2026-11-04T18:17:30+09:00"},
		"previous_week":  {"2026-10-26T00:00:00+09:00", "2026-11-02T00:00:00+09:00"},
		"current_month":  {"2026-11-01T00:00:00+09:00", "2026-11-04T18:17:30+09:00"},
		"previous_month": {"2026-10-01T00:00:00+09:00", "2026-11-01T00:00:00+09:00"},
		"15m":            {"2026-11-04T18:02:00+09:00", "2026-11-04T18:17:30+09:00"},
		"7d":             {"2026-10-28T18:00:00+09:00", "2026-11-04T18:17:30+09:00"},
	} {
		a, err := h.Ask(t.Context(), apps, analytics.Question{Metric: analytics.RequestCount, Range: analytics.TimeRange{Relative: relative, Zone: "Asia/Tokyo"}})
		check(t, err)
		if got := [2]string{a.From.Format(time.RFC3339), a.To.Format(time.RFC3339)}; got != want {
			t.Errorf("%s is %v, want %v", relative, got, want)
		}
	}
	h.record(t, 4, 20*time.Hour, nil) // the evening before in Tokyo, 22:17
	h.record(t, 6, 10*time.Minute, nil)
	a, err := h.Ask(t.Context(), apps, analytics.Question{Metric: analytics.RequestCount, Dimensions: []analytics.Dimension{analytics.ByTime},
		Granularity: "daily", Range: analytics.TimeRange{Relative: "7d", Zone: "Asia/Tokyo"}})
	check(t, err)
	var got string
	for _, p := range a.Points {
		got += fmt.Sprintf(" %s=%v", p.At.Format("01-02T15"), p.Value)
	}
	if want := " 10-28T00=0 10-29T00=0 10-30T00=0 10-31T00=0 11-01T00=0 11-02T00=0 11-03T00=4 11-04T00=6"; got != want {
		t.Errorf("days:%s\nwant%s", got, want)
	}
}

// TestFewBuckets: no granularity cuts a range into more buckets than an answer
// has room for, and every request is in one of them.
func TestFewBuckets(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.record(t, 1, time.Minute, nil)
	h.record(t, 1, 20*24*time.Hour, nil)
	check(t, h.Trim(t.Context()))
	for _, relative := range analytics.RelativeRanges() {
		for _, g := range append(analytics.Granularities(), "") {
			a, err := h.Ask(t.Context(), []portico.Application{h.w.Application}, analytics.Question{Metric: analytics.RequestCount,
				Dimensions: []analytics.Dimension{analytics.ByTime}, Granularity: g, Range: analytics.TimeRange{Relative: relative, Zone: "Europe/Berlin"}})
			check(t, err)
			whole, err := h.Ask(t.Context(), []portico.Application{h.w.Application}, analytics.Question{Metric: analytics.RequestCount,
				Range: analytics.TimeRange{Start: a.From, End: a.To}})
			check(t, err)
			sum := 0.0
			for i, p := range a.Points {
				sum += p.Value
				if i > 0 && !a.Points[i-1].At.Before(p.At) {
					t.Errorf("%s by %s: %s does not come after %s", relative, g, p.At, a.Points[i-1].At)
				}
			}
			if n := len(a.Points); n == 0 || n > 3002 || sum != whole.Points[0].Value {
				t.Errorf("%s by %q: %d buckets with %v of %v requests", relative, g, n, sum, whole.Points[0].Value)
			}
		}
	}
}

func TestManyValues(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for i := range 60 {
		h.record(t, 1+i/30, time.Minute, func(r *usage.Request) { r.API, r.Status = fmt.Sprintf("api-%02d", i), 200+i })
	}
	ask := func(dimensions ...analytics.Dimension) (analytics.Answer, float64) {
		t.Helper()
		a, err := h.Ask(t.Context(), []portico.Application{h.w.Application}, analytics.Question{Metric: analytics.RequestCount, Dimensions: dimensions,
			Range: analytics.TimeRange{Relative: "1h"}})
		check(t, err)
		sum := 0.0
		for _, p := range a.Points {
			sum += p.Value
		}
		return a, sum
	}
	if a, sum := ask(analytics.ByAPI); len(a.Points) != analytics.MaxValues || !a.Truncated || sum != 80 {
		t.Errorf("%d values with %v requests, truncated: %t", len(a.Points), sum, a.Truncated)
	}
	a, sum := ask(analytics.ByApplication, analytics.ByStatus)
	if len(a.Points) != analytics.MaxValues+1 || !a.Truncated || sum != 90 {
		t.Errorf("%d values with %v requests, truncated: %t", len(a.Points), sum, a.Truncated)
	}
	if name := a.Names[analytics.ByStatus][analytics.Other]; name.Text != analytics.Other || name.Deleted {
		t.Errorf("the others are %+v", name)
	}
	if a, _ := ask(analytics.ByStatusClass); len(a.Points) != 1 || a.Truncated || a.Points[0].By[analytics.ByStatusClass] != "2XX" {
		t.Errorf("classes: %+v", a)
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.record(t, 3, time.Minute, nil)
	h.record(t, 1, time.Minute, func(r *usage.Request) {
		r.Took, r.RequestBytes, r.ResponseBytes = 35*time.Millisecond, 50, 500
	})
	for metric, want := range map[analytics.Metric]float64{
		analytics.RequestCount: 4, analytics.RequestsPerMinute: 4.0 / 60.5, analytics.LatencyAverage: 20,
		analytics.RequestSizeSum: 80, analytics.RequestSizeAverage: 20, analytics.ResponseSizeSum: 800, analytics.ResponseSizeAverage: 200,
	} {
		for _, q := range []analytics.Question{{Metric: metric, Range: analytics.TimeRange{Relative: "1h"}}} {
			a, err := h.Ask(t.Context(), []portico.Application{h.w.Application}, q)
			check(t, err)
			if len(a.Points) != 1 || math.Abs(a.Points[0].Value-want) > 1e-9 {
				t.Errorf("%s is %+v, want %v", metric, a.Points, want)
			}
		}
		a, err := h.Ask(t.Context(), nil, analytics.Question{Metric: metric, Range: analytics.TimeRange{Relative: "1h"}})
		check(t, err)
		if len(a.Points) != 1 || a.Points[0].Value != 0 {
			t.Errorf("%s of nothing is %+v", metric, a.Points)
		}
	}
}

// BenchmarkReport reads the month of a busy application: five APIs, four
// kinds of answer, without pause.
func BenchmarkReport(b *testing.B) {
	h := newHouse(b)
	var counts []portico.UsageCount
	for hour := range 60 * 24 {
		for i := range 20 {
			counts = append(counts, portico.UsageCount{Start: h.now.Truncate(time.Hour).Add(-time.Duration(hour) * time.Hour), Length: time.Hour,
				ApplicationID: h.w.Application.ID, APIID: portico.APIID(fmt.Sprint(i % 5)), Status: 200 + i/5, Outcome: portico.OutcomeOK, Requests: 100})
		}
	}
	for minute := range 48 * 60 {
		for i := range 4 {
			counts = append(counts, portico.UsageCount{Start: h.now.Truncate(time.Minute).Add(-time.Duration(minute) * time.Minute), Length: time.Minute,
				ApplicationID: h.w.Application.ID, APIID: portico.APIID(fmt.Sprint(i % 5)), Status: 200, Outcome: portico.OutcomeOK, Requests: 100})
		}
	}
	check(b, h.store.Update(b.Context(), func(tx portico.Tx) error { return tx.AddUsage(b.Context(), counts, nil) }))
	for _, r := range analytics.Ranges() {
		b.Run(string(r), func(b *testing.B) {
			for b.Loop() {
				_, err := h.Application(b.Context(), h.w.Application.ID, r)
				check(b, err)
			}
		})
	}
}

// BenchmarkLastDays reads the last day of ten applications that call one API
// without pause.
func BenchmarkLastDays(b *testing.B) {
	h := newHouse(b)
	var apps []portico.ApplicationID
	var counts []portico.UsageCount
	for i := range 10 {
		apps = append(apps, portico.ApplicationID(fmt.Sprint("app ", i)))
		for minute := range 24 * 60 {
			counts = append(counts, portico.UsageCount{Start: h.now.Truncate(time.Minute).Add(-time.Duration(minute) * time.Minute), Length: time.Minute,
				ApplicationID: apps[i], APIID: h.w.API.ID, Status: 200, Outcome: portico.OutcomeOK, Requests: 100})
		}
	}
	check(b, h.store.Update(b.Context(), func(tx portico.Tx) error { return tx.AddUsage(b.Context(), counts, nil) }))
	for b.Loop() {
		days, err := h.LastDays(b.Context(), apps...)
		check(b, err)
		if len(days) != len(apps) {
			b.Fatalf("%d applications", len(days))
		}
	}
}

func TestReportOfTheOrganization(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.record(t, 9, 10*time.Minute, nil)
	h.record(t, 4, 10*time.Minute, func(r *usage.Request) { r.Application, r.Outcome = "", usage.NoCredential })
	h.record(t, 3, 10*time.Minute, func(r *usage.Request) { r.Application, r.API = "gone", "elsewhere" })
	all, err := h.Organization(t.Context(), nil, analytics.LastDay)
	check(t, err)
	if all.Requests != 16 || len(all.APIs) != 2 || len(all.Applications) != 3 {
		t.Errorf("all: %+v", all)
	}
	if first := all.Applications[0]; first.ApplicationID != h.w.Application.ID || first.Name != h.w.Application.Name || first.StrategyID != h.w.Application.StrategyID || first.Requests != 9 {
		t.Errorf("the application is %+v", first)
	}
	one, err := h.Organization(t.Context(), []portico.APIID{h.w.API.ID}, analytics.LastDay)
	check(t, err)
	if one.Requests != 13 || one.Errors != 4 {
		t.Errorf("one API: %+v", one.Totals)
	}
	none, err := h.Organization(t.Context(), []portico.APIID{}, analytics.LastDay)
	check(t, err)
	if none.Requests != 0 {
		t.Errorf("who may view no API sees %+v", none.Totals)
	}
}
