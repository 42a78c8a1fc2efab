package apps

import (
	"context"
	"slices"

	"portico"
	"portico/control"
	"portico/webui/design"
	"portico/webui/i18n"
)

// strategyText says in a sentence what a strategy means for whoever uses it.
func strategyText(ctx context.Context, s control.StrategyView) string {
	switch s.CredentialType() {
	case portico.CredentialKeyAuth:
		return i18n.T(ctx, "apps.strategy_key")
	case portico.CredentialDCR:
		return i18n.T(ctx, "apps.strategy_dcr")
	}
	return i18n.T(ctx, "apps.strategy_self")
}

// hasFields says whether the form has fields for this strategy alone.
func hasFields(s control.StrategyView) bool {
	return s.CredentialType() != portico.CredentialKeyAuth
}

func scopeOptions(scopes, chosen []string) []design.Option {
	out := make([]design.Option, len(scopes))
	for i, s := range scopes {
		out[i] = design.Option{Value: s, Label: s, Selected: slices.Contains(chosen, s)}
	}
	return out
}

// ownerOptions are the developer and the teams that may own applications.
func ownerOptions(ctx context.Context, teams []portico.Team, chosen string) []design.Option {
	out := []design.Option{{Value: ownerMe, Label: i18n.T(ctx, "apps.owner_me"), Text: i18n.T(ctx, "apps.owner_me_text"), Icon: "user", Selected: chosen == ownerMe || chosen == ""}}
	for _, t := range teams {
		out = append(out, design.Option{Value: string(t.ID), Label: t.Name, Text: i18n.T(ctx, "apps.owner_team_text"), Icon: "users", Selected: chosen == string(t.ID)})
	}
	return out
}

// apiOptions are the APIs that an application can be registered for, and those
// that it cannot because they need another strategy.
func apiOptions(ctx context.Context, v addView) []design.Option {
	var out []design.Option
	for _, api := range v.Fitting {
		out = append(out, design.Option{
			Value: string(api.ID), Label: api.Name, Badge: textOf(api.Version), Text: textOf(api.Description),
			Selected: v.Form.Value("api") == string(api.ID) || v.Form.Value("api") == api.Slug || len(v.Fitting) == 1,
		})
	}
	for _, api := range v.Others {
		out = append(out, design.Option{
			Value: string(api.ID), Label: api.Name, Badge: textOf(api.Version), Disabled: true,
			Reason: i18n.T(ctx, "apps.other_strategy", "Strategy", v.App.Strategy.DisplayName, "Needed", api.Strategy.DisplayName),
		})
	}
	return out
}
