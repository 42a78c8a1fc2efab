package operate_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/usage"
	"portico/webtest"
	"portico/webui/console/operate"
	"portico/webui/consoletest"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func form(pairs ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		out.Set(pairs[i], pairs[i+1])
	}
	return out
}

// furnished is a house in which an admin has made a provider with a token, and
// a request went through the gateway.
func furnished(t *testing.T) (*consoletest.House, control.APIView) {
	t.Helper()
	h := consoletest.New(t, operate.Routes)
	ctx := portico.WithEvent(t.Context(), portico.Event{Action: "create-dcr-provider", Principal: portico.Principal{Kind: portico.PrincipalUser, ID: string(h.Admin.ID), Name: h.Admin.Email}, ClientIP: "192.0.2.7", Method: "POST", URI: "/v2/dcr-providers", UserAgent: "curl/8"})
	_, err := h.Providers.Create(ctx, control.NewProvider{Name: "Okta production", Type: portico.ProviderOkta, Issuer: h.Okta.Issuer, Secret: h.Okta.Token})
	must(t, err)
	api, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Orders"})
	must(t, err)
	latencies := make([]int64, len(portico.LatencyClasses())+1)
	latencies[3] = 7
	at := h.Clock.Now().Add(-time.Hour).Truncate(time.Minute)
	must(t, h.Deps.Store.Update(t.Context(), func(tx portico.Tx) error {
		return tx.AddUsage(t.Context(), []portico.UsageCount{
			{Start: at, Length: time.Minute, ApplicationID: "gone", APIID: api.ID, Status: 200, Outcome: portico.Outcome(usage.OK), Requests: 7, Latencies: latencies},
			{Start: at, Length: time.Minute, APIID: "other", Status: 401, Outcome: portico.OutcomeNoCredential, Requests: 3, Latencies: latencies},
		}, nil)
	}))
	return h, api
}

func TestAnalyticsOfWhatMayBeViewed(t *testing.T) {
	t.Parallel()
	h, api := furnished(t)
	h.As(t, "en").Get("/analytics").Is(200, "/analytics").Says("Requests10", "Orders", "No credential was sent", "No application was recognised")
	h.As(t, "en").Get("/analytics?range=1h").Is(200, "/analytics")
	h.As(t, "en").Get("/analytics?range=nonsense").Is(200, "/analytics").Says("Requests10")
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.APIs, Entity: string(api.ID)})
	viewer.Get("/analytics").Is(200, "/analytics").Says("Requests7").Hides("No credential was sent")
	h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: "1"}).Get("/analytics").Is(403, "/analytics")
}

func TestAuditLogTellsWhoChangedWhat(t *testing.T) {
	t.Parallel()
	h, _ := furnished(t)
	admin := h.As(t, "en")
	page := admin.Get("/audit-log?q=Okta+production").Is(200, "/audit-log").Says("ada@acme.example", "create-dcr-provider", "Okta production", "Done")
	admin.Get("/audit-log?actor=nobody").Is(200, "/audit-log").Says("No entries")
	admin.Get("/audit-log?from=2026-11-02&to=2026-11-02&action=dcr&type=authorization").Says("Okta production")
	admin.Get("/audit-log?to=2020-01-01").Says("No entries")
	admin.Get("/audit-log?from=yesterday").Is(422, "/audit-log").Says("Enter a day such as")
	admin.Get("/audit-log?older=x&newer=-1&q=%00").Is(200, "/audit-log")
	_, id, _ := strings.Cut(page.Body, "/audit-log/entries/")
	id, _, _ = strings.Cut(id, `"`)
	admin.Get("/audit-log/entries/"+id).Is(200, "/audit-log/entries").Says("192.0.2.7", "POST /v2/dcr-providers", "Created: DCR provider Okta production", h.Okta.Issuer).Hides(h.Okta.Token.Reveal())
	admin.Get("/audit-log/entries/none").Is(404, "/audit-log/entries")
	if export := admin.Get("/audit-log/export?q=Okta+production"); !strings.HasPrefix(export.Header.Get("Content-Type"), "application/x-ndjson") || strings.Count(export.Body, "\n") != 1 || strings.Contains(export.Body, h.Okta.Token.Reveal()) {
		t.Errorf("exported %s", export.Body)
	}
	page.Submit("/verify", nil).Is(200, "/audit-log").Says("the log is complete")
	h.As(t, "en", access.Grant{Role: "Admin", Type: access.Portals, Entity: access.Everything}).Get("/audit-log").Is(403, "/audit-log")
}

