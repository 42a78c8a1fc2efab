package apps

import (
	"context"
	"slices"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/control"
	"portico/webui/design"
	"portico/webui/i18n"
)

// shortID is the end of a long id, which is enough to tell a few apart.
func shortID(id string) string {
	const shown = 4
	if len(id) <= 2*shown {
		return id
	}
	return "…" + id[len(id)-shown:]
}

// dateOr is a day, or a text where there is none.
func dateOr(t *time.Time, otherwise string) templ.Component {
	if t == nil {
		return muted(otherwise)
	}
	return design.Date(*t)
}

// heldText says how many credentials there are, of how many.
func heldText(ctx context.Context, c credentialsView) string {
	if c.Fault != "" || c.Most <= 1 {
		return ""
	}
	return i18n.T(ctx, "apps.held", "Held", len(c.Items), "Most", c.Most)
}

func credentialColumns(ctx context.Context, c credentialsView) []design.Column {
	out := []design.Column{{Label: i18n.T(ctx, "apps.col_credential")}, {Label: i18n.T(ctx, "apps.created")}}
	out = append(out, design.Column{Label: i18n.T(ctx, "apps.col_last_used")})
	return append(out, design.Column{Label: i18n.T(ctx, "apps.col_expires")}, design.Column{Label: i18n.T(ctx, "apps.col_status")}, design.Column{Label: i18n.T(ctx, "apps.col_actions"), Hidden: true})
}

// canRevoke says whether one may be revoked: the last client secret may not.
func (c credentialsView) canRevoke() bool {
	return c.App.Type() == portico.CredentialKeyAuth || len(c.Items) > 1
}

// rotationSteps are the stages of replacing a secret, with the one that comes
// next.
func rotationSteps(ctx context.Context, c credentialsView) []design.Step {
	two := len(c.Items) > 1
	unused := slices.ContainsFunc(c.Items, c.safe)
	return []design.Step{
		{Label: i18n.T(ctx, "apps.rotate_create"), Text: i18n.T(ctx, "apps.rotate_create_text"), Done: two, Current: !two},
		{Label: i18n.T(ctx, "apps.rotate_deploy"), Text: i18n.T(ctx, "apps.rotate_deploy_text"), Done: unused, Current: two && !unused},
		{Label: i18n.T(ctx, "apps.rotate_wait"), Text: i18n.T(ctx, "apps.rotate_wait_text"), Done: unused},
		{Label: i18n.T(ctx, "apps.rotate_revoke"), Text: i18n.T(ctx, "apps.rotate_revoke_text"), Current: unused},
	}
}

func issueTitle(ctx context.Context, v issueView) string {
	if v.Replace {
		return i18n.T(ctx, "apps.regenerate")
	}
	return i18n.T(ctx, "apps.new_credential")
}

// credentialFacts say which credential a page is about.
func credentialFacts(ctx context.Context, v credentialView) []design.KV {
	out := []design.KV{{Key: i18n.T(ctx, "apps.col_app"), Value: v.App.Name}, {Key: "ID", Value: v.Credential.ID, Mono: true}}
	if v.Credential.Type == control.APIKey {
		out = append(out, design.KV{Key: i18n.T(ctx, "apps.key_name"), Value: v.Credential.DisplayName})
	}
	return append(out, design.KV{Key: i18n.T(ctx, "apps.created"), Content: dateOr(v.Credential.CreatedAt, i18n.T(ctx, "apps.unknown"))})
}

// deleteText says what deleting an application does, here and elsewhere.
func deleteText(ctx context.Context, a app) string {
	switch a.Type() {
	case portico.CredentialDCR:
		return i18n.T(ctx, "apps.delete_dcr", "Strategy", a.Strategy.DisplayName)
	case portico.CredentialKeyAuth:
		return i18n.T(ctx, "apps.delete_key")
	}
	return i18n.T(ctx, "apps.delete_self")
}

func traceTitle(ctx context.Context, t testView) string {
	if t.ok() {
		return i18n.T(ctx, "apps.trace_ok")
	}
	return i18n.T(ctx, "apps.trace_failed")
}
