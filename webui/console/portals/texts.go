package portals

import (
	"context"
	"strings"

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
