package apps

import (
	"context"

	"portico/webui/design"
	"portico/webui/i18n"
)

// taskCrumbs are the way to a page about one thing to do; those that belong to
// no tab but the first come right after the application.
func taskCrumbs(ctx context.Context, a app, title, tab, tabLabel string) []design.Crumb {
	out := []design.Crumb{{Href: "/apps", Label: i18n.T(ctx, "apps.title")}, {Href: a.Path(""), Label: a.Name}}
	if tab != tabOverview {
		out = append(out, design.Crumb{Href: a.Path(tab), Label: tabLabel})
	}
	return append(out, design.Crumb{Label: title})
}
