package settings_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/webtest"
	"portico/webui/consoletest"
)

const signOnPath = "/settings/sign-on"

func TestWaysToSignIn(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	page := h.As(t, "en").Get(signOnPath).Is(200, signOnPath).Says("How admins sign in").Hides(`name="sso"`, "Remove the identity provider")
	page.Submit("/sign-on", form()).Is(200, signOnPath)
	off := form()
	off["passwords"] = nil
	page.Submit("/sign-on", off).Is(409, signOnPath).Says("nothing was changed")
	byHand := form()
	byHand["by_hand"] = nil
	page.Submit("/sign-on", byHand).Is(422, signOnPath).Fault("by_hand")
	call := h.Run(t, page.Submit("/sign-on", form("by_groups", "on", "view", "call")).Is(200, signOnPath))
	if call.Status != 200 || call.Body["idp_mapping_enabled"] != true || call.Body["konnect_mapping_enabled"] != true || call.Body["basic_auth_enabled"] != true {
		t.Errorf("the call answers %+v", call)
	}
	page.Submit("/sign-on", form()).Is(200, signOnPath).Says("The settings are saved.")
	now, err := h.Admins.IdentityProviders.Settings(t.Context())
	must(t, err)
	if now.Organization.TeamsByGroups || !now.Organization.TeamsByHand || !now.Organization.PasswordSignIn {
		t.Errorf("the form saves %+v", now.Organization)
	}
	reader := h.As(t, "en", access.OrganizationReader())
	reader.Get(signOnPath).Is(200, signOnPath).Says("not change it").Hides(`type="submit">Save`)
	for _, path := range []string{"", "/provider", "/remove", "/groups", "/groups/remove"} {
		reader.Post(signOnPath+path, form()).Is(403, signOnPath+path)
	}
}

func TestIdentityProvider(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := h.As(t, "en")
	page := c.Get(signOnPath).Is(200, signOnPath).Says("http://portico.example/login/sso/callback")
	c.Get(signOnPath+"/remove").Is(404, signOnPath)
	page.Submit("/provider", form("issuer", "login", "claim_name", "", "login_path", "a/b", "scopes", strings.Repeat("x", 129))).Is(422, signOnPath).
		Fault("issuer").Fault("client_id").Fault("claim_name").Fault("login_path").Fault("scopes")
	typed := form("issuer", "https://login.acme.example", "client_id", "console", "client_secret", "s3cret-of-the-console", "scopes", "openid, email,groups", "claim_groups", "roles", "login_path", "acme")
	typed.Set("view", "call")
	shown := page.Submit("/provider", typed).Is(200, signOnPath).Hides("s3cret-of-the-console")
	if call := h.Run(t, shown, "OIDC_CLIENT_SECRET=s3cret-of-the-console"); call.Status != 201 {
		t.Fatalf("the call answers %+v", call)
	}
	settings := func() portico.AdminIdentityProvider {
		now, err := h.Admins.IdentityProviders.Settings(t.Context())
		must(t, err)
		if now.Provider == nil {
			t.Fatal("there is no provider")
		}
		return *now.Provider
	}
	byCall := settings()
	must(t, h.Admins.IdentityProviders.Delete(t.Context(), byCall.ID))
	typed.Del("view")
	page = page.Submit("/provider", typed).Is(200, signOnPath).Says("The identity provider is saved.", "Enter a new value to replace it", "/v3/authenticate/acme").Hides("s3cret-of-the-console")
	byForm := settings()
	for _, p := range []*portico.AdminIdentityProvider{&byCall, &byForm} {
		value, err := h.Deps.Sealer.Open(p.SealedSecret, p.SecretPlace())
		if err != nil || value.Reveal() != "s3cret-of-the-console" {
			t.Errorf("the secret is not kept: %v", err)
		}
	}
	sealed := byForm.SealedSecret
	byCall.ID, byCall.SealedSecret, byForm.SealedSecret = byForm.ID, nil, nil
	if !reflect.DeepEqual(byCall, byForm) || byForm.Enabled || byForm.Claims.Groups != "roles" || len(byForm.Scopes) != 3 {
		t.Errorf("the call makes %+v, the form %+v", byCall, byForm)
	}
	// What is saved again without a secret keeps the old one.
	page.Submit("/provider", form("client_id", "portico")).Is(200, signOnPath)
	if now := settings(); now.ClientID != "portico" || string(now.SealedSecret) != string(sealed) || now.LoginPath != "acme" {
		t.Errorf("changed to %+v", now)
	}
	if call := h.Run(t, page.Submit("/provider", form("client_id", "by-call", "view", "call"))); call.Status != 200 || settings().ClientID != "by-call" {
		t.Errorf("the call answers %+v", call)
	}

	page.Submit("/sign-on", form("sso", "on")).Is(200, signOnPath).Says("The settings are saved.")
	if !settings().Enabled {
		t.Error("single sign-on is not switched on")
	}
	webtest.NewClient(t, h.Console.URL, "en").Get("/login").Is(200, "/login").Says("single sign-on")

	groups(t, h, byForm.ID)
	ask := c.Get(signOnPath+"/remove").Is(200, signOnPath).Says("https://login.acme.example")
	ask.Submit("/remove", nil).Is(200, signOnPath).Says("The identity provider is removed.").Hides("Teams of groups")
}

// groups maps groups to teams, by form and by call.
func groups(t *testing.T, h *consoletest.House, provider portico.AdminIdentityProviderID) {
	t.Helper()
	crew, err := h.Admins.Teams.Create(t.Context(), admins.NewTeam{Name: "crew"})
	must(t, err)
	page := h.As(t, "en").Get(signOnPath).Says("No group is mapped yet")
	page.Submit("/groups", form("group", "", "team", "none")).Is(422, signOnPath).Fault("group")
	page.Submit("/groups", form("group", "kings", "team", "d0000000-0000-4000-8000-000000000000")).Is(422, signOnPath).Fault("team")
	call := h.Run(t, page.Submit("/groups", form("group", "by call", "team", string(crew.ID), "view", "call")).Is(200, signOnPath))
	if call.Status != 201 || call.Body["team_id"] != string(crew.ID) {
		t.Errorf("the call answers %+v", call)
	}
	page.Submit("/groups", form("group", "By form", "team", string(crew.ID))).Is(200, signOnPath).Says("By form is mapped.")
	page.Submit("/groups", form("group", "By form", "team", string(crew.ID))).Is(409, signOnPath)
	mapped, err := h.Admins.IdentityProviders.Mappings(t.Context(), provider, portico.Everything())
	must(t, err)
	if mapped.Total != 2 {
		t.Fatalf("mapped: %+v", mapped.Items)
	}
	removed := mapped.Items[slices.IndexFunc(mapped.Items, func(m portico.AdminGroupMapping) bool { return m.Group == "By form" })]
	for range 2 { // somebody may have been faster
		h.As(t, "en").Post(signOnPath+"/groups/remove", form("mapping", string(removed.ID))).Is(200, signOnPath).Says("no longer mapped", "by call").Hides("By form")
	}
}
