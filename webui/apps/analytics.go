package apps

import (
	"net/http"

	"portico"
	"portico/analytics"
	"portico/webui/figures"
	"portico/webui/page"
)

// analyticsView is the Analytics tab.
type analyticsView struct {
	App    app
	Report analytics.Report
	Call   call
}

func (p pages) analytics(w http.ResponseWriter, v *page.Visit, a app) error {
	report, err := p.Analytics.Application(v.Context(), a.ID, figures.RangeOf(v.URL.Query().Get("range")))
	if err != nil {
		return err
	}
	view := analyticsView{App: a, Report: report}
	if view.Call, err = p.firstCall(v, a); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, analyticsTab(view))
}

// to is this tab with another range.
func (a analyticsView) to(r analytics.Range) string {
	return a.App.Path("/analytics?range=" + string(r))
}

// sample is a call to begin with, while there is nothing to show.
func (a analyticsView) sample() string {
	if a.App.Type() == portico.CredentialKeyAuth {
		return keyCurl(a.Call.URL, a.App.keyName(), "$API_KEY")
	}
	return basicCurl(a.Call.URL, variablePair)
}
