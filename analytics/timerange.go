package analytics

import (
	"time"
	_ "time/tzdata" // a container may have none, and clients send the names of zones

	"portico"
)

// TimeRange is the span that a question is about (contract: time_range): one
// that is relative to now, or else from Start to End.
type TimeRange struct {
	Relative   string // 15m … 30d, current_week …; empty: Start and End count
	Start, End time.Time
	Zone       string // an IANA name, in which days begin; empty: UTC
}

// RelativeRanges lists the names of the contract.
func RelativeRanges() []string {
	return []string{"15m", "1h", "6h", "12h", "24h", "7d", "30d", "current_week", "current_month", "previous_week", "previous_month"}
}

// Granularity is how long a bucket of time is (contract: granularity).
type Granularity string

// Trend is the granularity of a range and the one before, a bucket each.
const Trend Granularity = "trend"

const (
	day     = 24 * time.Hour
	longest = 366 * day // that a range may be
)

// Granularities lists the names of the contract, finest first.
func Granularities() []Granularity {
	return []Granularity{"tenSecondly", "thirtySecondly", "minutely", "fiveMinutely", "tenMinutely", "thirtyMinutely",
		"hourly", "twoHourly", "twelveHourly", "daily", "weekly", Trend}
}

// length of a bucket; nothing is counted by less than a minute.
func (g Granularity) length() time.Duration {
	switch g {
	case "fiveMinutely":
		return 5 * time.Minute
	case "tenMinutely":
		return 10 * time.Minute
	case "thirtyMinutely":
		return 30 * time.Minute
	case "hourly":
		return time.Hour
	case "twoHourly":
		return 2 * time.Hour
	case "twelveHourly":
		return 12 * time.Hour
	case "daily":
		return day
	case "weekly":
		return 7 * day
	}
	return time.Minute
}

// maxBuckets bounds how finely a range is cut.
const maxBuckets = 3000

// fitting is the granularity, or the next coarser one that cuts a span into no
// more buckets than an answer may have. Without one asked for, a span gets
// about thirty buckets.
func (g Granularity) fitting(span time.Duration) Granularity {
	most, finest := int64(maxBuckets), g
	if g == "" {
		most, finest = 60, "minutely"
	}
	for _, candidate := range Granularities() {
		if candidate.length() >= finest.length() && int64(span/candidate.length()) <= most {
			return candidate
		}
	}
	return "weekly"
}

// span is a time range resolved: To is excluded.
type span struct {
	from, to time.Time
	zone     *time.Location
}

// resolve finds out what a range means now. KindInvalid.
func (r TimeRange) resolve(now time.Time) (span, error) {
	zone, err := time.LoadLocation(r.Zone)
	if err != nil || r.Zone == "Local" {
		return span{}, portico.Invalid("time_range.tz", "invalid", "The time zone is not one that the IANA database names, such as Asia/Tokyo.")
	}
	if r.Relative == "" {
		if !r.Start.Before(r.End) {
			return span{}, portico.Invalid("time_range.end", "invalid", "The end is not after the start.")
		}
		if r.End.Sub(r.Start) > longest {
			return span{}, portico.Invalid("time_range.start", "invalid", "A range is at most 366 days long.")
		}
		return span{r.Start.In(zone), r.End.In(zone), zone}, nil
	}
	now = now.In(zone)
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, zone)
	monday := midnight.AddDate(0, 0, -int(now.Weekday()+6)%7)
	first := midnight.AddDate(0, 0, 1-now.Day())
	switch r.Relative {
	case "current_week":
		return span{monday, now, zone}, nil
	case "previous_week":
		return span{monday.AddDate(0, 0, -7), monday, zone}, nil
	case "current_month":
		return span{first, now, zone}, nil
	case "previous_month":
		return span{first.AddDate(0, -1, 0), first, zone}, nil
	}
	for name, length := range map[string]time.Duration{"15m": 15 * time.Minute, "1h": time.Hour, "6h": 6 * time.Hour,
		"12h": 12 * time.Hour, "24h": day, "7d": 7 * day, "30d": 30 * day} {
		if name == r.Relative {
			return span{now.Add(-length), now, zone}, nil
		}
	}
	invalid := portico.InvalidParameter{Field: "time_range.time_range", Rule: "enum", Reason: "There is no such range.", Choices: RelativeRanges()}
	return span{}, portico.InvalidAll(invalid)
}

// floor is the beginning of the bucket that a time lies in, by the calendar of
// the time's zone.
func (g Granularity) floor(t time.Time) time.Time {
	midnight := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
	switch length := g.length(); {
	case g == "weekly":
		return midnight.AddDate(0, 0, -int(t.Weekday()+6)%7)
	case g == "daily":
		return midnight
	case length > time.Hour:
		return midnight.Add(t.Sub(midnight).Truncate(length))
	default:
		return t.Truncate(length)
	}
}

// next is the beginning of the bucket after the one that begins at t.
func (g Granularity) next(t time.Time) time.Time {
	switch g {
	case "weekly":
		return t.AddDate(0, 0, 7)
	case "daily":
		return t.AddDate(0, 0, 1)
	}
	return g.floor(t.Add(g.length()))
}
