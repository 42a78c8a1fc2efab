package portals

import (
	"context"
	"strings"

	"portico"
	"portico/webui/i18n"
)

func publishTitle(ctx context.Context, p publishView) string {
	if p.API == "" {
		return i18n.T(ctx, "portals.publish")
	}
	return p.API
}

// autoHint says what happens with registrations.
func autoHint(ctx context.Context, p portal) string {
	if p.AutoApproveApplications {
		return i18n.T(ctx, "portals.auto_registrations_portal")
	}
	return i18n.T(ctx, "portals.auto_registrations_hint")
}

// indent shows in a list how deep in a tree something is.
func indent(depth int) string { return strings.Repeat("\u2003", depth) }

func trimSlash(slug string) string { return strings.TrimPrefix(slug, "/") }

// mailLabel says what a mail is for.
func mailLabel(ctx context.Context, name string) string {
	switch name {
	case "confirm-email-address":
		return i18n.T(ctx, "portals.mail_confirm")
	case "app-registration-approved":
		return i18n.T(ctx, "portals.mail_registration_approved")
	case "app-registration-rejected":
		return i18n.T(ctx, "portals.mail_registration_rejected")
	case "app-registration-revoked":
		return i18n.T(ctx, "portals.mail_registration_revoked")
	case "reset-password":
		return i18n.T(ctx, "portals.mail_reset")
	case "account-access-approved":
		return i18n.T(ctx, "portals.mail_account_approved")
	case "account-access-rejected":
		return i18n.T(ctx, "portals.mail_account_rejected")
	case "account-access-revoked":
		return i18n.T(ctx, "portals.mail_account_revoked")
	case "api-key-expiring-soon":
		return i18n.T(ctx, "portals.mail_key_expiring")
	case "api-key-expired":
		return i18n.T(ctx, "portals.mail_key_expired")
	case "developer-invitation":
		return i18n.T(ctx, "portals.mail_invitation")
	}
	return name
}

// rolesText says what roles of a team do in the portal.
func rolesText(ctx context.Context, p portal) string {
	if p.RBACEnabled {
		return i18n.T(ctx, "portals.roles_count")
	}
	return i18n.T(ctx, "portals.roles_idle")
}

// secretHint says whether a client secret is kept; it is never shown.
func secretHint(ctx context.Context, provider *portico.IdentityProvider) string {
	if provider == nil || len(provider.SealedSecret) == 0 {
		return i18n.T(ctx, "portals.secret_hint")
	}
	return i18n.T(ctx, "portals.secret_kept")
}
