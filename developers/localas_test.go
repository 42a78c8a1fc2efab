package developers_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"testing"

	"portico"
	"portico/developers"
	"portico/localas/localastest"
	"portico/signon"
)

// TestBuiltInAuthorizationServer signs in with the one that comes with Portico.
func TestBuiltInAuthorizationServer(t *testing.T) {
	t.Parallel()
	const login, password = "dora@dev.example", "blue parrots fly"
	as := localastest.Start(t)
	as.AddWebApp("Acme developers", "portal", clientSecret, "https://acme.portal.example"+developers.CallbackPath)
	as.AddUser("Dora", "Dev", login, password, "pilots", "cooks")
	o := newOffice(t, as.Issuer)
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

	jar, err := cookiejar.New(nil)
	must(t, err)
	browser := http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	// enter sends the form of the sign-in page that an address shows.
	enter := func(address string) signon.Return {
		t.Helper()
		to, err := url.Parse(address)
		must(t, err)
		to.Path += "/sign-in"
		answer, err := browser.PostForm(to.String(), url.Values{"login": {login}, "password": {password}})
		must(t, err)
		answer.Body.Close()
		back, err := answer.Location()
		if err != nil {
			t.Fatalf("the sign-in ends with %s", answer.Status)
		}
		q := back.Query()
		return signon.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
	}
	address, cookie, err := o.SingleSignOn.Start(ctx, o.portal, "/apps")
	must(t, err)
	back := enter(address)
	back.Cookie = cookie
	session, path, err := o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	must(t, err)
	dora := o.who(t, session)
	teams, err := o.Teams.Of(ctx, o.portal.ID, dora.ID, portico.ListQuery{Size: 10, Number: 1})
	must(t, err)
	if path != "/apps" || dora.Email != login || dora.FullName != "Dora Dev" || !dora.EmailVerified || teams.Total != 1 {
		t.Errorf("went to %s as %+v, in %d teams", path, dora, teams.Total)
	}
	// The code is used up.
	_, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")

	// Known is who comes with the same subject, whatever else is told.
	_, err = o.IdentityProviders.Update(ctx, o.portal.ID, o.provider.ID, developers.IdentityProviderFields{Scopes: portico.Some([]string{"openid"})})
	must(t, err)
	address, cookie, err = o.SingleSignOn.Start(ctx, o.portal, "/")
	must(t, err)
	back = enter(address)
	back.Cookie = cookie
	session, _, err = o.SingleSignOn.Finish(ctx, o.portal, back, developers.Browser{})
	must(t, err)
	if again := o.who(t, session); again.ID != dora.ID {
		t.Errorf("the second time as %+v", again)
	}
}
