package admins_test

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/idptest/oidcprovider"
	"portico/localas/localastest"
	"portico/secret"
	"portico/signon"
)

const clientSecret = "the-console-at-the-provider"

// enter sends the form of the sign-in page that an address shows, and comes back.
func enter(t *testing.T, address, login, pass string) signon.Return {
	t.Helper()
	jar, err := cookiejar.New(nil)
	must(t, err)
	browser := http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	to, err := url.Parse(address)
	must(t, err)
	to.Path += "/sign-in"
	answer, err := browser.PostForm(to.String(), url.Values{"login": {login}, "password": {pass}})
	must(t, err)
	answer.Body.Close()
	back, err := answer.Location()
	if err != nil {
		t.Fatalf("the sign-in ends with %s", answer.Status)
	}
	if !strings.HasPrefix(back.String(), consoleURL+admins.CallbackPath+"?") {
		t.Errorf("the provider sends the browser to %s", back)
	}
	q := back.Query()
	return signon.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
}

// TestSingleSignOn goes through the built-in authorization server.
func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	as := localastest.Start(t)
	as.AddWebApp("Console", "console", clientSecret, consoleURL+admins.CallbackPath)
	as.AddUser("Bob", "Builder", "bob@acme.example", "blue parrots fly", "operators", "cooks")
	as.AddUser("Ada", "Admin", "ada@acme.example", "red parrots fly")
	h := newHouse(t)
	h.clock.Advance(time.Since(h.clock.Now())) // the authorization server's clock
	ctx := t.Context()
	ada := founded(t, h).User
	_, _, err := h.SingleSignOn.Start(ctx, "", "/")
	wantKind(t, err, portico.KindNotFound)
	provider, err := h.IdentityProviders.Create(ctx, admins.IdentityProviderFields{
		Enabled: portico.Some(true), IssuerURL: portico.Some(as.Issuer), ClientID: portico.Some("console"), Secret: portico.Some(secret.New(clientSecret)),
		Scopes: portico.Some([]string{"openid", "email", "profile", "groups"}),
	})
	must(t, err)
	if provider.LoginPath != "acme" || strings.Contains(string(provider.SealedSecret), clientSecret) {
		t.Errorf("made %+v", provider)
	}
	_, err = h.IdentityProviders.Create(ctx, admins.IdentityProviderFields{IssuerURL: portico.Some(as.Issuer), ClientID: portico.Some("x")})
	wantKind(t, err, portico.KindConflict)
	crew, err := h.Teams.Create(ctx, admins.NewTeam{Name: "crew"})
	must(t, err)
	mapping, err := h.IdentityProviders.AddMapping(ctx, provider.ID, crew.ID, "operators")
	must(t, err)
	_, err = h.IdentityProviders.ChangeSettings(ctx, admins.SettingsChange{TeamsByGroups: portico.Some(true)})
	must(t, err)
	come := func(login, pass string) admins.Principal {
		t.Helper()
		address, cookie, err := h.SingleSignOn.Start(ctx, "acme", "/portals")
		must(t, err)
		back := enter(t, address, login, pass)
		back.Cookie = cookie
		session, path, err := h.SingleSignOn.Finish(ctx, back, admins.Browser{UserAgent: "Test/1.0"})
		must(t, err)
		if path != "/portals" || session.NeedsCode {
			t.Errorf("goes on to %s: %+v", path, session)
		}
		who, err := h.Sessions.Current(ctx, session.Token)
		must(t, err)
		return who
	}
	teams := func(id portico.UserID) int {
		page, err := h.Teams.Of(ctx, admins.OfUser(id), portico.Everything())
		must(t, err)
		return page.Total
	}
	bob := come("bob@acme.example", "blue parrots fly")
	if bob.User.FullName != "Bob Builder" || teams(bob.User.ID) != 1 || bob.Grants.Somewhere(access.Portals, access.View) {
		t.Errorf("bob is %+v, in %d teams", bob.User, teams(bob.User.ID))
	}
	must(t, h.IdentityProviders.DeleteMapping(ctx, provider.ID, mapping.ID))
	_, err = h.IdentityProviders.AddMapping(ctx, provider.ID, crew.ID, "pilots")
	must(t, err)
	if again := come("bob@acme.example", "blue parrots fly"); again.User.ID != bob.User.ID || teams(bob.User.ID) != 0 {
		t.Errorf("the second time as %+v, in %d teams", again.User, teams(bob.User.ID))
	}
	// Ada is known by her address; the last organization admin stays one, whatever the groups say.
	_, err = h.IdentityProviders.AddMapping(ctx, provider.ID, portico.OrganizationAdmins, "kings")
	must(t, err)
	if who := come("ada@acme.example", "red parrots fly"); who.User.ID != ada.ID || !who.Grants.May(access.APIs, access.Delete, "any") {
		t.Errorf("ada is %+v", who.User)
	}
	_, err = h.Users.SetActive(ctx, bob.User.ID, false)
	must(t, err)
	address, cookie, err := h.SingleSignOn.Start(ctx, "", "/")
	must(t, err)
	back := enter(t, address, "bob@acme.example", "blue parrots fly")
	_, _, err = h.SingleSignOn.Finish(ctx, back, admins.Browser{})
	if e := wantKind(t, err, portico.KindUnauthenticated); e.Code != "sso_lost" {
		t.Errorf("without the cookie: %+v", e)
	}
	back.Cookie = cookie
	_, _, err = h.SingleSignOn.Finish(ctx, back, admins.Browser{})
	if e := wantKind(t, err, portico.KindUnauthenticated); e.Code != "account_refused" {
		t.Errorf("switched off: %+v", e)
	}
	_, _, err = h.SingleSignOn.Start(ctx, "other", "/")
	wantKind(t, err, portico.KindNotFound)
}

