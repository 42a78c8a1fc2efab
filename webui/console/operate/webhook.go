package operate

import (
	"context"
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/audit"
	"portico/secret"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// Where the page is, and where the management API has the same.
const (
	webhookPath     = auditPath + "/webhook"
	webhookAPI      = "/v3/audit-log-webhook"
	destinationsAPI = "/v3/audit-log-destinations"
)

func (p pages) webhookRoutes() []desk.Route {
	return []desk.Route{
		desk.On("GET "+webhookPath, p.webhook, access.For(access.AuditLogs, access.View, "")),
		desk.On("POST "+webhookPath, p.saveWebhook, access.For(access.AuditLogs, access.Edit, "")).As("update-audit-logs-webhook"),
		desk.On("POST "+webhookPath+"/remove", p.removeWebhook, access.For(access.AuditLogs, access.Delete, "")).As("delete-audit-logs-webhook"),
	}
}

// webhookView is where the log is sent to.
type webhookView struct {
	form        *desk.Form
	status      audit.Status
	destination *portico.AuditDestination // nil: none yet
	mayEdit     bool
	call        templ.Component // nil: it was not asked for
}

func (p pages) webhook(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.webhookView(v)
	if err != nil {
		return err
	}
	filled := url.Values{"log_format": {string(portico.AuditJSON)}, "enabled": {"on"}}
	if d := view.destination; d != nil {
		filled = url.Values{"name": {d.Name}, "endpoint": {d.Endpoint}, "log_format": {string(d.Format)}}
		if d.SkipTLSVerification {
			filled.Set("skip_ssl_verification", "on")
		}
		if view.status.Webhook.Enabled {
			filled.Set("enabled", "on")
		}
	}
	view.form = v.EmptyForm(filled)
	return v.Render(w, http.StatusOK, v.T("operate.webhook_title"), webhookPage(view))
}

func (p pages) webhookView(v *desk.Visit) (webhookView, error) {
	view := webhookView{mayEdit: v.May(access.AuditLogs, access.Edit, access.Everything)}
	var err error
	if view.status, err = p.Audit.Webhooks.Status(v.Context(), audit.Organization()); err != nil || view.status.Webhook == nil {
		return view, err
	}
	destination, err := p.Audit.Destinations.Get(v.Context(), view.status.Webhook.DestinationID)
	view.destination = &destination
	return view, err
}

func (p pages) saveWebhook(w http.ResponseWriter, v *desk.Visit) error {
	view, err := p.webhookView(v)
	if err != nil {
		return err
	}
	if view.form, err = v.Form(); err != nil {
		return err
	}
	f := view.form
	in := audit.Destination{
		Name: portico.Some(f.Text("name", true, 255)), Endpoint: portico.Some(f.Text("endpoint", true, 2048)),
		Format:              portico.Some(portico.AuditFormat(f.Choice("log_format", string(portico.AuditJSON), string(portico.AuditCEF), string(portico.AuditCPS)))),
		SkipTLSVerification: portico.Some(f.Has("skip_ssl_verification", "on")),
	}
	if header := f.Value("authorization"); header != "" {
		in.Authorization = portico.Some(secret.New(header))
	}
	f.Values.Del("authorization")
	enabled := f.Has("enabled", "on")
	return v.Submit(desk.Task{
		Form: f, Calls: webhookCalls(view.destination, in, enabled),
		Do: func() (desk.Answer, error) {
			return v.To(webhookPath, "operate.webhook_saved"), p.putWebhook(v, view.destination, in, enabled)
		},
		Show: func(status int, call templ.Component) error {
			view.call = call
			return v.Render(w, status, v.T("operate.webhook_title"), webhookPage(view))
		},
	})
}

// webhookCalls do what putWebhook does. The id of a new destination is in the
// first one's answer.
func webhookCalls(there *portico.AuditDestination, in audit.Destination, enabled bool) []desk.Call {
	destination := map[string]any{"name": in.Name.Value, "endpoint": in.Endpoint.Value, "log_format": in.Format.Value, "skip_ssl_verification": in.SkipTLSVerification.Value}
	if in.Authorization.Set {
		destination["authorization"] = desk.Variable("WEBHOOK_AUTHORIZATION")
	}
	save, id := desk.Call{Method: http.MethodPost, Path: destinationsAPI, Body: destination}, desk.Variable("DESTINATION_ID")
	if there != nil {
		id = string(there.ID)
		save.Method, save.Path = http.MethodPatch, destinationsAPI+"/"+id
	}
	return []desk.Call{save, {Method: http.MethodPatch, Path: webhookAPI, Body: map[string]any{"audit_log_destination_id": id, "enabled": enabled}}}
}

// putWebhook saves where to and then that.
func (p pages) putWebhook(v *desk.Visit, there *portico.AuditDestination, in audit.Destination, enabled bool) error {
	var saved portico.AuditDestination
	var err error
	if there == nil {
		saved, err = p.Audit.Destinations.Create(v.Context(), in)
	} else {
		saved, err = p.Audit.Destinations.Update(v.Context(), there.ID, in)
	}
	if err == nil {
		_, err = p.Audit.Webhooks.Update(v.Context(), audit.Organization(), portico.Some(saved.ID), portico.Some(enabled))
	}
	return err
}

func (p pages) removeWebhook(w http.ResponseWriter, v *desk.Visit) error {
	if v.WantsCall() {
		return v.ShowCall(w, webhookPath, desk.Call{Method: http.MethodDelete, Path: webhookAPI})
	}
	if err := p.Audit.Webhooks.Delete(v.Context(), audit.Organization()); err != nil {
		return err
	}
	v.Flash("operate.webhook_removed")
	return v.Redirect(webhookPath)
}

// authorizationHint says whether there is one: what it is, nobody sees.
func authorizationHint(ctx context.Context, d *portico.AuditDestination) string {
	if d != nil && len(d.SealedAuthorization) > 0 {
		return i18n.T(ctx, "operate.authorization_kept", "Date", i18n.Date(ctx, d.UpdatedAt))
	}
	return i18n.T(ctx, "operate.authorization_hint")
}
