package apps

import (
	"context"
	"net/http"
	"strings"

	"portico"
	"portico/control"
	"portico/trial"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
)

// testView is Test your credentials. It never holds the credential.
type testView struct {
	App    app
	Form   *page.Form
	Chosen *control.RegistrationView // the API that is called; nil: the application has none
	Call   call
	Steps  []trial.Step // of a trial that was just made
}

func (t testView) ok() bool { return len(t.Steps) > 0 && t.Steps[len(t.Steps)-1].State == trial.OK }

// label is what the credential is called.
func (t testView) label(ctx context.Context) string {
	if t.App.Type() == portico.CredentialKeyAuth {
		return i18n.T(ctx, "apps.api_key")
	}
	return i18n.T(ctx, "apps.client_secret")
}

func (p pages) testView(v *page.Visit, a app, chosen string) (testView, error) {
	view := testView{App: a}
	for i, r := range a.Registrations {
		if string(r.ID) == chosen || view.Chosen == nil && r.Status == portico.Approved {
			view.Chosen = &a.Registrations[i]
		}
	}
	if view.Chosen == nil && len(a.Registrations) > 0 {
		view.Chosen = &a.Registrations[0]
	}
	if view.Chosen == nil {
		return view, nil
	}
	var err error
	view.Call, err = p.callOf(v.Context(), view.Chosen.API)
	return view, err
}

func (p pages) testForm(w http.ResponseWriter, v *page.Visit, a app) error {
	view, err := p.testView(v, a, v.URL.Query().Get("registration"))
	if err != nil {
		return err
	}
	view.Form = v.EmptyForm(nil)
	return v.Render(w, http.StatusOK, v.T("apps.test_title"), testPage(view))
}

func (p pages) test(w http.ResponseWriter, v *page.Visit, a app) error {
	secretShown(w, v) // it is not shown, but it was sent here
	f, err := v.Form()
	if err != nil {
		return err
	}
	credential := f.Secret("credential")
	view, err := p.testView(v, a, f.Value("registration"))
	if err != nil {
		return err
	}
	view.Form = f
	if !f.OK() {
		return v.Render(w, http.StatusUnprocessableEntity, v.T("apps.test_title"), testPage(view))
	}
	if err := p.Throttles.Account(v.Portal.ID, "test "+string(a.ID)); err != nil {
		if err := f.Refused(err, nil); err != nil {
			return err
		}
		return v.Render(w, http.StatusTooManyRequests, v.T("apps.test_title"), testPage(view))
	}
	subject := trial.Subject{Strategy: a.Strategy, Client: a.ClientID, Scopes: a.Scopes}
	if a.Provider != nil {
		subject.Dialect = string(a.Provider.Type)
	}
	if view.Chosen != nil {
		subject.Status = view.Chosen.Status
	}
	if view.Call.Real {
		subject.Address, subject.Host = view.Call.direct, view.Call.host
	}
	view.Steps = p.Trials.Run(v.Context(), subject, credential)
	return v.Render(w, http.StatusOK, v.T("apps.test_title"), testPage(view))
}

// registrationOptions are the APIs that a trial can call.
func (t testView) registrationOptions() []design.Option {
	var out []design.Option
	for _, r := range t.App.Registrations {
		out = append(out, design.Option{Value: string(r.ID), Label: strings.TrimSpace(r.API.Name + " " + textOf(r.API.Version)), Selected: t.Chosen != nil && r.ID == t.Chosen.ID})
	}
	return out
}

// trace words the steps of a trial.
func (t testView) trace(ctx context.Context) []design.TraceStep {
	out := make([]design.TraceStep, len(t.Steps))
	for i, s := range t.Steps {
		out[i] = design.TraceStep{State: string(s.State), Label: t.stepLabel(ctx, s)}
		if s.State == trial.Skipped {
			continue
		}
		out[i].Value = i18n.Duration(ctx, s.Took)
		if s.Cause != "" {
			out[i].Detail = t.causeText(ctx, "apps.cause.", s)
			out[i].Action = t.causeText(ctx, "apps.remedy.", s)
		}
		if s.Claims != "" || s.Detail != "" {
			out[i].Content = stepDetail(s)
		}
	}
	return out
}

// stepLabel says what a step is about; one that went well says what was found.
func (t testView) stepLabel(ctx context.Context, s trial.Step) string {
	if s.State != trial.OK {
		return i18n.T(ctx, "apps.stage."+string(s.Stage), t.words(ctx, s)...)
	}
	return i18n.T(ctx, "apps.passed."+string(s.Stage), t.words(ctx, s)...)
}

func (t testView) causeText(ctx context.Context, area string, s trial.Step) string {
	return i18n.T(ctx, area+string(s.Cause), t.words(ctx, s)...)
}

// words are what the sentences about a step may name.
func (t testView) words(ctx context.Context, s trial.Step) []any {
	api := i18n.T(ctx, "apps.an_api")
	if t.Chosen != nil {
		api = strings.TrimSpace(t.Chosen.API.Name + " " + textOf(t.Chosen.API.Version))
	}
	found, expires := s.Found, i18n.T(ctx, "apps.unknown")
	if found == "" {
		found = i18n.T(ctx, "apps.nothing")
	}
	if !s.ExpiresAt.IsZero() {
		expires = i18n.DateTime(ctx, s.ExpiresAt)
	}
	return []any{
		"Strategy", t.App.Strategy.DisplayName, "API", api, "Claim", strings.Join(s.ClaimPath, "."), "Found", found,
		"Scopes", joined(s.Scopes), "Expires", expires, "Status", s.Code, "Client", t.App.ClientID,
	}
}
