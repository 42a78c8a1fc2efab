package portalapi_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/oauth"
	"portico/secret"
)

// team makes a team of a portal with the developers who have these addresses.
func (s *testServer) team(t testing.TB, p portico.Portal, name string, emails ...string) portico.Team {
	t.Helper()
	team, err := s.Teams.Create(t.Context(), p.ID, developers.TeamFields{Name: portico.Some(name), CanOwnApplications: portico.Some(true)})
	check(t, err)
	for _, email := range emails {
		found, err := s.Developers.List(t.Context(), p.ID, portico.Everything(portico.Where("email", email)))
		check(t, err)
		check(t, s.Teams.AddMember(t.Context(), p.ID, team.ID, found.Items[0].ID))
	}
	return team
}

func TestTeams(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b, mate := s.signUp(t, p, "d@dev.example"), s.signUp(t, p, "mate@dev.example")
	b.lists(t, "/developer/teams", "name")
	crew, foreign := s.team(t, p, "Crew", "d@dev.example", "mate@dev.example"), s.team(t, p, "Foreign", "mate@dev.example")
	b.lists(t, "/developer/teams", "name", "Crew")
	mate.lists(t, "/developer/teams?page[size]=1&page[number]=2", "name", "Foreign")
	b.call(t, 200, "GET", "/developer/teams/"+string(crew.ID), nil).has(t, map[string]any{"name": "Crew", "description": nil})
	b.lists(t, "/developer/teams/"+string(crew.ID)+"/developers", "email", "d@dev.example", "mate@dev.example")
	for _, path := range []string{string(foreign.ID), string(foreign.ID) + "/developers", unknownID} {
		b.call(t, 404, "GET", "/developer/teams/"+path, nil)
	}
	s.visit(t, p).call(t, 401, "GET", "/developer/teams", nil)
}

func TestTeamApplications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	s.publish(t, p, "Orders", portico.Public, &keys)
	b, mate, stranger := s.signUp(t, p, "d@dev.example"), s.signUp(t, p, "mate@dev.example"), s.signUp(t, p, "s@dev.example")
	crew, foreign := s.team(t, p, "Crew", "d@dev.example", "mate@dev.example"), s.team(t, p, "Foreign", "s@dev.example")
	wish := func(name string, team any) map[string]any {
		return map[string]any{"name": name, "auth_strategy_id": keys.ID, "team_id": team}
	}
	shared := b.call(t, 201, "POST", "/applications", wish("Shared", crew.ID))
	shared.has(t, map[string]any{"team_id": string(crew.ID)})
	own := b.call(t, 201, "POST", "/applications", wish("Own", nil))
	own.has(t, map[string]any{"team_id": nil})
	b.refuses(t, "POST", "/applications", wish("X", foreign.ID), "team_id missing_reference")
	b.refuses(t, "POST", "/applications", wish("X", unknownID), "team_id missing_reference")
	b.refuses(t, "POST", "/applications", wish("X", "crew"), "team_id is_uuid")
	b.lists(t, "/applications?filter[name][oeq]=Shared,Own&page[size]=1&page[number]=3", "name")
	b.lists(t, "/applications?filter[team_id][eq]=null", "name", "Own")
	b.lists(t, "/applications?filter[team_id][neq]=null", "name", "Shared")
	b.lists(t, "/applications?filter[team_id]="+string(crew.ID), "name", "Shared")
	mate.lists(t, "/applications", "name", "Shared")
	stranger.lists(t, "/applications", "name")

	path := "/applications/" + shared.text("id")
	stranger.call(t, 404, "GET", path, nil)
	stranger.call(t, 404, "PATCH", path, map[string]any{"team_id": foreign.ID})
	stranger.call(t, 404, "DELETE", path, nil)
	key := mate.call(t, 201, "POST", path+"/credentials", map[string]any{"display_name": "theirs"})
	s.keep(key.text("credential"))
	b.lists(t, path+"/credentials", "display_name", "theirs")

	// A transfer takes it away from whoever is not in the team.
	b.refuses(t, "PATCH", path, map[string]any{"team_id": foreign.ID}, "team_id missing_reference")
	b.call(t, 200, "PATCH", path, map[string]any{"name": "Renamed"}).has(t, map[string]any{"name": "Renamed", "team_id": string(crew.ID)})
	mate.call(t, 200, "PATCH", path, map[string]any{"team_id": nil}).has(t, map[string]any{"team_id": nil})
	b.call(t, 404, "GET", path, nil)
	mate.call(t, 200, "PATCH", path, map[string]any{"team_id": crew.ID})
	mate.call(t, 204, "DELETE", path, nil)
	b.lists(t, "/applications", "name", "Own")
}

