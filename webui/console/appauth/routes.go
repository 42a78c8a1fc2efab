package appauth

import (
	"net/http"

	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Where the two lists are.
const (
	providersPath  = "/application-auth/providers"
	strategiesPath = "/application-auth/strategies"
)

// Routes are the pages of Application Auth.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	provider := func(a access.Action) access.Need { return access.For(access.Providers, a, "dcrProviderId") }
	strategy := func(a access.Action) access.Need { return access.For(access.Strategies, a, "authStrategyId") }
	seeStrategies, seeProviders := access.For(access.Strategies, access.View, ""), access.For(access.Providers, access.View, "")
	return []desk.Route{
		desk.On("GET /application-auth", p.home, seeStrategies.OrElse(seeProviders)),
		desk.On("GET /application-auth/providers", p.providers, seeProviders),
		desk.On("GET /application-auth/providers/new", p.newProvider, access.For(access.Providers, access.Create, "")),
		desk.On("POST /application-auth/providers/new", p.createProvider, access.For(access.Providers, access.Create, "")).As("create-dcr-provider"),
		desk.On("GET /application-auth/providers/{dcrProviderId}", p.provider, provider(access.View)),
		desk.On("POST /application-auth/providers/{dcrProviderId}", p.updateProvider, provider(access.Edit)).As("update-dcr-provider"),
		desk.On("GET /application-auth/providers/{dcrProviderId}/delete", p.deleteProviderForm, provider(access.Delete)),
		desk.On("POST /application-auth/providers/{dcrProviderId}/delete", p.deleteProvider, provider(access.Delete)).As("delete-dcr-provider"),
		desk.On("GET /application-auth/providers/{dcrProviderId}/set-up", p.setUpForm, provider(access.Edit)),
		desk.On("POST /application-auth/providers/{dcrProviderId}/set-up", p.setUp, provider(access.Edit)).As("POST /v2/dcr-providers/{dcrProviderId}/set-up"),
		desk.On("GET /application-auth/providers/{dcrProviderId}/clients", p.clients, provider(access.View)),
		desk.On("POST /application-auth/providers/{dcrProviderId}/clients", p.reconcile, provider(access.Edit)).As("POST /v2/dcr-providers/{dcrProviderId}/reconcile"),
		desk.On("GET /application-auth/strategies", p.strategies, seeStrategies),
		desk.On("GET /application-auth/strategies/new", p.newStrategy, access.For(access.Strategies, access.Create, "")),
		desk.On("POST /application-auth/strategies/new", p.createStrategy, access.For(access.Strategies, access.Create, "")).As("create-app-auth-strategy"),
		desk.On("GET /application-auth/strategies/{authStrategyId}", p.strategy, strategy(access.View)),
		desk.On("POST /application-auth/strategies/{authStrategyId}", p.replaceStrategy, strategy(access.Edit)).As("replace-app-auth-strategy"),
		desk.On("GET /application-auth/strategies/{authStrategyId}/delete", p.deleteStrategyForm, strategy(access.Delete)),
		desk.On("POST /application-auth/strategies/{authStrategyId}/delete", p.deleteStrategy, strategy(access.Delete)).As("delete-app-auth-strategy"),
	}
}

// home leads to the first list that the visitor may see.
func (p pages) home(_ http.ResponseWriter, v *desk.Visit) error {
	if v.Grants().Somewhere(access.Strategies, access.View) {
		return v.Redirect(strategiesPath)
	}
	return v.Redirect(providersPath)
}

// tabs are the two lists, as far as the visitor may see them.
func tabs(v *desk.Visit, current string) []design.Tab {
	var out []design.Tab
	if v.Grants().Somewhere(access.Strategies, access.View) {
		out = append(out, design.Tab{Href: strategiesPath, Label: v.T("appauth.tab_strategies"), Current: current == strategiesPath})
	}
	if v.Grants().Somewhere(access.Providers, access.View) {
		out = append(out, design.Tab{Href: providersPath, Label: v.T("appauth.tab_providers"), Current: current == providersPath})
	}
	return out
}

// Answers to the buttons of a form beside Save.
const (
	viewTest    = "test"
	viewPreview = "preview"
)

// reference is something that uses a provider or strategy; Href is empty where
// the visitor may not look at it.
type reference struct{ Label, Href string }
