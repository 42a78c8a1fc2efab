package appauth_test

import (
	"testing"

	"portico/webtest"
)

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	provider := okta(t, h, "Okta production")
	s := dcr(t, h, "Okta for partners", provider.ID)
	publish(t, h, s.ID)
	renameThere(t, h, traveller(t, h, s.ID))
	_, err := h.Inventories.Take(t.Context(), provider.ID)
	must(t, err)
	h.Matrix(t, views(string(provider.ID), string(s.ID)))
}

func views(provider, strategy string) []webtest.View {
	return []webtest.View{
		{Name: "providers", Path: providers},
		{Name: "new-provider", Path: providers + "/new"},
		{Name: "provider", Path: providers + "/" + provider},
		{Name: "provider-delete", Path: providers + "/" + provider + "/delete"},
		{Name: "provider-set-up", Path: providers + "/" + provider + "/set-up"},
		{Name: "provider-clients", Path: providers + "/" + provider + "/clients"},
		{Name: "strategies", Path: strategies},
		{Name: "new-strategy", Path: strategies + "/new"},
		{Name: "strategy", Path: strategies + "/" + strategy},
		{Name: "strategy-delete", Path: strategies + "/" + strategy + "/delete"},
	}
}

// TestTestingAConnectionKeepsWhatWasTyped holds that with scripts only the
// findings change, so that the token need not be typed again.
func TestTestingAConnectionKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	p := webtest.Start(t).Page(t, h.Console.URL)
	h.Visitor()(p)
	p.Open(providers + "/new")
	p.Fill("Name", "Okta production")
	p.Fill("Issuer URL", h.Okta.Issuer)
	p.Fill("DCR Token", h.Okta.Token.Reveal())
	p.Click("Test connection")
	p.See("All good")
	p.Click("Save")
	p.See("Okta production is saved")
	p.Open(strategies + "/new")
	p.Fill("Name", "Okta auth strategy")
	p.Fill("Display name", "Okta")
	p.Fill("Scopes", "openid, orders:read")
	p.Fill("Claims", "cid")
	p.See("Avoid openid with client credentials: Okta")
	p.Click("Save")
	p.See("Okta auth strategy is saved")
	if faults := p.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}
