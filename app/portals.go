package app

import (
	"net/http"

	"portico/portalapi"
	"portico/throttle"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/portal"
)

// portals serves everything that developers come to: the portal API below
// /api/, and pages. They count tries at passwords together.
func (a *App) portals() (http.Handler, error) {
	texts, err := i18n.New()
	if err != nil {
		return nil, err
	}
	throttles := throttle.New(a.deps.Now, throttle.Limits{})
	api := portalapi.New(portalapi.Options{Control: a.Control, Logger: a.logger, Throttles: throttles})
	mux := http.NewServeMux()
	mux.Handle("/api/", api)
	mux.Handle("/", portal.New(&page.Site{
		Control: a.Control, Throttles: throttles, Texts: texts, Trials: a.deps.Trials, GatewayURL: a.config.GatewayURL, Logger: a.logger, Now: a.deps.Now,
	}))
	return mux, nil
}
