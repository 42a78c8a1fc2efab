package apps

import (
	"net/http"
	"time"

	"portico"
	"portico/analytics"
	"portico/webui/design"
	"portico/webui/page"
)

// overviewView is the Overview tab.
type overviewView struct {
	App      app
	Call     call
	TokenURL string
	ByAPI    map[portico.APIID]int64 // requests of the last 24 hours
	Last     *time.Time
	Steps    []design.Step
	Now      time.Time
}

func (p pages) overview(w http.ResponseWriter, v *page.Visit, a app) error {
	view := overviewView{App: a, Now: p.Now(), ByAPI: map[portico.APIID]int64{}}
	var err error
	if view.Call, err = p.firstCall(v, a); err != nil {
		return err
	}
	if a.Needs(portico.MethodBearer) {
		view.TokenURL = p.tokenURL(v, a)
	}
	report, err := p.Analytics.Application(v.Context(), a.ID, analytics.LastDay)
	if err != nil {
		return err
	}
	for _, u := range report.APIs {
		view.ByAPI[u.APIID] = u.Requests
	}
	uses, err := p.Analytics.LastUses(v.Context(), a.ID)
	if err != nil {
		return err
	}
	view.Last = uses[a.ID].Last
	if view.Steps, err = p.checklist(v, a, view.Last != nil); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, overviewTab(view))
}

// checklist is how far the application is, from what is known of it.
func (p pages) checklist(v *page.Visit, a app, called bool) ([]design.Step, error) {
	steps := []design.Step{{Label: v.T("apps.step_create"), Done: true}}
	if a.Type() != portico.CredentialSelfManaged {
		waiting, unconfirmed, err := p.Handoffs.Waiting(v.Context(), *v.Developer, a.ID)
		if err != nil {
			return nil, err
		}
		label := "apps.step_store"
		if a.Type() == portico.CredentialKeyAuth {
			label = "apps.step_store_key"
		}
		step := design.Step{Label: v.T(label), Done: !unconfirmed}
		if unconfirmed {
			step.Href = handoffPath(waiting.ID, "/credentials")
		}
		steps = append(steps, step)
	}
	register := design.Step{Label: v.T("apps.step_register"), Done: a.Status == portico.Approved, Href: a.Path("/apis/add")}
	if a.Status == portico.Pending {
		register.Text, register.Href = v.T("apps.step_register_pending"), a.Path("/apis")
	}
	steps = append(steps, register, design.Step{Label: v.T("apps.step_call"), Done: called, Href: a.Path("/test")})
	for i := range steps {
		if steps[i].Done {
			steps[i].Href = ""
			continue
		}
		steps[i].Current = true
		break
	}
	return steps, nil
}