// TestSingleSignOnWithOIDCProvider signs in with a provider that was written by others.
func TestSingleSignOnWithOIDCProvider(t *testing.T) {
	t.Parallel()
	server := oidcprovider.Start(t, oidcprovider.Client{ID: "console", Secret: clientSecret, RedirectURIs: []string{consoleURL + admins.CallbackPath}})
	h := newHouse(t)
	h.clock.Advance(time.Since(h.clock.Now())) // the provider's clock
	ctx := t.Context()
	founded(t, h)
	provider, err := h.IdentityProviders.Create(ctx, admins.IdentityProviderFields{
		Enabled: portico.Some(true), LoginPath: portico.Some("acme"), IssuerURL: portico.Some(server.Issuer), ClientID: portico.Some("console"),
		Secret: portico.Some(secret.New(clientSecret)), Scopes: portico.Some([]string{"openid", "email", "profile", "groups"}),
	})
	must(t, err)
	_, err = h.IdentityProviders.AddMapping(ctx, provider.ID, portico.OrganizationReaders, "pilots")
	must(t, err)
	_, err = h.IdentityProviders.ChangeSettings(ctx, admins.SettingsChange{TeamsByGroups: portico.Some(true)})
	must(t, err)
	for range 2 { // the first time makes the account
		address, cookie, err := h.SingleSignOn.Start(ctx, "acme", "/portals")
		must(t, err)
		q := server.SignIn(t, address).Query()
		session, path, err := h.SingleSignOn.Finish(ctx, signon.Return{State: q.Get("state"), Code: q.Get("code"), Cookie: cookie}, admins.Browser{})
		must(t, err)
		who, err := h.Sessions.Current(ctx, session.Token)
		must(t, err)
		if path != "/portals" || who.User.Email != "dora@dev.example" || who.User.FullName != "Dora Dev" || !who.Grants.Somewhere(access.Portals, access.View) {
			t.Errorf("went to %s as %+v", path, who.User)
		}
	}
}

func TestNobodyLocksEverybodyOut(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ada := founded(t, h).User
		change := func(ch admins.SettingsChange) error {
			_, err := h.IdentityProviders.ChangeSettings(ctx, ch)
			return err
		}
		wantFault(t, change(admins.SettingsChange{SingleSignOn: portico.Some(true)}), "oidc_auth_enabled", "missing_reference")
		wantFault(t, change(admins.SettingsChange{TeamsByHand: portico.Some(false)}), "konnect_mapping_enabled", "invalid")
		wantKind(t, change(admins.SettingsChange{Passwords: portico.Some(false)}), portico.KindConflict)
		provider, err := h.IdentityProviders.Create(ctx, admins.IdentityProviderFields{
			Enabled: portico.Some(true), LoginPath: portico.Some("acme"), IssuerURL: portico.Some("https://idp.acme.example"), ClientID: portico.Some("console"),
		})
		must(t, err)
		// Nobody has ever come that way.
		wantKind(t, change(admins.SettingsChange{Passwords: portico.Some(false)}), portico.KindConflict)
		must(t, h.Store.Update(ctx, func(tx portico.Tx) error {
			_, err := tx.Users().Change(ctx, ada.ID, func(u *portico.User) error { u.ExternalID = "https://idp.acme.example ada"; return nil })
			return err
		}))
		must(t, change(admins.SettingsChange{Passwords: portico.Some(false)}))
		_, err = h.Sessions.SignIn(ctx, ada.Email, secret.New(goodPassword), admins.Browser{})
		if e := wantKind(t, err, portico.KindUnauthenticated); e.Code != "no_passwords" {
			t.Errorf("by password: %+v", e)
		}
		wantKind(t, h.Passwords.Forgot(ctx, ada.Email), portico.KindForbidden)
		wantKind(t, change(admins.SettingsChange{SingleSignOn: portico.Some(false)}), portico.KindConflict)
		wantKind(t, h.IdentityProviders.Delete(ctx, provider.ID), portico.KindConflict)
		_, err = h.IdentityProviders.Update(ctx, provider.ID, admins.IdentityProviderFields{Enabled: portico.Some(false)})
		wantKind(t, err, portico.KindConflict)
		now, err := h.IdentityProviders.Settings(ctx)
		must(t, err)
		if now.Organization.PasswordSignIn || !now.SingleSignOn() {
			t.Errorf("a refused change left %+v", now)
		}
		// Whoever runs the machine opens the door again.
		pass, err := h.Passwords.Issue(ctx, ada.Email)
		must(t, err)
		h.clock.Advance(time.Minute)
		_, err = h.Sessions.SignIn(ctx, ada.Email, pass, admins.Browser{})
		must(t, err)
		must(t, h.IdentityProviders.Delete(ctx, provider.ID))
	})
}

func TestGroupsAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	founded(t, h)
	bob := h.hire(t, "bob@acme.example")
	_, err := h.IdentityProviders.AllMappings(ctx)
	wantFault(t, err, "identity_provider", "missing_reference")
	_, err = h.IdentityProviders.ChangeSettings(ctx, admins.SettingsChange{TeamsByGroups: portico.Some(true), TeamsByHand: portico.Some(false)})
	must(t, err)
	wantKind(t, h.Teams.Add(ctx, portico.OrganizationReaders, admins.OfUser(bob.ID)), portico.KindConflict)
	ci, err := h.SystemAccounts.Create(ctx, admins.NewSystemAccount{Name: "ci"})
	must(t, err)
	must(t, h.Teams.Add(ctx, portico.OrganizationReaders, admins.OfSystemAccount(ci.ID))) // which has no groups
}
