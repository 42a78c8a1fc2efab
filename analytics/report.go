package analytics

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"portico"
	"portico/usecase"
)

// Range is how far back a report looks.
type Range string

// The ranges.
const (
	LastHour  Range = "1h"
	LastDay   Range = "24h"
	LastWeek  Range = "7d"
	LastMonth Range = "30d"
)

// Ranges lists them, shortest first.
func Ranges() []Range { return []Range{LastHour, LastDay, LastWeek, LastMonth} }

// lengths of the range and of one bucket of it.
func (r Range) lengths() (whole, step time.Duration) {
	switch r {
	case LastHour:
		return time.Hour, time.Minute
	case LastWeek:
		return 7 * 24 * time.Hour, 3 * time.Hour
	case LastMonth:
		return 30 * 24 * time.Hour, 12 * time.Hour
	}
	return 24 * time.Hour, 30 * time.Minute
}

// Totals are the sums over some counts. Errors are all requests whose outcome
// is not OK, whoever caused it. Percentiles are estimated from classes.
type Totals struct {
	Requests, Errors            int64
	RequestBytes, ResponseBytes int64
	Mean, P50, P95              time.Duration // 0 without requests
}

// OutcomeCount is how often requests had an outcome.
type OutcomeCount struct {
	Outcome  portico.Outcome
	Requests int64
}

// StatusCount is how many answers had a status of a class: 2 for 2xx.
type StatusCount struct {
	Class    int
	Requests int64
}

// APIUsage is what an application did at one API. Name is empty when the API
// is gone.
type APIUsage struct {
	APIID   portico.APIID
	Name    string
	Version string
	Totals
}

// ApplicationUsage is what one application did. Name is empty when it is gone;
// without an id nobody recognised the caller.
type ApplicationUsage struct {
	ApplicationID portico.ApplicationID
	Name          string
	StrategyID    portico.StrategyID
	Totals
}

// Bucket is one step of a report.
type Bucket struct {
	Start time.Time
	Totals
}

// Report is what happened in a range: of one application, or of all.
type Report struct {
	Range    Range
	From, To time.Time // To is excluded; the last bucket is still being filled
	Step     time.Duration
	Totals
	Previous Totals         // of the range before, as long as this one
	Outcomes []OutcomeCount // that occurred, most first
	Statuses []StatusCount  // that occurred, lowest first
	APIs     []APIUsage     // most requests first
	// Applications are those that called, most requests first.
	Applications []ApplicationUsage
	Buckets      []Bucket // all of them, oldest first
}

// Application reports on one application.
func (a Analytics) Application(ctx context.Context, app portico.ApplicationID, r Range) (Report, error) {
	return a.report(ctx, portico.UsageQuery{ApplicationIDs: []portico.ApplicationID{app}}, r)
}

// report counts what the query chooses within a range, and within the one before.
func (a Analytics) report(ctx context.Context, q portico.UsageQuery, r Range) (Report, error) {
	whole, step := r.lengths()
	to := a.Now().UTC().Truncate(step).Add(step)
	from := to.Add(-whole)
	report := Report{Range: r, From: from, To: to, Step: step, Buckets: make([]Bucket, whole/step)}
	q.From, q.To, q.Step = from.Add(-whole), to, step
	var apis map[portico.APIID]portico.API
	var apps map[portico.ApplicationID]portico.Application
	counts, err := usecase.View(ctx, a.Store, func(tx portico.Tx) ([]portico.UsageCount, error) {
		counts, err := tx.Usage(ctx, q)
		if err != nil {
			return nil, err
		}
		if apis, err = named(ctx, tx.APIs(), counts, func(c portico.UsageCount) portico.APIID { return c.APIID }, func(a portico.API) portico.APIID { return a.ID }); err != nil {
			return nil, err
		}
		apps, err = named(ctx, tx.Applications(), counts, func(c portico.UsageCount) portico.ApplicationID { return c.ApplicationID }, func(a portico.Application) portico.ApplicationID { return a.ID })
		return counts, err
	})
	if err != nil {
		return report, err
	}
	var all, previous sum
	outcomes, statuses := map[portico.Outcome]int64{}, map[int]int64{}
	byAPI, byApp := map[portico.APIID]*sum{}, map[portico.ApplicationID]*sum{}
	buckets := make([]sum, len(report.Buckets))
	for _, c := range counts {
		if c.Start.Before(from) {
			previous.add(c)
			continue
		}
		all.add(c)
		buckets[c.Start.Sub(from)/step].add(c)
		outcomes[c.Outcome] += c.Requests
		statuses[c.Status/100] += c.Requests
		of(byAPI, c.APIID).add(c)
		of(byApp, c.ApplicationID).add(c)
	}
	report.Totals, report.Previous = all.totals(), previous.totals()
	for i := range buckets {
		report.Buckets[i] = Bucket{from.Add(time.Duration(i) * step), buckets[i].totals()}
	}
	report.Outcomes, report.Statuses = outcomeCounts(outcomes), statusCounts(statuses)
	for id, s := range byAPI {
		u := APIUsage{APIID: id, Name: apis[id].Name, Totals: s.totals()}
		if v := apis[id].Version; v != nil {
			u.Version = *v
		}
		report.APIs = append(report.APIs, u)
	}
	for id, s := range byApp {
		report.Applications = append(report.Applications, ApplicationUsage{ApplicationID: id, Name: apps[id].Name, StrategyID: apps[id].StrategyID, Totals: s.totals()})
	}
	slices.SortFunc(report.APIs, func(a, b APIUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name), cmp.Compare(a.APIID, b.APIID))
	})
	slices.SortFunc(report.Applications, func(a, b ApplicationUsage) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name), cmp.Compare(a.ApplicationID, b.ApplicationID))
	})
	return report, nil
}

