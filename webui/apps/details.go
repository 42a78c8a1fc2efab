package apps

import (
	"context"

	"portico"
	"portico/webui/design"
	"portico/webui/i18n"
)

// textOf is a text that may be missing.
func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// callSegments are the ways to call, curl -u first.
func callSegments(ctx context.Context, o overviewView) []design.Segment {
	if o.App.Type() == portico.CredentialKeyAuth {
		return []design.Segment{{Label: i18n.T(ctx, "apps.api_key"), Content: keyCall(o)}}
	}
	var out []design.Segment
	if o.App.Needs(portico.MethodClientCredentials) {
		out = append(out, design.Segment{Label: i18n.T(ctx, "apps.basic"), Content: basicCall(o)})
	}
	if o.App.Needs(portico.MethodBearer) {
		out = append(out, design.Segment{Label: i18n.T(ctx, "apps.bearer"), Content: bearerCall(o)})
	}
	if o.App.Needs(portico.MethodSession) && len(out) > 0 {
		out = append(out, design.Segment{Label: i18n.T(ctx, "apps.session"), Content: sessionCall(o)})
	}
	return out
}

// details are the facts about an application.
func details(ctx context.Context, o overviewView) []design.KV {
	a := o.App
	out := []design.KV{{Key: i18n.T(ctx, "apps.strategy"), Value: a.Strategy.DisplayName}}
	if a.Strategy.OIDC != nil {
		out = append(out, design.KV{Key: i18n.T(ctx, "apps.methods"), Value: joined(a.Strategy.OIDC.AuthMethods), Mono: true})
		if scopes := a.scopes(); len(scopes) > 0 {
			out = append(out, design.KV{Key: i18n.T(ctx, "apps.scopes"), Value: joined(scopes), Mono: true})
		}
	} else {
		out = append(out, design.KV{Key: i18n.T(ctx, "apps.header"), Value: a.keyName(), Mono: true})
	}
	owner := design.KV{Key: i18n.T(ctx, "apps.owner"), Value: a.Developer.FullName}
	if a.Team != nil {
		owner.Value = i18n.T(ctx, "apps.of_team", "Team", a.Team.Name)
	}
	return append(out, owner,
		design.KV{Key: i18n.T(ctx, "apps.last_used_label"), Content: agoOrNever(o)},
		design.KV{Key: i18n.T(ctx, "apps.created"), Content: design.Date(a.CreatedAt)},
	)
}
