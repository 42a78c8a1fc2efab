package developers_test

import (
	"testing"

	"portico"
	"portico/developers"
	"portico/idptest/oidcprovider"
	"portico/secret"
	"portico/signon"
)

// TestOIDCProvider signs in with a provider that was written by others.
func TestOIDCProvider(t *testing.T) {
	t.Parallel()
	site := oidcprovider.Client{ID: "portal", Secret: clientSecret, RedirectURIs: []string{"https://acme.portal.example" + developers.CallbackPath}}
	server := oidcprovider.Start(t, site)
	o := newOffice(t, server.Issuer)
	browse := func(address string) signon.Return {
		q := server.SignIn(t, address).Query()
		return signon.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
	}
	ctx := t.Context()
	settings, err := o.IdentityProviders.ChangeSettings(ctx, o.portal.ID, developers.SettingsChange{
		GroupMapping: portico.Some(true), Provider: developers.IdentityProviderFields{Scopes: portico.Some([]string{"openid", "email", "profile", "groups"})},
	})
	must(t, err)
	o.portal = settings.Portal
	crew, err := o.Teams.Create(ctx, o.portal.ID, developers.TeamFields{Name: portico.Some("Crew")})
	must(t, err)
	_, err = o.IdentityProviders.AddMapping(ctx, o.portal.ID, o.provider.ID, crew.ID, "pilots")
	must(t, err)

	address, cookie, err := o.SingleSignOn.Start(ctx, o.portal, "/apps")
	must(t, err)
	back := browse(address)
	back.Cookie = cookie
	session, path, err := o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	must(t, err)
	dora := o.who(t, session)
	teams, err := o.Teams.Of(ctx, o.portal.ID, dora.ID, portico.ListQuery{Size: 10, Number: 1})
	must(t, err)
	if path != "/apps" || dora.Email != "dora@dev.example" || dora.FullName != "Dora Dev" || !dora.EmailVerified || teams.Total != 1 {
		t.Errorf("went to %s as %+v, in %d teams", path, dora, teams.Total)
	}
	// A code works once, and with the right secret.
	_, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")
	_, err = o.IdentityProviders.Update(ctx, o.portal.ID, o.provider.ID, developers.IdentityProviderFields{Secret: portico.Some(secret.New("wrong"))})
	must(t, err)
	address, cookie, err = o.SingleSignOn.Start(ctx, o.portal, "/apps")
	must(t, err)
	back = browse(address)
	back.Cookie = cookie
	_, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")
}
