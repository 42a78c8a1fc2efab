package appauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/inventory"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// clientsView is the page of the clients in the identity provider, or of one
// thing to be done about one of them.
type clientsView struct {
	Form    *desk.Form
	Stored  portico.Provider
	Last    inventory.View
	MayEdit bool
	Finding *portico.Finding // to be confirmed; nil: the list
	Action  portico.FindingAction
	Call    templ.Component // nil: it was not asked for
}

func (c clientsView) provider() string { return providersPath + "/" + string(c.Stored.ID) }
func (c clientsView) path() string     { return c.provider() + "/clients" }

// confirm is where something about a finding is confirmed.
func (c clientsView) confirm(f portico.Finding, action portico.FindingAction) string {
	return c.path() + "?" + url.Values{"finding": {f.ID}, "action": {string(action)}}.Encode()
}

// actions are what can be done about a finding now.
func (c clientsView) actions(f portico.Finding) []portico.FindingAction {
	if _, ignored := c.Last.Ignored[f.ID]; ignored {
		return []portico.FindingAction{portico.ActionNotice}
	}
	return append(f.Actions(), portico.ActionIgnore)
}

// storedClients gathers the page. What the request names may not be there any
// more; then the list is shown.
func (p pages) storedClients(v *desk.Visit, wanted url.Values) (view clientsView, err error) {
	stored, err := p.Providers.ByID(v.Context(), portico.ProviderID(v.PathValue("dcrProviderId")))
	if err != nil {
		return view, err
	}
	view = clientsView{Form: v.EmptyForm(nil), Stored: stored.Provider, MayEdit: v.May(access.Providers, access.Edit, string(stored.ID))}
	if view.Last, err = p.Inventories.Last(v.Context(), stored.ID); err != nil {
		return view, err
	}
	view.Action = portico.FindingAction(wanted.Get("action"))
	at := slices.IndexFunc(view.Last.Findings, func(f portico.Finding) bool { return f.ID == wanted.Get("finding") })
	if view.MayEdit && at >= 0 && slices.Contains(view.actions(view.Last.Findings[at]), view.Action) {
		view.Finding = &view.Last.Findings[at]
	}
	return view, nil
}

func (p pages) clients(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.storedClients(v, v.URL.Query())
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("appauth.clients"), clientsPage(view))
}

// reconcile looks at the clients anew, or does what was confirmed.
func (p pages) reconcile(w http.ResponseWriter, v *desk.Visit) error {
	form, err := v.Form()
	if err != nil {
		return err
	}
	view, err := p.storedClients(v, form.Values)
	if err != nil {
		return err
	}
	wish := inventory.Wish{FindingID: form.Value("finding"), Action: portico.FindingAction(form.Value("action"))}
	if v.WantsCall() {
		body := map[string]any{"dry_run": true}
		if wish.FindingID != "" {
			body = map[string]any{"actions": []map[string]any{{"finding_id": wish.FindingID, "action": wish.Action}}}
		}
		view.Call = v.Call(desk.Call{Method: http.MethodPost, Path: "/v2/dcr-providers/" + string(view.Stored.ID) + "/reconcile", Body: body})
		return v.Render(w, http.StatusOK, v.T("appauth.clients"), clientsPage(view))
	}
	if wish.FindingID == "" {
		if _, err = p.Inventories.Take(v.Context(), view.Stored.ID); err == nil {
			return v.Redirect(view.path())
		}
		return p.clientsRefused(w, v, form, err)
	}
	outcomes, _, err := p.Inventories.Act(v.Context(), view.Stored.ID, []inventory.Wish{wish})
	switch {
	case err != nil:
		return p.clientsRefused(w, v, form, err)
	case outcomes[0].Status == inventory.Failed:
		return p.clientsRefused(w, v, form, portico.Errorf(portico.KindConflict, "%s", outcomes[0].Detail))
	}
	v.Flash("appauth.clients_" + string(outcomes[0].Status))
	return v.Redirect(view.path())
}

// clientsRefused shows the list as it is now, and why nothing was done.
func (p pages) clientsRefused(w http.ResponseWriter, v *desk.Visit, form *desk.Form, refused error) error {
	view, err := p.storedClients(v, nil)
	if err != nil {
		return err
	}
	view.Form = form
	status, err := v.Refused(view.Form, refused, nil)
	if err != nil {
		return err
	}
	return v.Render(w, status, v.T("appauth.clients"), clientsPage(view))
}

// notVisible names what the provider cannot be asked.
func notVisible(ctx context.Context, unseen []string) string {
	words := make([]string, len(unseen))
	for i, what := range unseen {
		words[i] = i18n.T(ctx, "appauth.clients_see_"+what)
	}
	return strings.Join(words, " · ")
}

// written is a field's value as people read it.
func written(ctx context.Context, values []string) string {
	if len(values) == 0 {
		return i18n.T(ctx, "appauth.clients_no_value")
	}
	return strings.Join(values, " ")
}
