package apis

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

// packagesView is the list of packages.
type packagesView struct {
	desk.List
	Items     []control.APIView
	Total     int
	MayCreate bool
}

func (p pages) packages(w http.ResponseWriter, v *desk.Visit) error {
	view := packagesView{List: v.List("name", "version", "created_at", "updated_at"), MayCreate: v.MayCreate(access.APIs)}
	found, err := p.APIs.List(v.Context(), access.Visible(v.Context(), view.Query(isPackage(true), view.Contains("q", "name")), access.APIs, "id"))
	if err != nil {
		return err
	}
	view.Items, view.Total = found.Items, found.Total
	return v.Render(w, http.StatusOK, v.T("packages.title"), packagesPage(view))
}

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
