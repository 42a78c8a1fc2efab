package e2e_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"portico/control"
	"portico/usecase"
	"portico/webtest"
	"portico/webui/console"
	"portico/webui/desk"
)

// TestHostileConsole feeds rubbish to every page of the console and to every
// form. The forms are those that the pages show, as they are filled in; so a new
// page is under attack as soon as it is there.
func TestHostileConsole(t *testing.T) {
	t.Parallel()
	a := newAttacked(t, func(p *program) string { return p.ConsoleURL })
	admin := newAPI(t, a.ManagementURL, "Authorization", "Bearer "+a.Token)
	a.makeAdmin(admin)
	a.makeWaiting(admin)
	a.enterConsole(t)
	a.findWhatOnlyPagesName(t)
	others := a.others()
	clients, apps := a.clients(t), a.registered(t)
	routes := console.Routes(&desk.Site{Control: control.New(usecase.Deps{})})
	forms := a.formsOfPages(t, routes)
	attack := func(t *testing.T, route desk.Route) {
		t.Parallel()
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		b := &besiegedPage{
			attacked: &attacked{a.program, a.base, a.header, a.ids, attacker(!route.Guess)},
			target:   target{method: method, pattern: pattern}, form: forms.values[route.Pattern], asked: forms.names[route.Pattern],
			signedIn: !route.Open, limit: 12 << 20, looked: map[int]bool{}, secrets: []string{a.OktaToken, a.Token, a.Admin.Password, a.Developer.Password},
		}
		b.attackElsewhere(t, others)
		b.attack(t)
	}
	for _, ends := range []bool{false, true} {
		if ends { // rubbish typed to confirm must not be the name that rubbish has given
			admin.do("PATCH", "/v3/portals/"+a.ids["portalId"], object{"name": "Coffee Shop"}, 200)
		}
		t.Run("ends "+strconv.FormatBool(ends), func(t *testing.T) {
			for _, route := range routes {
				if ending.MatchString(route.Pattern) == ends {
					t.Run(strings.ReplaceAll(route.Pattern, " ", ""), func(t *testing.T) { attack(t, route) })
				}
			}
		})
	}
	a.unharmed(t, clients, apps)
}

// ending are forms that end something: they are attacked after all others,
// lest those find nothing any more.
var ending = regexp.MustCompile(`POST .*/(delete|remove|unlink|unpublish|revoke|reset|undo|sign-out|end|end-others)$|POST /approvals`)

// makeWaiting makes a developer and a registration that wait for a decision.
func (a *attacked) makeWaiting(admin *api) {
	portal := "/v3/portals/" + a.ids["portalId"]
	waiting := id(admin.do("POST", portal+"/developers", object{"email": "waiting@example.com", "full_name": "W", "status": "pending"}, 201))
	app := admin.do("POST", portal+"/applications", object{"name": "waiting", "owner": object{"id": a.ids["owner"], "type": "developer"}, "auth_strategy_id": a.ids["strategy"]}, 201)
	registration := id(admin.do("POST", portal+"/applications/"+id(app)+"/registrations", object{"api_id": a.ids["apiId"], "status": "pending"}, 201))
	admin.do("POST", "/v3/invites", object{"email": "invited@example.com"}, 201)
	pack := a.ids["/v3/api-packages/{apiId}"]
	admin.do("PUT", "/v3/api-packages/"+pack+"/publications/"+a.ids["portalId"], object{"auth_strategy_ids": []string{a.ids["strategy"]}}, 200)
	admin.do("PUT", "/v3/api-packages/"+pack+"/current-specification", object{"content": specification, "type": "oas3"}, 200)
	plane, machine := "/gateways/{controlPlaneId}", "/system-accounts/{accountId}"
	maps.Copy(a.ids, map[string]string{
		"/approvals/developers/{id}": waiting, "/approvals/registrations/{id}": registration, "name": "reset-password",
		"/settings/teams/{teamId}": a.ids["/v3/teams/{teamId}"], "/settings" + machine + "/tokens/{tokenId}": a.ids["/v3"+machine+"/access-tokens/{tokenId}"],
		"/packages/{apiId}": pack, "/packages/{apiId}/documents/{documentId}": a.ids["/v3/api-packages/{apiId}/documents/{documentId}"],
		plane + "/services/{entityId}": a.ids["ServiceId"], plane + "/routes/{entityId}": a.ids["RouteId"],
		plane + "/plugins/{entityId}": a.ids["PluginId"], plane + "/consumers/{entityId}": a.ids["ConsumerId"],
	})
}

