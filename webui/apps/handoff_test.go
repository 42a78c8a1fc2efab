package apps_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/control"
)

// create fills in Create New Application and comes to the credentials.
func (b *browser) create(values url.Values) *shown {
	b.t.Helper()
	return b.get("/apps/new").is(http.StatusOK, "/apps/new").submit("/application", values)
}

// app makes an application and proceeds to its page.
func (b *browser) app(name string, with control.StrategyView) *shown {
	b.t.Helper()
	s := b.create(url.Values{"name": {name}, "strategy": {string(with.ID)}, "client_id-" + string(with.ID): {"own-" + name}})
	if strings.HasPrefix(s.path, "/apps/new/") {
		s = s.submit("/proceed", url.Values{"stored": {"on"}})
	}
	return s.is(http.StatusOK, "/apps/")
}

// call is the gateway's answer to a request.
func (h *house) call(t *testing.T, path string, prepare func(*http.Request)) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.gateway.URL+path, nil)
	must(t, err)
	prepare(r)
	res, err := http.DefaultClient.Do(r)
	must(t, err)
	res.Body.Close()
	return res.StatusCode
}

func TestNewCredentialsAreShownOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, d := h.newcomer(t, "en")
	b.get("/apps").is(http.StatusOK, "/apps").says("My Apps", "No apps yet", "An app holds the credentials you call APIs with.", "New App")
	form := b.get("/apps/new?api="+h.orders.Slug).is(http.StatusOK, "/apps/new").says("Create New Application", "registered for Orders at once", "Okta", "Create")
	page := form.submit("/application", url.Values{"name": {"Checkout"}}).is(http.StatusOK, "/apps/new/")
	page.says("Your credentials are ready", "The secret is shown once", "Client ID", "Client Secret", "I have stored the client secret", "Proceed", "another 10 min")
	id, value := page.value("client-id"), page.value("secret")
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
	if again := b.get(page.path); again.value("secret") != value {
		t.Error("after a refresh it is another secret")
	}
	h.downloads(t, page, id, value)

	elsewhere := h.signedIn(t, "en", d.Email)
	elsewhere.get(page.path).is(http.StatusGone, page.path).says("no longer shown").hides(value, id)
	elsewhere.get(page.path+"/env").is(http.StatusGone, page.path).hides(value, id)
	stranger, _ := h.newcomer(t, "ja")
	stranger.client.Jar.SetCookies(mustParse(t, h.site.URL+page.path), b.client.Jar.Cookies(mustParse(t, h.site.URL+page.path))[:1])
	stranger.get(page.path).hides(value, id)

	if status := h.call(t, "/orders/orders", func(r *http.Request) { r.SetBasicAuth(id, value) }); status != http.StatusOK {
		t.Errorf("the gateway answers the new credentials with %d", status)
	}
	page.submit("/proceed", nil).is(http.StatusUnprocessableEntity, "/apps/new/").fault("stored").says("Confirm that you have stored the secret. It cannot be shown again.")
	overview := page.submit("/proceed", url.Values{"stored": {"on"}}).is(http.StatusOK, "/apps/")
	overview.says("Checkout", "Make your first call", "curl "+h.gateway.URL+"/orders/orders", `-u "$CLIENT_ID:$CLIENT_SECRET"`, "Authorization: Basic "+id, "Registered APIs", "Orders", "Approved").hides(value)
	b.get(page.path).is(http.StatusGone, page.path).hides(value)
	page.submit("/proceed", url.Values{"stored": {"on"}}).is(http.StatusOK, "/apps")
	form.submit("/application", url.Values{"name": {"Checkout again"}}).is(http.StatusBadRequest, "/apps/new/").says("Open the form again")
	if strings.Contains(h.logs.String(), value) {
		t.Error("the log has the secret")
	}
}

// downloads checks the files that the page offers.
func (h *house) downloads(t *testing.T, page *shown, id, value string) {
	t.Helper()
	env := page.get(page.path + "/env")
	want := "CLIENT_ID=" + id + "\nCLIENT_SECRET=" + value + "\nTOKEN_URL=" + h.as.Issuer + "/v1/token\nISSUER=" + h.as.Issuer + "\nSCOPES=orders.read\nAPI_BASE_URL=" + h.gateway.URL + "/orders\n"
	if env.body != want || env.header.Get("Cache-Control") != "no-store" || env.header.Get("Content-Disposition") != `attachment; filename=".env"` {
		t.Errorf(".env: %v\n%s", env.header, env.body)
	}
	var object map[string]string
	must(t, json.Unmarshal([]byte(page.get(page.path+"/json").body), &object))
	if object["client_id"] != id || object["client_secret"] != value || object["api_base_url"] != h.gateway.URL+"/orders" {
		t.Errorf("JSON: %v", object)
	}
}

