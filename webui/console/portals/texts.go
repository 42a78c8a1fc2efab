package portals

import (
	"context"

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
