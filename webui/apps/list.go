package apps

import (
	"net/http"
	"strconv"
	"time"

	"portico"
	"portico/analytics"
	"portico/control"
	"portico/usecase"
	"portico/webui/page"
)

// perPage is how many applications a page of My Apps shows.
const perPage = 20

// row is an application in My Apps.
type row struct {
	app
	Last *time.Time // when a credential was last used; nil: never
	Day  analytics.Day
}

// spark is the row's last 24 hours.
func (r row) spark() []float64 {
	out := make([]float64, len(r.Day.Hours))
	for i, n := range r.Day.Hours {
		out[i] = float64(n)
	}
	return out
}

// listView is My Apps.
type listView struct {
	Rows        []row
	Page, Total int
	Full        bool // the developer owns as many as are allowed
	Now         time.Time
}

func (l listView) pages() int { return (l.Total + perPage - 1) / perPage }

func (l listView) href(n int) string { return "/apps?page=" + strconv.Itoa(n) }

func (p pages) list(w http.ResponseWriter, v *page.Visit) error {
	view := listView{Page: number(v), Now: p.Now()}
	found, err := p.Applications.UsableBy(v.Context(), *v.Developer, portico.ListQuery{Size: perPage, Number: view.Page, Sort: []portico.Sort{{Field: "name"}}})
	if err != nil {
		return err
	}
	view.Total = found.Total
	if view.Rows, err = p.rows(v, found.Items); err != nil {
		return err
	}
	if view.Full, err = p.full(v); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("apps.title"), listPage(view))
}

// full says whether the developer owns as many applications as one may.
func (p pages) full(v *page.Visit) (bool, error) {
	own, err := p.Applications.UsableBy(v.Context(), *v.Developer, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("team_id", "null")}})
	return own.Total >= portico.MaxApplicationsPerDeveloper, err
}

// rows adds registrations and usage, with one query each for all of them.
func (p pages) rows(v *page.Visit, views []control.ApplicationView) ([]row, error) {
	ids := make([]portico.ApplicationID, len(views))
	for i, view := range views {
		ids[i] = view.ID
	}
	registrations, err := p.Registrations.List(v.Context(), portico.Everything(usecase.AnyOf("application_id", ids, func(id portico.ApplicationID) portico.ApplicationID { return id })))
	if err != nil {
		return nil, err
	}
	of := map[portico.ApplicationID][]control.RegistrationView{}
	for _, r := range registrations.Items {
		of[r.ApplicationID] = append(of[r.ApplicationID], r)
	}
	days, err := p.Analytics.LastDays(v.Context(), ids...)
	if err != nil {
		return nil, err
	}
	uses, err := p.Analytics.LastUses(v.Context(), ids...)
	if err != nil {
		return nil, err
	}
	out := make([]row, len(views))
	for i, view := range views {
		out[i] = row{app{view, of[view.ID], statusOf(of[view.ID])}, uses[view.ID].Last, days[view.ID]}
	}
	return out, nil
}