// enterConsole makes every attack one of the demo's admin.
func (a *attacked) enterConsole(t *testing.T) {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, a.base+"/login", strings.NewReader(url.Values{"email": {a.Admin.Email}, "password": {a.Admin.Password}}.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := attacker(true).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for _, c := range res.Cookies() {
		if c.Name == "portico_console" {
			a.header.Set("Cookie", c.Name+"="+c.Value)
			return
		}
	}
	t.Fatalf("signing in answers %d and no session", res.StatusCode)
}

// page is a page of the console as it stands.
func (a *attacked) page(t *testing.T, path string) string {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, a.base+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Cookie", a.header.Get("Cookie"))
	res, err := a.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// findWhatOnlyPagesName finds the ids of what has none in the management API.
func (a *attacked) findWhatOnlyPagesName(t *testing.T) {
	t.Helper()
	for wildcard, list := range map[string]string{"mail": "/email", "entry": "/audit-log"} {
		found := regexp.MustCompile(list + `(?:/entries)?/(\w[\w-]{7,})"`).FindStringSubmatch(a.page(t, list))
		if found == nil {
			t.Fatalf("%s leads to none", list)
		}
		a.ids[wildcard] = found[1]
	}
}

// others are those that makeOthers made, by what the addresses of what they hold
// begin with.
func (a *attacked) others() map[string]string {
	return map[string]string{
		"/portals/{portalId}": a.ids["another /v3/portals/{portalId}"], "/apis/{apiId}": a.ids["another /v3/apis/{apiId}"], "/packages/{apiId}": a.ids["another /v3/api-packages/{apiId}"],
		"/gateways/{controlPlaneId}": a.ids["another /v2/control-planes/{controlPlaneId}"], "/settings/system-accounts/{accountId}": a.ids["another /v3/system-accounts/{accountId}"],
	}
}

// attackElsewhere asks for what is ours as if it were another's.
func (b *besiegedPage) attackElsewhere(t *testing.T, others map[string]string) {
	names := wildcards.FindAllStringSubmatchIndex(b.pattern, -1)
	if len(names) < 2 || strings.Contains(b.pattern, "{name}") { // an e-mail's text, which every portal has
		return
	}
	holder := b.pattern[:names[0][1]]
	other, known := others[holder]
	if !known {
		t.Fatalf("there is no other %s", holder)
	}
	path := b.pathWith(b.target, b.pattern[names[0][2]:names[0][3]], other)
	if status := b.visit(t, b.request(t, b.method, path, "application/x-www-form-urlencoded", []byte(b.form.Encode())), ""); status != http.StatusNotFound {
		t.Errorf("%s %s with another's {…} answers %d", b.method, b.pattern, status)
	}
}

// formsFound are the forms that pages show, and the names that their queries
// may have, by pattern.
type formsFound struct {
	values map[string]url.Values
	names  map[string][]string
}

// named are the names of fields, and of what addresses ask for.
var named = regexp.MustCompile(`\bname="(\w+)"|[?;](\w+)=`)

// formsOfPages looks at all pages for their forms; of several that lead to the
// same place, it takes the one with most fields.
func (a *attacked) formsOfPages(t *testing.T, routes []desk.Route) formsFound {
	t.Helper()
	f := formsFound{a.hiddenForms(), map[string][]string{}}
	known := http.NewServeMux()
	for _, route := range routes {
		known.Handle(route.Pattern, http.NotFoundHandler())
	}
	for _, route := range routes {
		method, pattern, _ := strings.Cut(route.Pattern, " ")
		if method != http.MethodGet {
			continue
		}
		html := a.page(t, a.path(target{pattern: pattern}))
		for _, match := range named.FindAllStringSubmatch(html, -1) {
			f.names[route.Pattern] = append(f.names[route.Pattern], match[1]+match[2])
		}
		f.names[route.Pattern] = slices.Compact(slices.Sorted(slices.Values(append(f.names[route.Pattern], "nobody"))))
		shown, err := webtest.PostForms(html)
		if err != nil {
			t.Fatal(err)
		}
		for _, form := range shown {
			action, _, _ := strings.Cut(form.Action, "#")
			_, leads := known.Handler(httptest.NewRequest(http.MethodPost, action, nil))
			if len(form.Values) > len(f.values[leads]) || f.values[leads] == nil {
				f.values[leads] = a.filled(form.Values)
			}
		}
	}
	for _, route := range routes {
		if _, shown := f.values[route.Pattern]; !shown && strings.HasPrefix(route.Pattern, "POST ") {
			t.Errorf("no page has a form that leads to %s", route.Pattern)
		}
	}
	return f
}

// filled is a form with something in the fields that are empty, and with the
// button that asks for the call of the management API.
func (a *attacked) filled(form url.Values) url.Values {
	form = maps.Clone(form)
	for name, text := range map[string]string{
		"name": "n", "dcr_token": a.OktaToken, "issuer": a.Issuer, "url": "http://127.0.0.1:9", "path": "/nowhere", "slug": "s", "content": "# C", "email": "n@example.com",
	} {
		if values, there := form[name]; there && slices.Equal(values, []string{""}) {
			form[name] = []string{text}
		}
	}
	form.Set("view", "")
	return form
}

// hiddenForms are those that no page shows as the demo stands: to whoever is
// signed in, where there is nothing to do, or at the end of a link in a mail.
func (a *attacked) hiddenForms() map[string]url.Values {
	form := func(pairs ...string) url.Values {
		out := url.Values{}
		for i := 0; i < len(pairs); i += 2 {
			out.Set(pairs[i], pairs[i+1])
		}
		return out
	}
	const none, password = "01a1fbf7-b2b4-7520-946b-b97c07ba3a73", "correct horse battery"
	return map[string]url.Values{
		"POST /login":                                                form("email", "new@example.com", "password", password, "return", "/apis"),
		"POST /login/code":                                           form("code", "123456", "return", "/apis"),
		"POST /invitation":                                           form("token", none, "full_name", "N", "password", password),
		"POST /account/second-factor":                                form("code", "123456"),
		"POST /account/second-factor/change":                         form("do", "off", "code", "123456"),
		"POST /account/sessions/end":                                 form("session", none),
		"POST /account/sessions/end-others":                          form(),
		"POST /account/tokens/{tokenId}/delete":                      form("view", ""),
		"POST /audit-log/webhook/remove":                             form("view", ""),
		"POST /application-auth/providers/{dcrProviderId}/set-up":    form("view", ""),
		"POST /email/{mail}/retry":                                   form("view", ""),
		"POST /gateways/{controlPlaneId}/delete":                     form("confirm", "c", "view", ""),
		"POST /gateways/{controlPlaneId}/plugins/new":                form("name", "cors", "instance_name", "i", "enabled", "on", "config.origins", "*", "view", ""),
		"POST /gateways/{controlPlaneId}/services/{entityId}/delete": form("confirm", "c", "view", ""),
		"POST /portals/{portalId}/appearance/preview":                form("mode", "dark", "colour", "#0A7", "css", "a{}", "preset", "mint"),
		"POST /portals/{portalId}/appearance/logo/remove":            form("view", ""),
		"POST /portals/{portalId}/appearance/favicon/remove":         form("view", ""),
		"POST /portals/{portalId}/pages/defaults":                    form("view", ""),
		"POST /portals/{portalId}/pages/preview":                     form("content", "# C", "title", "T", "slug", "s", "page", a.ids["pageId"], "snippet", a.ids["snippetId"]),
		"POST /portals/{portalId}/emails/{name}/test":                form("subject", "s", "title", "t", "body", "b", "button_label", "l", "view", ""),
		"POST /portals/{portalId}/emails/{name}/preview":             form("subject", "s", "title", "t", "body", "b", "button_label", "l"),
		"POST /approvals/developers/undo":                            form("id", a.ids["/approvals/developers/{id}"]),
		"POST /approvals/registrations/undo":                         form("id", a.ids["/approvals/registrations/{id}"]),
		"POST /settings/teams/{teamId}/users/remove":                 form("remove_user", none),
		"POST /developers/{developerId}/sign-out":                    form("view", ""),
	}
}
