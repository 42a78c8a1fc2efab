package settings_test

import (
	"strings"
	"testing"

	"portico/access"
	"portico/webui/consoletest"
)

func TestOrganization(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := h.As(t, "en")
	o, err := h.Accounts.Organization(t.Context())
	must(t, err)
	page := c.Get("/settings").Is(200, "/settings").Says("Organization", string(o.ID))
	page.Submit("/settings", form("name", " ")).Is(422, "/settings").Fault("name")
	page.Submit("/settings", form("name", strings.Repeat("x", 121))).Is(422, "/settings").Fault("name")
	page.Submit("/settings", form("name", " Acme Ltd ")).Is(200, "/settings").Says("The settings are saved.")
	if o, err = h.Accounts.Organization(t.Context()); err != nil || o.Name != "Acme Ltd" {
		t.Errorf("named %q, %v", o.Name, err)
	}
	reader := h.As(t, "en", access.OrganizationReader())
	reader.Get("/settings").Is(200, "/settings").Says("Acme Ltd").Hides(`name="name"`)
	reader.Post("/settings", form("name", "Mine")).Is(403, "/settings").Says("nothing was done")
	h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: access.Everything}).Get("/settings").Is(403, "/settings")
}