func TestWebhook(t *testing.T) {
	t.Parallel()
	h, _ := furnished(t)
	admin := h.As(t, "en")
	page := admin.Get("/audit-log/webhook").Is(200, "/audit-log/webhook")
	page.Submit("/webhook", form("name", "", "endpoint", "ftp://x")).Is(422, "/audit-log/webhook")
	page.Submit("/webhook", form("name", "SIEM", "endpoint", "https://siem.example/in", "authorization", "Bearer s3cr3t-value")).Is(200, "/audit-log/webhook").Says("Delivery", "Works").Hides("s3cr3t-value")
	saved := admin.Get("/audit-log/webhook").Says("Stored on").Hides("s3cr3t-value")
	// The authorization was entrusted for another address.
	saved.Submit("/webhook", form("endpoint", "https://elsewhere.example/in")).Is(422, "/audit-log/webhook")
	saved.Submit("/webhook/remove", nil).Is(200, "/audit-log/webhook")
	reader := h.As(t, "en", access.OrganizationReader())
	reader.Get("/audit-log/webhook").Is(200, "/audit-log/webhook").Says("There is no webhook.")
	reader.Post("/audit-log/webhook", form("name", "x")).Is(403, "/audit-log/webhook")
}

func TestMails(t *testing.T) {
	t.Parallel()
	h, _ := furnished(t)
	admin := h.As(t, "en")
	admin.Get("/email").Is(200, "/email").Says("No mail yet")
	must(t, h.Admins.Passwords.Forgot(t.Context(), h.Admin.Email))
	list := admin.Get("/email?q=ada&state=sent").Is(200, "/email").Says("ada@acme.example", "Sent")
	admin.Get("/email?state=failed").Says("Nothing matches these filters")
	_, id, _ := strings.Cut(list.Body, `href="/email/`)
	id, _, _ = strings.Cut(id, `"`)
	// The link lets somebody in: not even an admin reads it.
	admin.Get("/email/"+id).Is(200, "/email/").Says("only the recipient may read it").Hides("token=")
	admin.Post("/email/"+id+"/retry", nil).Is(409, "/email/")
	admin.Get("/email/none").Is(404, "/email/none")
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h, _ := furnished(t)
	must(t, h.Admins.Passwords.Forgot(t.Context(), h.Admin.Email))
	admin := h.As(t, "en")
	admin.Get("/audit-log/webhook").Submit("/webhook", form("name", "SIEM", "endpoint", "https://siem.example/in", "authorization", "x"))
	_, entry, _ := strings.Cut(admin.Get("/audit-log?q=Okta+production").Body, "/audit-log/entries/")
	entry, _, _ = strings.Cut(entry, `"`)
	_, mail, _ := strings.Cut(admin.Get("/email").Body, `href="/email/`)
	mail, _, _ = strings.Cut(mail, `"`)
	h.Matrix(t, []webtest.View{
		{Name: "analytics", Path: "/analytics"}, {Name: "audit", Path: "/audit-log"}, {Name: "audit-entry", Path: "/audit-log/entries/" + entry}, {Name: "audit-none", Path: "/audit-log?q=zzz"},
		{Name: "webhook", Path: "/audit-log/webhook"}, {Name: "email", Path: "/email"}, {Name: "email-one", Path: "/email/" + mail},
	})
}
