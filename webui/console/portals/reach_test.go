package portals_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/developers"
)

func TestMenus(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.As(t, "en").Get(h.at("/menu")).Is(200, h.at("/menu")).Says("Main menu", "Footer")
	form.Submit("/menu", url.Values{"main.0.title": {"Guide"}, "main.0.path": {"guide"}, "sections.0.items.0.path": {"/x"}}).Is(422, h.at("/menu")).
		Fault("sections.0.title").Fault("sections.0.items.0.title")
	form.Submit("/menu", url.Values{"main.1.title": {"Guide"}, "main.1.path": {"guide"}}).Is(422, h.at("/menu")).Fault("main.1.path")

	values := url.Values{
		"main.0.title": {"Second"}, "main.0.path": {"/b"}, "main.0.visibility": {"public"}, "main.0.order": {"2"},
		"main.1.title": {"First"}, "main.1.path": {"https://example.com/"}, "main.1.visibility": {"private"}, "main.1.order": {"1"},
		"bottom.0.title": {"Terms"}, "bottom.0.path": {"/terms"},
		"sections.0.title": {"Company"}, "sections.0.items.0.title": {"About"}, "sections.0.items.0.path": {"/about"},
	}
	h.call(t, 200, form, "/menu", values)
	byCall := h.looks(t).Menu
	if len(byCall.Main) != 2 || byCall.Main[0].Title != "First" || !byCall.Main[0].External || byCall.Main[1].External ||
		byCall.FooterSections[0].Items[0].Title != "About" || byCall.FooterBottom[0].Path != "/terms" {
		t.Errorf("the call makes %+v", byCall)
	}
	form.Submit("/menu", nil).Is(200, h.at("/menu"))
	if now := h.looks(t).Menu; len(now.Main)+len(now.FooterSections)+len(now.FooterBottom) != 0 {
		t.Errorf("emptied, it is %+v", now)
	}
	saved := form.Submit("/menu", values).Is(200, h.at("/menu")).Says("Saved.")
	if now := h.looks(t).Menu; !reflect.DeepEqual(now, byCall) {
		t.Errorf("the call makes %+v, the form %+v", byCall, now)
	}
	saved.Submit("/menu", url.Values{"main.0.title": {""}, "main.0.path": {""}}).Is(200, h.at("/menu"))
	if now := h.looks(t).Menu; len(now.Main) != 1 || now.Main[0].Title != "Second" {
		t.Errorf("with the first row emptied, it is %+v", now.Main)
	}
	h.viewer(t).Post(h.at("/menu"), values).Is(403, h.at("/menu"))
}

