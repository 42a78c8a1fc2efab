package catalog_test

import (
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"portico"
	"portico/control"
)

func TestCatalogue(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	anyone := h.browser("en")
	anyone.get("/apis").is(http.StatusOK).says("Flights", "Weather events", "Keys of ours", "2 APIs").saysNot("Payroll")
	anyone.get("/apis?q=flight").is(http.StatusOK).says(`href="/apis/` + h.flights.Slug + `"`).saysNot("Weather events")
	anyone.get("/apis?a.domain=weather").is(http.StatusOK).says("Weather events").saysNot(`href="/apis/` + h.flights.Slug + `"`)
	anyone.get("/apis?auth=key_auth&page=99").is(http.StatusOK).says("1 API")
	anyone.get("/apis?q=nothing+of+the+kind").is(http.StatusOK).says("No API matches", "Clear filters")
	h.developer("dana@example.com")
	h.signedIn("ja", "dana@example.com").get("/apis").is(http.StatusOK).says("Payroll", "3 件の API")
}

func TestAnAPIsPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser("en")
	flights := "/apis/" + h.flights.Slug
	b.get(flights).is(http.StatusOK).says("Getting started", "<em>it</em>", "Use this API", "/air").saysNot("<script>x")
	b.get(flights + "/documents/getting-started").is(http.StatusOK).says("<em>it</em>")
	b.get(flights + "/documents/none").is(http.StatusNotFound)
	b.get(flights+"/reference").is(http.StatusOK).says(`id="getFlight"`, "/air/flights/", "x-key: $API_KEY", flights+"/try/getFlight")
	b.get(flights + "/reference?version=1.0").is(http.StatusOK)
	b.get(flights + "/reference?version=7").is(http.StatusNotFound)
	b.get(flights + "/reference?tag=none").is(http.StatusNotFound)
	b.get(flights + "/reference?schema=none").is(http.StatusNotFound)
	b.get(flights + "/reference?operation=GET+%2Fflights%2F%7Bid%7D").is(http.StatusOK).says(`id="getFlight"`)
	if s := b.get(flights + "/reference?format=markdown").is(http.StatusOK).says("### Get flight"); !strings.HasPrefix(s.header.Get("Content-Type"), "text/markdown") {
		t.Errorf("Markdown is sent as %s", s.header.Get("Content-Type"))
	}
	if s := b.get(flights + "/specification").is(http.StatusOK); s.body != specification || !strings.Contains(s.header.Get("Content-Disposition"), ".yaml") {
		t.Errorf("got %v", s.header)
	}
	b.get(flights+"/versions").is(http.StatusOK).says("OpenAPI 3", "Current")
	b.get("/apis/"+h.free.Slug+"/reference").is(http.StatusOK).says("not OpenAPI", "asyncapi")
	b.get("/apis/" + h.hidden.Slug).is(http.StatusNotFound)
	b.get("/apis/none").is(http.StatusNotFound)
}

func TestSwaggerUI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser("en")
	s := b.get("/apis/"+h.flights.Slug+"/swagger").is(http.StatusOK).says("/swagger-ui/swagger-ui-bundle.js", "/swagger/init.js").saysNot("style=", "<style")
	if strings.Contains(s.header.Get("Content-Security-Policy"), "unsafe") {
		t.Error("Swagger UI loosens the content security policy")
	}
	b.get("/apis/"+h.flights.Slug+"/swagger/init.js").is(http.StatusOK).says("SwaggerUIBundle(", h.flights.Slug+"/specification")
	b.get("/swagger-ui/swagger-ui.css").is(http.StatusOK).says(".swagger-ui")
	for _, none := range []string{"none.js", "%2E%2E", "a%2Fb", "%00"} {
		b.get("/swagger-ui/" + none).is(http.StatusNotFound).says("</html>")
	}
	b.get("/apis/%00").is(http.StatusNotFound)
	b.get("/apis/%FF%FE/reference").is(http.StatusNotFound)
}

func TestUseThisAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	path := "/apis/" + h.flights.Slug + "/use"
	if s := h.browser("en").get(path); !strings.HasPrefix(s.path, "/login?return=") {
		t.Errorf("led to %s", s.path)
	}
	dana := h.developer("dana@example.com")
	other, err := h.Strategies.Create(t.Context(), control.NewStrategy{Name: "other", DisplayName: "Other keys", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	_, err = h.Publications.Put(t.Context(), h.free.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(other.ID), Visibility: portico.Some(portico.Public)})
	must(t, err)
	fitting, wrong := h.application(dana, "Checkout", h.keys.ID), h.application(dana, "Kiosk", other.ID)
	b := h.signedIn("en", "dana@example.com")
	b.get(path).is(http.StatusOK).says("Checkout", "Uses Other keys; this API needs Keys of ours.", "approves registrations")
	b.post(path, url.Values{}).is(http.StatusUnprocessableEntity)
	b.post(path, url.Values{"app": {string(wrong.ID)}}).is(http.StatusUnprocessableEntity)
	if s := b.post(path, url.Values{"app": {"new"}, "comment": {"For a new kiosk"}}); !strings.HasPrefix(s.path, "/apps/new?api=") {
		t.Errorf("led to %s", s.path)
	} else {
		s.says("For a new kiosk")
	}
	b.post(path, url.Values{"app": {string(fitting.ID)}, "comment": {"For the kiosks"}}).is(http.StatusOK).says("You asked to use Flights")
	made, err := h.Registrations.List(t.Context(), portico.Everything(portico.Where("application_id", fitting.ID)))
	must(t, err)
	if len(made.Items) != 1 || made.Items[0].Status != portico.Pending || made.Items[0].Comment != "For the kiosks" {
		t.Errorf("registered %+v", made.Items)
	}
	b.get(path).is(http.StatusOK).says("Awaiting approval")
	b.get("/apis/" + h.flights.Slug + "/apps").is(http.StatusOK).says("Checkout")
	b.get("/apis/" + h.hidden.Slug + "/use").is(http.StatusForbidden)

	// Many applications make a short page all the same.
	for i := range 14 {
		h.application(dana, "Other "+strconv.Itoa(i), other.ID)
	}
	b.get(path).is(http.StatusOK).says("3 more apps are not listed")
	for i := range 13 {
		h.application(dana, "Fitting "+strconv.Itoa(i), h.keys.ID)
	}
	b.get(path).is(http.StatusOK).says("<select", "Fitting 12", "New app")
}

func TestTryIt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser("en")
	path := "/apis/" + h.flights.Slug + "/try/getFlight"
	form := b.get(path).is(http.StatusOK).says("X-Trace", "/air/flights/{id}", "neither stored nor logged").saysNot(`name="header.Host"`)
	if form.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Cache-Control %q", form.header.Get("Cache-Control"))
	}
	s := b.post(path, url.Values{"path.id": {"NH 1"}, "query.lang": {"ja"}, "header.X-Trace": {"t1"}, "header.Host": {"evil.example"}, "way": {"key"}, "secret": {"good-key"}}).is(http.StatusOK)
	s.says("200 OK", "NH 1", "[redacted]").saysNot("good-key", "confidential")
	r := <-h.asked
	if r.URL.RequestURI() != "/air/flights/NH%201?lang=ja" || r.Header.Get("X-Trace") != "t1" || r.Host == "evil.example" || r.Method != http.MethodGet {
		t.Errorf("the gateway was asked %s %s of %s, %v", r.Method, r.URL, r.Host, r.Header)
	}
	b.post(path, url.Values{"path.id": {"1"}}).is(http.StatusOK).says("401 Unauthorized", "none was sent")
	<-h.asked
	b.post(path, url.Values{"path.id": {"1"}, "way": {"key"}, "secret": {"bad-key"}}).is(http.StatusOK).says("401 Unauthorized", "rotated or revoked").saysNot("bad-key")
	<-h.asked
	b.post("/apis/"+h.flights.Slug+"/try/addFlight", url.Values{"body": {`{"id":"1"}`}, "way": {"key"}, "secret": {"good-key"}}).is(http.StatusOK)
	r = <-h.asked
	if body, _ := io.ReadAll(r.Body); r.Method != http.MethodPost || string(body) != `{"id":"1"}` || r.Header.Get("Content-Type") != "application/json" {
		t.Errorf("the gateway was asked %s %s, %v", r.Method, body, r.Header)
	}
	if strings.Contains(h.logs.String(), "-key") {
		t.Error("a credential is in the log")
	}
}

func TestTryItStaysWithinTheAPI(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	b := h.browser("en")
	path := "/apis/" + h.flights.Slug + "/try/getFlight"
	for name, form := range map[string]url.Values{
		"no id": {}, "up": {"path.id": {".."}}, "another path": {"path.id": {"a/../../b"}}, "backslash": {"path.id": {`a\b`}}, "line break in a key": {"path.id": {"1"}, "way": {"key"}, "secret": {"a\r\nHost: b"}},
		"line break in a header": {"path.id": {"1"}, "header.X-Trace": {"a\nb"}},
	} {
		if s := b.post(path, form); s.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, s.status)
		}
	}
	b.post("/apis/"+h.flights.Slug+"/try/none", url.Values{}).is(http.StatusNotFound)
	b.post("/apis/"+h.hidden.Slug+"/try/getFlight", url.Values{"path.id": {"1"}}).is(http.StatusNotFound)
	b.post("/apis/"+h.free.Slug+"/try/getFlight", url.Values{}).is(http.StatusNotFound)
	h.developer("dana@example.com")
	h.signedIn("en", "dana@example.com").post("/apis/"+h.hidden.Slug+"/try/getFlight", url.Values{"path.id": {"1"}}).is(http.StatusConflict)
	if len(h.asked) > 0 {
		t.Errorf("the gateway was asked %v", (<-h.asked).URL)
	}
}
