package analytics

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"portico"
	"portico/usecase"
)

// Metric is what is measured (contract: ApplicationAnalytics metrics).
type Metric string

// The metrics.
const (
	RequestCount        Metric = "request_count"
	RequestsPerMinute   Metric = "request_per_minute"
	LatencyAverage      Metric = "response_latency_average"
	ResponseSizeAverage Metric = "response_size_average"
	ResponseSizeSum     Metric = "response_size_sum"
	RequestSizeAverage  Metric = "request_size_average"
	RequestSizeSum      Metric = "request_size_sum"
)

// Units names the unit of every metric.
func Units() map[Metric]string {
	return map[Metric]string{RequestCount: "count", RequestsPerMinute: "count/minute", LatencyAverage: "ms",
		ResponseSizeAverage: "bytes", ResponseSizeSum: "bytes", RequestSizeAverage: "bytes", RequestSizeSum: "bytes"}
}

// Dimension is what a metric is told apart by.
type Dimension string

// The dimensions.
const (
	ByAPI         Dimension = "api"
	ByApplication Dimension = "application"
	ByStatus      Dimension = "status_code"
	ByStatusClass Dimension = "status_code_grouped" // 2XX
	ByTime        Dimension = "time"
)

// Dimensions lists them.
func Dimensions() []Dimension {
	return []Dimension{ByAPI, ByApplication, ByStatus, ByStatusClass, ByTime}
}

// Condition keeps or drops requests by a dimension other than time.
type Condition struct {
	Field  Dimension
	Not    bool
	Values []string
}

// Question asks for one metric, told apart by up to two dimensions.
type Question struct {
	Metric      Metric
	Dimensions  []Dimension
	Granularity Granularity // with ByTime; empty: as fits
	Range       TimeRange
	Conditions  []Condition
}

// MaxValues is how many values of a dimension an answer tells apart.
const MaxValues = 50

// Other stands for the values of a second dimension beyond the limit.
const Other = "____OTHER____"

// Answer is the answer to a question.
type Answer struct {
	From, To  time.Time
	Step      time.Duration // of a bucket; without ByTime the whole range
	Truncated bool          // some dimension has more than MaxValues
	Points    []Point       // by time, then by value
	Names     map[Dimension]map[string]Name
}

// Point is the metric for one bucket and one value of each dimension.
type Point struct {
	At    time.Time
	Value float64
	By    map[Dimension]string
}

// Name tells a person what a value of a dimension is.
type Name struct {
	Text    string
	Deleted bool
}

