package apis_test

import (
	"strings"
	"testing"
	"time"

	"portico"
	"portico/content"
	"portico/control"
	"portico/routing"
	"portico/webtest"
	"portico/webui/consoletest"
)

// furnished is an API with everything that pages can show.
func furnished(t testing.TB, h *consoletest.House) (control.APIView, []webtest.View) {
	t.Helper()
	api, strategy := newAPI(t, h, "Orders"), newStrategy(t, h)
	_, err := h.APIs.Create(t.Context(), control.NewAPI{Name: "Loyalty points", Version: new("v3"), Attributes: map[string][]string{"domain": {"marketing"}, "stage": {"beta"}}})
	must(t, err)
	portal := newPortal(t, h, "Developers")
	_, err = h.Publications.Put(t.Context(), api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(strategy.ID)})
	must(t, err)
	h.Clock.Advance(time.Minute)
	version, err := h.APIs.CreateVersion(t.Context(), api.ID, control.NewVersion{Content: strings.Replace(later, "summary: One order", "summary: One order, deprecated: no", 1)}, "content")
	must(t, err)
	guide, err := h.Content.Documents.Create(t.Context(), api.ID, content.DocumentFields{Title: portico.Some("Guide"), Content: portico.Some("# Guide\n\nHow to place your *first* order.\n\n```sh\ncurl https://api.example/orders\n```\n"), Published: portico.Some(true)})
	must(t, err)
	_, err = h.Content.Documents.Create(t.Context(), api.ID, content.DocumentFields{Title: portico.Some("Errors"), ParentID: portico.Some(guide.ID)})
	must(t, err)
	linked := newAPI(t, h, "Payments")
	plane, err := h.Gateways.EnsureDefault(t.Context())
	must(t, err)
	_, err = h.Implementations.Serve(t.Context(), linked.ID, plane.ID, routing.ServiceFields{Name: portico.Some("payments"), URL: portico.Some("https://payments.internal.example:8443/v1")}, routing.RouteFields{Name: portico.Some("payments"), Paths: portico.Some([]string{"/payments"})})
	must(t, err)
	at := path(api)
	views := []webtest.View{
		{Name: "list", Path: "/apis"}, {Name: "new", Path: "/apis/new"}, {Name: "overview", Path: at}, {Name: "delete", Path: at + "/delete"},
		{Name: "specification", Path: at + "/specification"}, {Name: "version", Path: at + "/specification/" + string(version.ID)},
		{Name: "version-edit", Path: at + "/specification/" + string(version.ID) + "/edit"}, {Name: "version-delete", Path: at + "/specification/" + string(version.ID) + "/delete"},
		{Name: "documents", Path: at + "/documents"}, {Name: "document", Path: at + "/documents/" + string(guide.ID)}, {Name: "document-delete", Path: at + "/documents/" + string(guide.ID) + "/delete"},
		{Name: "gateway", Path: at + "/gateway"}, {Name: "gateway-linked", Path: path(linked) + "/gateway"},
		{Name: "portals", Path: at + "/portals"}, {Name: "publish", Path: at + "/publish?portal=" + string(portal.ID)}, {Name: "unpublish", Path: at + "/portals/" + string(portal.ID) + "/unpublish"},
		{Name: "applications", Path: at + "/applications"},
	}
	return api, views
}

func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, views := furnished(t, h)
	h.Matrix(t, append(views, furnishedPackage(t, h)...))
}

// TestTheEditorShowsWhatIsWritten holds that with scripts the preview follows.
func TestTheEditorShowsWhatIsWritten(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	api, _ := furnished(t, h)
	p := webtest.Start(t).Page(t, h.Console.URL)
	h.Visitor()(p)
	p.Open(path(api) + "/documents/new")
	p.Fill("Title", "Limits")
	p.Fill("Text (Markdown)", "Ten requests *a second*.")
	p.Fill("Slug", "limits")
	p.See("Ten requests a second.")
	p.Click("View as API call")
	p.See("/documents' \\")
	p.Click("Save")
	p.See("Limits is saved")
	p.Open(path(api) + "/publish")
	p.Choose("Public")
	p.See("Everybody find the API in Developers")
	p.Click("Publish API")
	p.See("Orders is published to Developers")
	if faults := p.Faults(); len(faults) > 0 {
		t.Error(faults)
	}
}