func TestDomains(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	form := admin.Get(h.at("/domains")).Is(200, h.at("/domains")).Says("acme.localhost", "Custom domain")
	form.Submit("/domains", url.Values{"hostname": {"https://x"}}).Is(422, h.at("/domains")).Fault("hostname")
	h.call(t, 201, form, "/domains", url.Values{"hostname": {"dev.acme.example"}})
	gone := admin.Get(h.at("/domains/delete")).Is(200, h.at("/domains")).Says("Remove dev.acme.example?", "acme.localhost goes on working")
	h.call(t, 204, gone, "/delete", nil)
	form.Submit("/domains", url.Values{"hostname": {"dev.acme.example"}}).Is(200, h.at("/domains")).Says("dev.acme.example leads to this portal now.")
	h.viewer(t).Get(h.at("/domains")).Is(200, h.at("/domains")).Says("dev.acme.example").Hides("domains/delete")
	h.viewer(t).Post(h.at("/domains/delete"), url.Values{}).Is(403, h.at("/domains"))
	gone.Submit("/delete", nil).Is(200, h.at("/domains")).Says("is removed")
	if h.now(t).CustomDomain != "" {
		t.Error("the domain is still there")
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	form := admin.Get(h.at("/settings/addresses")).Is(200, h.at("/settings/addresses")).Says("The list is empty", "127.0.0.1, is not in the list")
	form.Submit("/add", url.Values{"allowed_ips": {""}}).Is(422, h.at("/settings/addresses")).Fault("allowed_ips")
	form.Submit("/add", url.Values{"allowed_ips": {"10.0.0.1, nowhere"}}).Is(422, h.at("/settings/addresses")).Fault("allowed_ips").Says("nowhere")
	form.Submit("/add", url.Values{"allowed_ips": {"10.0.0.1/32 10.0.0.1"}}).Is(422, h.at("/settings/addresses")).Fault("allowed_ips")
	h.call(t, 201, form, "/add", url.Values{"allowed_ips": {"10.0.0.0/8\n192.0.2.1"}})
	listed := form.Submit("/add", url.Values{"allowed_ips": {"127.0.0.0/8"}}).Is(200, h.at("/settings/addresses")).Says("10.0.0.0/8, 192.0.2.1", "127.0.0.1, is in the list")
	h.call(t, 200, form, "/settings/addresses", url.Values{"sipr_enabled": {"on"}})
	if !h.now(t).SIPREnabled {
		t.Error("the call switches nothing on")
	}
	form.Submit("/settings/addresses", nil).Is(200, h.at("/settings/addresses"))
	if h.now(t).SIPREnabled {
		t.Error("the form switches nothing off")
	}
	entries, err := h.AllowLists.List(t.Context(), h.Portal.ID, portico.Everything())
	must(t, err)
	listed.Submit("/remove", url.Values{"entry": {string(entries.Items[0].ID)}}).Is(200, h.at("/settings/addresses")).Says("no longer in the list")
	h.viewer(t).Post(h.at("/settings/addresses"), url.Values{}).Is(403, h.at("/settings"))
	h.viewer(t).Post(h.at("/settings/addresses/add"), url.Values{}).Is(403, h.at("/settings"))
	h.viewer(t).Post(h.at("/settings/addresses/remove"), url.Values{}).Is(403, h.at("/settings"))
}

func TestEmails(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	admin.Get(h.at("/emails")).Is(200, h.at("/emails")).Says("Account approved", "As Portico words it")
	path := h.at("/emails/account-access-approved")
	form := admin.Get(path).Is(200, path).Says("Variables of this mail", "{{portal_display_name}}")
	form.Submit(path, url.Values{"subject": {""}, "body": {"{{credential_name}}"}}).Is(422, path).Fault("subject")
	form.Submit(path, url.Values{"body": {"{{credential_name}}"}}).Is(422, path).Fault("body")
	values := url.Values{"subject": {"Welcome to {{portal_display_name}}"}}
	h.call(t, 200, form, path, values)
	byCall, err := h.Templates.OwnByName(t.Context(), h.Portal.ID, "account-access-approved")
	must(t, err)
	must(t, h.Templates.Delete(t.Context(), h.Portal.ID, "account-access-approved"))
	saved := form.Submit(path, values).Is(200, path).Says("Saved.", "Back to Portico's wording")
	byForm, err := h.Templates.OwnByName(t.Context(), h.Portal.ID, "account-access-approved")
	must(t, err)
	byCall.Own.ID = byForm.Own.ID
	if !reflect.DeepEqual(byCall, byForm) || *byForm.Own.Subject != values.Get("subject") || byForm.Own.Body != nil || !byForm.Own.Enabled {
		t.Errorf("the call makes %+v, the form %+v", byCall.Own, byForm.Own)
	}
	admin.Get(h.at("/emails")).Says("Own wording")

	preview := admin.Post(path+"/preview", url.Values{"subject": {"S"}, "title": {"Hello"}, "body": {"Dear *{{developer_fullname}}*"}}).Is(200, path+"/preview")
	if !strings.Contains(preview.Body, "<h1>Hello</h1>") || !strings.Contains(preview.Body, "<em>Dora Developer</em>") && !strings.Contains(preview.Body, "<em>Ada Admin</em>") ||
		!strings.Contains(preview.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") {
		t.Errorf("the preview is %s", preview.Body)
	}
	admin.Post(path+"/preview", url.Values{"subject": {"S"}, "title": {"{{nothing}}"}, "body": {"x"}}).Is(200, path+"/preview").Says("This cannot be shown")
	admin.Get(path+"/preview").Is(200, path+"/preview")

	sent := form.Post(path+"/test", url.Values{"subject": {"Only tested"}, "title": {"T"}, "body": {"B"}}).Is(200, path+"/test").Says("on its way to ada@acme.example", "Nothing was saved")
	sent.Post(path+"/test", url.Values{"subject": {"{{nothing}}"}, "title": {"T"}, "body": {"B"}}).Is(422, path+"/test").Fault("subject")
	saved.Submit("/reset", nil).Is(200, path).Says("worded as Portico does again")
	saved.Submit("/reset", nil).Is(200, path)
	admin.Get(h.at("/emails/none")).Is(404, h.at("/emails"))
	h.viewer(t).Post(path, values).Is(403, path)
	h.viewer(t).Post(path+"/test", values).Is(403, path)
}

func TestSender(t *testing.T) {
	t.Parallel()
	h := open(t)
	form := h.As(t, "en").Get(h.at("/emails/sender")).Is(200, h.at("/emails/sender"))
	form.Submit("/sender", url.Values{"from_email": {"nobody"}}).Is(422, h.at("/emails/sender")).Fault("from_email")
	h.call(t, 201, form, "/sender", url.Values{"from_name": {"Acme"}, "from_email": {"dev@acme.example"}})
	h.call(t, 200, form, "/sender", url.Values{"from_name": {"Acme"}, "reply_to_email": {"help@acme.example"}})
	form.Submit("/sender", url.Values{"from_name": {"Acme portals"}}).Is(200, h.at("/emails/sender")).Says("Saved.")
	config, err := h.EmailSettings.Config(t.Context(), h.Portal.ID)
	must(t, err)
	if *config.FromName != "Acme portals" || config.FromEmail != nil || config.ReplyTo != nil {
		t.Errorf("kept %+v", config)
	}
	h.viewer(t).Post(h.at("/emails/sender"), url.Values{}).Is(403, h.at("/emails"))
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	form := admin.Get(h.at("/settings/sign-in")).Is(200, h.at("/settings/sign-in")).Says("http://acme.localhost/login/sso/callback", "never shown again")
	form.Submit("/sign-in", url.Values{"enabled": {"on"}}).Is(422, h.at("/settings/sign-in")).Fault("issuer").Fault("client_id")
	form.Submit("/sign-in", url.Values{"group_mapping": {"on"}}).Is(422, h.at("/settings/sign-in")).Fault("group_mapping")
	h.call(t, 200, form, "/sign-in", url.Values{"passwords": nil})
	if h.now(t).BasicAuthEnabled {
		t.Error("the call leaves passwords on")
	}
	values := url.Values{"enabled": {"on"}, "issuer": {"https://login.acme.example"}, "client_id": {"portal"}, "client_secret": {"s3cret-of-sso"}, "group_mapping": {"on"}, "claim_groups": {"teams"}}
	asked := form.Submit("/sign-in", with(values, "view", "call")).Is(200, h.at("/settings/sign-in")).Says("API call").Hides("s3cret-of-sso")
	if answer := h.Run(t, asked, "OIDC_CLIENT_SECRET=s3cret-of-sso"); answer.Status != 200 {
		t.Fatalf("the call answers %d: %v", answer.Status, answer.Body)
	}
	byCall, err := h.IdentityProviders.Settings(t.Context(), h.Portal.ID)
	must(t, err)
	must(t, h.IdentityProviders.Delete(t.Context(), h.Portal.ID, byCall.Provider.ID))
	form.Submit("/sign-in", values).Is(200, h.at("/settings/sign-in")).Says("One is stored.").Hides("s3cret-of-sso")
	byForm, err := h.IdentityProviders.Settings(t.Context(), h.Portal.ID)
	must(t, err)
	sealed := byForm.Provider.SealedSecret
	byCall.Provider.ID, byCall.Provider.SealedSecret, byForm.Provider.SealedSecret = byForm.Provider.ID, nil, nil
	if !reflect.DeepEqual(byCall, byForm) || !byForm.Provider.Enabled || byForm.Provider.Claims.Groups != "teams" || !byForm.Portal.TeamMappingEnabled {
		t.Errorf("the call makes %+v, the form %+v", byCall.Provider, byForm.Provider)
	}
	again := admin.Get(h.at("/settings/sign-in")).Submit("/sign-in", url.Values{"client_id": {"other"}}).Is(200, h.at("/settings/sign-in"))
	now, err := h.IdentityProviders.Settings(t.Context(), h.Portal.ID)
	must(t, err)
	if now.Provider.ClientID != "other" || string(now.Provider.SealedSecret) != string(sealed) {
		t.Error("the secret was not kept, or the client id was")
	}

	team, err := h.Teams.Create(t.Context(), h.Portal.ID, developers.TeamFields{Name: portico.Some("Blue")})
	must(t, err)
	groups := admin.Get(h.at("/settings/sign-in")).Is(200, h.at("/settings/sign-in")).Says("No group is mapped yet")
	groups.Submit("/groups", url.Values{"group": {""}, "team": {string(team.ID)}}).Is(422, h.at("/settings/sign-in/groups")).Fault("group")
	h.call(t, 201, groups, "/groups", url.Values{"group": {"g1"}, "team": {string(team.ID)}})
	mapped := groups.Submit("/groups", url.Values{"group": {"g2"}, "team": {string(team.ID)}}).Is(200, h.at("/settings/sign-in")).Says("g1", "g2", "Blue")
	all, err := h.IdentityProviders.Mappings(t.Context(), h.Portal.ID, now.Provider.ID, portico.Everything())
	must(t, err)
	mapped.Submit("/groups/remove", url.Values{"mapping": {string(all.Items[0].ID)}}).Is(200, h.at("/settings/sign-in")).Says("no longer mapped")

	gone := again.Get(h.at("/settings/sign-in/remove")).Is(200, h.at("/settings/sign-in/remove")).Says("Accounts stay")
	h.viewer(t).Post(h.at("/settings/sign-in"), values).Is(403, h.at("/settings"))
	gone.Submit("/remove", nil).Is(200, h.at("/settings/sign-in")).Says("Single sign-on is removed.")
	gone.Submit("/remove", nil).Is(404, h.at("/settings"))
	h.viewer(t).Post(h.at("/settings/sign-in/groups"), values).Is(403, h.at("/settings"))
	if strings.Contains(h.Logs.String(), "s3cret-of-sso") {
		t.Error("the log has the secret")
	}
}

// with is a form with one more field.
func with(values url.Values, name, value string) url.Values {
	out := url.Values{name: {value}}
	for key, v := range values {
		out[key] = v
	}
	return out
}

// developer adds one, who is approved.
func (h house) developer(t *testing.T, email string) portico.DeveloperID {
	t.Helper()
	made, err := h.Developers.Create(t.Context(), h.Portal.ID, developers.NewAccount{Email: email, FullName: "Dora Developer"})
	must(t, err)
	return made.ID
}

func TestTeams(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	admin.Get(h.at("/teams")).Is(200, h.at("/teams")).Says("No teams yet")
	form := admin.Get(h.at("/teams/new")).Is(200, h.at("/teams/new"))
	form.Submit("/new", url.Values{"name": {""}}).Is(422, h.at("/teams/new")).Fault("name")
	values := url.Values{"name": {"Blue"}, "description": {"The blue ones"}, "can_own_applications": {"on"}}
	called := h.call(t, 201, form, "/new", values).Body["id"].(string)
	form.Submit("/new", values).Is(409, h.at("/teams/new"))
	h.call(t, 204, admin.Get(h.at("/teams/"+called+"/delete")), "/delete", nil)
	page := form.Submit("/new", values).Is(200, h.at("/teams/")).Says("The blue ones", "Nobody is in this team", "This team has no roles")
	path := strings.Split(page.Path, "?")[0]

	dora := h.developer(t, "dora@acme.example")
	page.Submit("/members", url.Values{"email": {"nobody@acme.example"}}).Is(422, path+"/members").Fault("email").Says("No developer of this portal")
	page.Submit("/members", url.Values{"email": {"x"}}).Is(422, path+"/members").Fault("email")
	asked := page.Submit("/members", url.Values{"email": {"Dora@acme.example"}, "view": {"call"}})
	if answer := h.Run(t, asked); answer.Status != 201 {
		t.Fatalf("the call answers %d: %v", answer.Status, answer.Body)
	}
	page.Submit("/members", url.Values{"email": {"dora@acme.example"}}).Is(409, path+"/members")
	member := admin.Get(path).Says("dora@acme.example")
	member.Submit("/members/remove", url.Values{"developer": {string(dora)}}).Is(200, path).Says("no longer in the team")
	page.Submit("/members", url.Values{"email": {"dora@acme.example"}}).Is(200, path).Says("is in the team")

	api := h.api(t, "Flights")
	roles := admin.Get(path)
	roles.Submit("/roles", url.Values{"role": {"x"}}).Is(422, path+"/roles").Fault("role")
	role := url.Values{"api": {string(api.ID)}, "role": {"API Consumer"}}
	h.call(t, 201, roles, "/roles", role)
	roles.Submit("/roles", role).Is(409, path+"/roles")
	given, err := h.Teams.Roles(t.Context(), h.Portal.ID, portico.TeamID(strings.TrimPrefix(path, h.at("/teams/"))), portico.Everything())
	must(t, err)
	admin.Get(path).Says("API Consumer").Submit("/roles/remove", url.Values{"role": {string(given.Items[0].ID)}}).Is(200, path).Says("no longer has the role")
	roles.Submit("/roles", role).Is(200, path).Says("Flights", "The team has the role.")

	h.call(t, 200, roles, path, url.Values{"name": {"Called"}})
	roles.Submit(path, url.Values{"name": {"Green"}, "can_own_applications": nil}).Is(200, path).Says("Green")
	h.viewer(t).Get(path).Is(200, path).Hides("Delete team", "Add member")
	for _, below := range []string{"", "/members", "/members/remove", "/roles", "/roles/remove", "/delete"} {
		h.viewer(t).Post(path+below, values).Is(403, path)
	}
	other := h.portal(t, "other")
	admin.Get("/portals/"+string(other.ID)+strings.TrimPrefix(path, h.at(""))).Is(404, "/portals")
	admin.Get(path+"/delete").Submit("/delete", nil).Is(200, h.at("/teams")).Says("is deleted")
}
