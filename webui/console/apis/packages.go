package apis

import (
	"net/url"
	"slices"
	"strconv"

	"portico"
	"portico/webui/design"
	"portico/webui/desk"
)

// maxLimit bounds how many requests a limit allows in a window.
const maxLimit = 1_000_000_000

// readLimit reads a rate limit; nil where it is left empty.
func readLimit(f *desk.Form) *portico.RateLimit {
	if f.Text("limit", false, 20) == "" {
		return nil
	}
	n, err := strconv.Atoi(f.Value("limit"))
	if err != nil || n < 0 || n > maxLimit {
		f.Reject("limit", "packages.bad_limit")
	}
	return &portico.RateLimit{Limit: n, Duration: f.Choice("duration", portico.RateLimitDurations()...)}
}

// setLimit fills in the fields that readLimit reads.
func setLimit(values url.Values, limit *portico.RateLimit) {
	if limit != nil {
		values.Set("limit", strconv.Itoa(limit.Limit))
		values.Set("duration", limit.Duration)
	}
}

// limitChange is what makes a rate limit what a form says.
func limitChange(limit *portico.RateLimit) portico.Opt[portico.RateLimit] {
	if limit == nil {
		return portico.Opt[portico.RateLimit]{Set: true, Null: true}
	}
	return portico.Some(*limit)
}

// durations are the windows that a limit may count in; a minute unless another
// is chosen.
func durations(f *desk.Form, label func(duration string) string) []design.Option {
	chosen := f.Value("duration")
	if !slices.Contains(portico.RateLimitDurations(), chosen) {
		chosen = "minutes"
	}
	var out []design.Option
	for _, d := range portico.RateLimitDurations() {
		out = append(out, design.Option{Value: d, Label: label(d), Selected: d == chosen})
	}
	return out
}