// named finds the entities that counts speak of.
func named[ID ~string, T any](ctx context.Context, all portico.Collection[ID, T], counts []portico.UsageCount, of func(portico.UsageCount) ID, id func(T) ID) (map[ID]T, error) {
	found, err := all.List(ctx, portico.Everything(usecase.AnyOf("id", counts, of)))
	return usecase.By(found.Items, id), err
}

func of[K comparable](sums map[K]*sum, key K) *sum {
	if sums[key] == nil {
		sums[key] = new(sum)
	}
	return sums[key]
}

func outcomeCounts(n map[portico.Outcome]int64) []OutcomeCount {
	var out []OutcomeCount
	for outcome, requests := range n {
		out = append(out, OutcomeCount{outcome, requests})
	}
	slices.SortFunc(out, func(a, b OutcomeCount) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Outcome, b.Outcome))
	})
	return out
}

func statusCounts(n map[int]int64) []StatusCount {
	var out []StatusCount
	for _, class := range slices.Sorted(maps.Keys(n)) {
		out = append(out, StatusCount{class, n[class]})
	}
	return out
}

// Day is an application's last 24 hours.
type Day struct {
	Requests, Errors int64
	Hours            [24]int64 // requests of each hour, the last one still being filled
}

// LastDays returns the last 24 hours of many applications at once; one that
// did nothing is left out.
func (a Analytics) LastDays(ctx context.Context, apps ...portico.ApplicationID) (map[portico.ApplicationID]Day, error) {
	to := a.Now().UTC().Truncate(time.Hour).Add(time.Hour)
	from := to.Add(-24 * time.Hour)
	counts, err := usecase.View(ctx, a.Store, func(tx portico.Tx) ([]portico.UsageCount, error) {
		return tx.Usage(ctx, portico.UsageQuery{ApplicationIDs: apps, From: from, To: to, Step: time.Hour})
	})
	out := make(map[portico.ApplicationID]Day, len(apps))
	for _, c := range counts {
		day := out[c.ApplicationID]
		day.Requests += c.Requests
		if c.Outcome != portico.OutcomeOK {
			day.Errors += c.Requests
		}
		day.Hours[c.Start.Sub(from)/time.Hour] += c.Requests
		out[c.ApplicationID] = day
	}
	return out, err
}

// sum adds counts up.
type sum struct {
	Totals
	latency   int64
	latencies []int64
}

func (s *sum) add(c portico.UsageCount) {
	s.Requests += c.Requests
	if c.Outcome != portico.OutcomeOK {
		s.Errors += c.Requests
	}
	s.RequestBytes += c.RequestBytes
	s.ResponseBytes += c.ResponseBytes
	s.latency += c.LatencySum
	if s.latencies == nil {
		s.latencies = make([]int64, len(portico.LatencyClasses())+1)
	}
	for i, n := range c.Latencies {
		s.latencies[i] += n
	}
}

func (s *sum) totals() Totals {
	t := s.Totals
	if t.Requests > 0 {
		t.Mean = time.Duration(s.latency/t.Requests) * time.Microsecond
		t.P50, t.P95 = percentile(s.latencies, 0.50), percentile(s.latencies, 0.95)
	}
	return t
}

// percentile is the latency that a share of the requests stay below, as if
// each class were evenly filled. Beyond the last bound all that is known is
// that bound.
func percentile(latencies []int64, share float64) time.Duration {
	bounds := portico.LatencyClasses()
	var all int64
	for _, n := range latencies {
		all += n
	}
	rank := share * float64(all)
	var below, lower int64
	for i, n := range latencies {
		if i == len(bounds) {
			break
		}
		if n > 0 && float64(below+n) >= rank {
			within := (rank - float64(below)) / float64(n)
			return time.Duration(float64(lower)+within*float64(bounds[i]-lower)) * time.Microsecond
		}
		below, lower = below+n, bounds[i]
	}
	if all == 0 {
		return 0
	}
	return time.Duration(bounds[len(bounds)-1]) * time.Microsecond
}