// Ask answers a question about some applications, whatever else its conditions
// name. KindInvalid.
func (a Analytics) Ask(ctx context.Context, apps []portico.Application, q Question) (Answer, error) {
	span, g, err := q.resolve(a.Now())
	if err != nil {
		return Answer{}, err
	}
	ids := make([]portico.ApplicationID, len(apps))
	for i, app := range apps {
		ids[i] = app.ID
	}
	step := time.Minute
	if q.timed() && g != Trend {
		step = min(g.length(), time.Hour) // zones differ by hours and parts of them
	}
	var counts []portico.UsageCount
	names := map[Dimension]map[string]string{ByApplication: {}, ByAPI: {}}
	for _, app := range apps {
		names[ByApplication][string(app.ID)] = app.Name
	}
	err = a.Store.View(ctx, func(tx portico.Tx) error {
		if counts, err = tx.Usage(ctx, portico.UsageQuery{ApplicationIDs: ids, From: span.from, To: span.to, Step: step}); err != nil {
			return err
		}
		apis, err := tx.APIs().List(ctx, portico.Everything(usecase.AnyOf("id", counts, func(c portico.UsageCount) portico.APIID { return c.APIID })))
		for _, api := range apis.Items {
			names[ByAPI][string(api.ID)] = api.Name
		}
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	counts = slices.DeleteFunc(counts, func(c portico.UsageCount) bool { return !q.keeps(c) })
	out := Answer{From: span.from, To: span.to, Step: span.to.Sub(span.from), Names: map[Dimension]map[string]Name{}}
	if q.timed() {
		out.Step = g.length()
		if g == Trend {
			out.Step = span.to.Sub(span.from) / 2
		}
	}
	groups := q.group(counts, span, g, &out)
	out.Points = q.points(groups, out.Step, &out, names)
	return out, nil
}

func (q Question) timed() bool { return slices.Contains(q.Dimensions, ByTime) }

// resolve checks a question and finds out its range. With time, the range
// begins where a bucket does.
func (q Question) resolve(now time.Time) (span, Granularity, error) {
	invalid := func(field, reason string) (span, Granularity, error) {
		return span{}, "", portico.Invalid(field, "invalid", reason)
	}
	if Units()[q.Metric] == "" {
		return invalid("metrics", "There is no such metric.")
	}
	if len(q.Dimensions) > 2 || len(q.Dimensions) == 2 && q.Dimensions[0] == q.Dimensions[1] {
		return invalid("dimensions", "A question has at most two different dimensions.")
	}
	for _, d := range q.Dimensions {
		if !slices.Contains(Dimensions(), d) {
			return invalid("dimensions", fmt.Sprintf("There is no dimension [%s].", d))
		}
	}
	for i, c := range q.Conditions {
		if c.Field == ByTime || !slices.Contains(Dimensions(), c.Field) {
			return invalid(fmt.Sprintf("filters.%d.field", i), fmt.Sprintf("Nothing is filtered by [%s].", c.Field))
		}
	}
	if q.Granularity != "" && !slices.Contains(Granularities(), q.Granularity) {
		return invalid("granularity", "There is no such granularity.")
	}
	if q.Granularity != "" && !q.timed() {
		return invalid("granularity", "A granularity needs the dimension time.")
	}
	s, err := q.Range.resolve(now)
	if err != nil {
		return s, "", err
	}
	kept := time.Minute // what a range begins within is counted whole
	if s.from.Before(now.Add(-MinutesKept)) {
		kept = time.Hour
	}
	s.from = s.from.Truncate(kept)
	if !q.timed() {
		return s, "", nil
	}
	if q.Granularity == Trend {
		s.from = s.from.Add(-s.to.Sub(s.from))
		return s, Trend, nil
	}
	g := q.Granularity.fitting(s.to.Sub(s.from))
	s.from = g.floor(s.from)
	return s, g, nil
}

// keeps reports whether a count fulfils every condition.
func (q Question) keeps(c portico.UsageCount) bool {
	for _, condition := range q.Conditions {
		if slices.Contains(condition.Values, value(c, condition.Field)) == condition.Not {
			return false
		}
	}
	return true
}

// value of a count in a dimension.
func value(c portico.UsageCount, d Dimension) string {
	switch d {
	case ByAPI:
		return string(c.APIID)
	case ByApplication:
		return string(c.ApplicationID)
	case ByStatus:
		return fmt.Sprint(c.Status)
	case ByStatusClass:
		return fmt.Sprintf("%dXX", c.Status/100)
	}
	return ""
}

// group is one point in the making.
type group struct {
	at            time.Time
	first, second string
}

// group adds counts up by bucket and value, for the most used values only.
func (q Question) group(counts []portico.UsageCount, s span, g Granularity, out *Answer) map[group]*sum {
	var told []Dimension
	for _, d := range q.Dimensions {
		if d != ByTime {
			told = append(told, d)
		}
	}
	kept := make([]map[string]bool, len(told))
	for i, d := range told {
		var more bool
		kept[i], more = mostUsed(counts, d)
		out.Truncated = out.Truncated || more
	}
	groups := map[group]*sum{}
	for _, c := range counts {
		key := group{at: s.from}
		switch {
		case g == Trend:
			if middle := s.from.Add(s.to.Sub(s.from) / 2); !c.Start.Before(middle) {
				key.at = middle
			}
		case g != "":
			key.at = g.floor(c.Start.In(s.zone))
		}
		values := [2]string{}
		dropped := false
		for i, d := range told {
			values[i] = value(c, d)
			if !kept[i][values[i]] {
				dropped = dropped || i == 0
				values[i] = Other
			}
		}
		if dropped {
			continue
		}
		key.first, key.second = values[0], values[1]
		if groups[key] == nil {
			groups[key] = new(sum)
		}
		groups[key].add(c)
	}
	q.fill(groups, s, g)
	return groups
}

// fill puts zeros where a line over time, or a single figure, would have gaps.
func (q Question) fill(groups map[group]*sum, s span, g Granularity) {
	switch {
	case len(q.Dimensions) == 0 || g == Trend && len(q.Dimensions) == 1:
		for _, at := range []time.Time{s.from, s.from.Add(s.to.Sub(s.from) / 2)}[:1+len(q.Dimensions)] {
			if groups[group{at: at}] == nil {
				groups[group{at: at}] = new(sum)
			}
		}
	case q.timed() && len(q.Dimensions) == 1:
		for at := s.from; at.Before(s.to); at = g.next(at) {
			if groups[group{at: at}] == nil {
				groups[group{at: at}] = new(sum)
			}
		}
	}
}

// mostUsed are the values of a dimension with the most requests; more says that
// there are others.
func mostUsed(counts []portico.UsageCount, d Dimension) (kept map[string]bool, more bool) {
	requests := map[string]int64{}
	for _, c := range counts {
		requests[value(c, d)] += c.Requests
	}
	values := slices.SortedFunc(maps.Keys(requests), func(a, b string) int {
		return cmp.Or(cmp.Compare(requests[b], requests[a]), cmp.Compare(a, b))
	})
	kept = map[string]bool{}
	for _, v := range values[:min(len(values), MaxValues)] {
		kept[v] = true
	}
	return kept, len(values) > MaxValues
}

// points turns groups into points and names what they are about.
func (q Question) points(groups map[group]*sum, step time.Duration, out *Answer, names map[Dimension]map[string]string) []Point {
	keys := slices.SortedFunc(maps.Keys(groups), func(a, b group) int {
		return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.first, b.first), cmp.Compare(a.second, b.second))
	})
	points := make([]Point, 0, len(keys))
	for _, key := range keys {
		p := Point{At: key.at, Value: q.measure(groups[key], step), By: map[Dimension]string{}}
		values := []string{key.first, key.second}
		for _, d := range q.Dimensions {
			if d == ByTime {
				continue
			}
			v := values[0]
			values = values[1:]
			p.By[d] = v
			if out.Names[d] == nil {
				out.Names[d] = map[string]Name{}
			}
			out.Names[d][v] = nameOf(d, v, names)
		}
		points = append(points, p)
	}
	return points
}

func nameOf(d Dimension, v string, names map[Dimension]map[string]string) Name {
	if d != ByAPI && d != ByApplication || v == Other || v == "" {
		return Name{Text: v}
	}
	text, there := names[d][v]
	if !there {
		text = v
	}
	return Name{Text: text, Deleted: !there}
}

// measure is the question's metric of a sum.
func (q Question) measure(s *sum, step time.Duration) float64 {
	total, average := float64(s.Requests), false
	switch q.Metric {
	case RequestsPerMinute:
		return total / step.Minutes()
	case LatencyAverage:
		total, average = float64(s.latency)/1000, true
	case ResponseSizeAverage:
		total, average = float64(s.ResponseBytes), true
	case ResponseSizeSum:
		total = float64(s.ResponseBytes)
	case RequestSizeAverage:
		total, average = float64(s.RequestBytes), true
	case RequestSizeSum:
		total = float64(s.RequestBytes)
	}
	if average && s.Requests > 0 {
		total /= float64(s.Requests)
	}
	return total
}