func TestRBACActions(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P", func(in *control.PortalFields) { in.RBACEnabled = portico.Some(true) })
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	open, hidden := s.publish(t, p, "Open", portico.Public, &keys), s.publish(t, p, "Hidden", portico.Private, &keys)
	b := s.signUp(t, p, "d@dev.example")
	crew := s.team(t, p, "Crew", "d@dev.example")
	app := b.call(t, 201, "POST", "/applications", map[string]any{"name": "A", "auth_strategy_id": keys.ID}).text("id")
	may := func(api portico.API, register bool) {
		t.Helper()
		b.call(t, 200, "GET", "/apis/"+api.Slug+"/actions", nil).has(t, map[string]any{"actions": map[string]any{"view": true, "register": register, "view_documentation": true}})
	}
	ask := func(status int, api portico.API) {
		t.Helper()
		b.call(t, status, "POST", "/applications/"+app+"/registrations", map[string]any{"api_id": api.ID})
	}
	b.lists(t, "/apis", "name", "Open")
	b.call(t, 404, "GET", "/apis/"+hidden.Slug, nil)
	may(open, false)
	ask(403, open)
	ask(400, hidden)
	for _, role := range []portico.TeamRole{{Role: portico.APIConsumer, APIID: open.ID}, {Role: portico.APIViewer, APIID: hidden.ID}} {
		role.TeamID, role.Region = crew.ID, "*"
		_, err := s.Teams.Assign(t.Context(), p.ID, role)
		check(t, err)
	}
	b.lists(t, "/apis?sort=name", "name", "Hidden", "Open")
	may(open, true)
	may(hidden, false)
	ask(201, open)
	ask(403, hidden)
}

func TestSingleSignOnStarts(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	b := s.visit(t, p)
	b.call(t, 400, "GET", "/developer/authenticate/sso", nil)
	b.call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"basic_auth_enabled": true, "oidc_auth_enabled": false})

	var idp *httptest.Server
	idp = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"issuer":"` + idp.URL + `","authorization_endpoint":"` + idp.URL + `/authorize","token_endpoint":"` + idp.URL + `/token","jwks_uri":"` + idp.URL + `/jwks"}`))
	}))
	defer idp.Close()
	s.SingleSignOn.Client = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 10 * time.Second})
	s.keep("sso-client-secret")
	_, err := s.IdentityProviders.Create(t.Context(), p.ID, developers.IdentityProviderFields{
		Enabled: portico.Some(true), IssuerURL: portico.Some(idp.URL), ClientID: portico.Some("portal"), Secret: portico.Some(secret.New("sso-client-secret")),
	})
	check(t, err)
	b.call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"basic_auth_enabled": true, "oidc_auth_enabled": true})
	r := httptest.NewRequest("GET", "/api/v3/developer/authenticate/sso?return=//evil.example", nil)
	r.Host = s.Portals.Domain(p)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	to, err := w.Result().Location()
	check(t, err)
	q := to.Query()
	if w.Code != http.StatusFound || !strings.HasPrefix(to.String(), idp.URL+"/authorize?") || q.Get("client_id") != "portal" || q.Get("code_challenge_method") != "S256" ||
		q.Get("redirect_uri") != "http://"+r.Host+developers.CallbackPath || q.Get("nonce") == "" || q.Get("state") == "" || !strings.Contains(q.Get("scope"), "openid") {
		t.Errorf("%d to %s", w.Code, to)
	}
	if cookie := w.Result().Cookies()[0]; !cookie.HttpOnly || cookie.Value == "" || strings.Contains(cookie.Value, q.Get("state")) {
		t.Errorf("cookie %v", cookie)
	}

	_, err = s.IdentityProviders.ChangeSettings(t.Context(), p.ID, developers.SettingsChange{Passwords: portico.Some(false)})
	check(t, err)
	b.call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"basic_auth_enabled": false, "oidc_auth_enabled": true})
	b.call(t, 401, "POST", "/developer/authenticate", map[string]any{"username": "d@dev.example", "password": "x"})
	b.call(t, 403, "POST", "/developer", map[string]any{"email": "d@dev.example", "full_name": "D"})
}
