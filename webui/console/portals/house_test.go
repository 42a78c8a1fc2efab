package portals_test

import (
	"maps"
	"net/url"
	"testing"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webtest"
	"portico/webui/console/portals"
	"portico/webui/consoletest"
)

// house is a console with a portal.
type house struct {
	*consoletest.House
	Portal portico.Portal
	Team   portico.TeamID // of a furnished house
}

func open(t *testing.T) house {
	t.Helper()
	h := house{House: consoletest.New(t, portals.Routes)}
	h.Portal = h.portal(t, "acme")
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h house) portal(t *testing.T, name string) portico.Portal {
	t.Helper()
	made, err := h.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some(name), DisplayName: portico.Some(name + " developers")})
	must(t, err)
	return made
}

// at is the portal's address in the console, or of a page below it.
func (h house) at(below string) string { return "/portals/" + string(h.Portal.ID) + below }

// now is the portal as it is kept.
func (h house) now(t *testing.T) portico.Portal {
	t.Helper()
	found, err := h.Portals.ByID(t.Context(), h.Portal.ID)
	must(t, err)
	return found
}

func (h house) api(t *testing.T, name string) portico.API {
	t.Helper()
	made, err := h.APIs.Create(t.Context(), control.NewAPI{Name: name})
	must(t, err)
	return made.API
}

func (h house) strategy(t *testing.T, name string) portico.StrategyID {
	t.Helper()
	made, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: name, DisplayName: name + " shown", KeyAuth: &portico.KeyAuthConfig{KeyNames: []string{"apikey"}}})
	must(t, err)
	return made.ID
}

func (h house) viewer(t *testing.T) *webtest.Client {
	t.Helper()
	return h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: string(h.Portal.ID)})
}

// call sends the form for its API call, and that call to the management API.
func (h house) call(t *testing.T, status int, form *webtest.Shown, action string, values url.Values, env ...string) consoletest.Answer {
	t.Helper()
	asked := url.Values{"view": {"call"}}
	maps.Copy(asked, values)
	answer := h.Run(t, form.Submit(action, asked).Says("API call"), env...)
	if answer.Status != status {
		t.Fatalf("the management API answers %d, want %d: %v", answer.Status, status, answer.Body)
	}
	return answer
}

// openEmpty is a house without a portal.
func openEmpty(t *testing.T) house {
	t.Helper()
	return house{House: consoletest.New(t, portals.Routes)}
}
