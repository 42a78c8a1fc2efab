package app

import (
	"net/http"
	"regexp"

	"portico/httpkit"
	"portico/mgmtapi"
	"portico/throttle"
	"portico/webui/console"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// versioned begins the paths of Konnect's APIs, those included that Portico does
// not have: their clients understand a problem document, and no page.
var versioned = regexp.MustCompile(`^/v[0-9]+/`)

// management serves everything that admins come to: the management API and the
// console.
func (a *App) management() (http.Handler, error) {
	texts, err := i18n.New()
	if err != nil {
		return nil, err
	}
	throttles := throttle.New(a.deps.Now, throttle.Limits{})
	api := mgmtapi.New(mgmtapi.Options{Control: a.Control, Logger: a.logger, Now: a.deps.Now})
	pages := console.New(&desk.Site{
		Control: a.Control, Texts: texts, Logger: a.logger, Now: a.deps.Now, URL: a.config.ConsoleURL, GatewayURL: a.config.GatewayURL,
		Identify: a.Control.Admins.Sessions.Current,
		Throttle: func(r *http.Request) error { return throttles.Source(httpkit.ClientAddr(r)) },
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if versioned.MatchString(r.URL.Path) {
			api.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	}), nil
}