func TestCredentialsGoWhenTheirTimeIsOver(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	page := b.create(url.Values{"name": {"Late"}}).is(http.StatusOK, "/apps/new/")
	value := page.value("secret")
	b.get("/apps").says("Late")
	h.clock.pass(control.HandoffLife - time.Minute)
	kept := page.submit("/extend", nil).is(http.StatusOK, "/apps/new/").says("another 10 min")
	h.clock.pass(control.HandoffLife - time.Minute)
	kept.get(page.path).is(http.StatusOK, page.path).says("another 1 min")
	h.clock.pass(time.Minute)
	b.get(page.path).is(http.StatusGone, page.path).hides(value)
	page.submit("/extend", nil).is(http.StatusGone, page.path)
}

func TestAFormSentTwiceMakesOneApplication(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, d := h.newcomer(t, "en")
	form := b.get("/apps/new")
	h.as.Delay("/api/v1/apps", 700*time.Millisecond, 1)
	var both sync.WaitGroup
	pages := make([]*shown, 2)
	for i := range pages {
		both.Go(func() { pages[i] = form.submit("/application", url.Values{"name": {"Twice"}}) })
	}
	both.Wait()
	waited := 0
	for _, page := range pages {
		page.is(http.StatusOK, "/apps/new/")
		if strings.Contains(page.text(), "being made") {
			waited++
			page.says("You need not send the form again", "Reload")
			page.get(page.path).says("Your credentials are ready")
			page.get(page.path+"?wait=1").is(http.StatusOK, page.path).says("Your credentials are ready")
		}
	}
	if waited != 1 {
		t.Errorf("%d of 2 requests were asked to wait", waited)
	}
	own, err := h.Applications.UsableBy(t.Context(), d, portico.Everything())
	must(t, err)
	if own.Total != 1 {
		t.Errorf("%d applications", own.Total)
	}
}

func TestNothingIsCreatedWhenTheIdentityProviderIsDown(t *testing.T) {
	t.Parallel()
	for lang, says := range map[string]string{"en": "Okta did not answer. Nothing was created. Try again. Reference: ", "ja": "Okta から応答がありませんでした。何も作成されていません。"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			b, d := h.newcomer(t, lang)
			form := b.get("/apps/new")
			h.as.Fail("/api/v1/apps", http.StatusServiceUnavailable, 20)
			refused := form.submit("/application", url.Values{"name": {"Checkout"}, "description": {"kept"}}).is(http.StatusServiceUnavailable, "/apps/new/").says(says, "kept")
			own, err := h.Applications.UsableBy(t.Context(), d, portico.Everything())
			must(t, err)
			if own.Total != 0 {
				t.Errorf("%d applications", own.Total)
			}
			h.as.ClearFaults()
			refused.submit("/application", url.Values{"name": {"Checkout"}}).is(http.StatusOK, "/apps/new/")
		})
	}
}

func TestTheFormSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b, _ := h.newcomer(t, "en")
	b.app("Taken", h.dcr)
	self, redirect := "client_id-"+string(h.self.ID), "redirect_uri-"+string(h.dcr.ID)
	for name, test := range map[string]struct {
		values url.Values
		status int
		field  string
		says   string
	}{
		"no name":          {url.Values{"name": {" "}}, 422, "name", "Fill in this field."},
		"a long name":      {url.Values{"name": {strings.Repeat("é", 256)}}, 422, "name", "Use at most 255 characters."},
		"no strategy":      {url.Values{"name": {"a"}, "strategy": {"none"}}, 422, "strategy", "Choose an auth strategy."},
		"no client":        {url.Values{"name": {"a"}, "strategy": {string(h.self.ID)}}, 422, self, "Fill in this field."},
		"a bad redirect":   {url.Values{"name": {"a"}, redirect: {"/callback"}}, 422, redirect, "Enter a complete address"},
		"a name there is":  {url.Values{"name": {"Taken"}}, 409, "", "Choose another name."},
		"an unknown owner": {url.Values{"name": {"a"}, "owner": {"0"}}, 400, "", "team"},
	} {
		again := b.create(test.values)
		again.is(test.status, "/apps/new/").says(test.says)
		if test.field != "" {
			again.fault(test.field)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func mustParse(t *testing.T, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u
}
