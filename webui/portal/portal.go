package portal

import (
	"net/http"
	"slices"

	"portico"
	"portico/webui/apps"
	"portico/webui/catalog"
	"portico/webui/page"
)

// pages are the handlers of this package.
type pages struct{ *page.Site }

// New serves the whole web site of every portal.
func New(s *page.Site) http.Handler { return s.Handler(Routes(s)) }

// Routes are all pages.
func Routes(s *page.Site) []page.Route {
	p := pages{s}
	return slices.Concat(p.frontRoutes(), p.brandRoutes(), p.signInRoutes(), p.signUpRoutes(), p.accountRoutes(), apps.Routes(s), catalog.Routes(s))
}

func (p pages) frontRoutes() []page.Route {
	return []page.Route{
		page.On(page.Anyone, "GET /{$}", p.home),
		page.On(page.Anyone, page.Rest, p.guide),
		page.On(page.Anyone, "GET /search", p.search),
		page.On(page.Anyone, "POST /preferences/theme", p.chooseTheme),
		page.On(page.Anyone, "POST /preferences/language", p.chooseLanguage),
	}
}

// needAccounts refuses what a portal without developer accounts does not have.
func needAccounts(v *page.Visit) error {
	if v.Portal.AuthenticationEnabled {
		return nil
	}
	return portico.Errorf(portico.KindNotFound, "This portal has no developer accounts, and so no applications.").Named("no_accounts")
}
