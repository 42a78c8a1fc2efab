package portalapi_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"portico"
	"portico/content"
	"portico/control"
)

const pngBytes = "\x89PNG\r\n\x1a\n and so on"

func imageURI(media, data string) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString([]byte(data))
}

// write adds a published page.
func (s *testServer) write(t testing.TB, p portico.Portal, slug, text string, visibility portico.Visibility, parent *portico.PortalPage) portico.PortalPage {
	t.Helper()
	in := content.PageFields{Slug: portico.Some(slug), Content: portico.Some(text), Visibility: portico.Some(visibility), Published: portico.Some(true)}
	if parent != nil {
		in.ParentID = portico.Some(parent.ID)
	}
	page, err := s.Content.Pages.Create(t.Context(), p.ID, in)
	check(t, err)
	return page
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	guides := s.write(t, p, "/guides", "---\ntitle: Guides\n---\nAll *guides*", portico.Public, nil)
	s.write(t, p, "start", "Start\n::snippet{name=\"x\"}", portico.Public, &guides)
	s.write(t, p, "inner", "For us", portico.Private, &guides)
	s.write(t, p, "home", "Welcome", portico.Public, nil)
	_, err := s.Content.Pages.Create(t.Context(), p.ID, content.PageFields{Slug: portico.Some("draft"), Content: portico.Some("x"), Visibility: portico.Some(portico.Public)})
	check(t, err)
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")

	stranger.call(t, 200, "GET", "/pages", nil).has(t, map[string]any{
		"data.0.slug": "/guides", "data.0.title": "Guides", "data.0.children.0.slug": "start", "data.0.children.1": nil, "data.1.slug": "home", "data.2": nil,
	})
	dora.call(t, 200, "GET", "/pages", nil).has(t, map[string]any{"data.0.children.1.slug": "inner"})
	dora.call(t, 200, "GET", "/pages?filter[visibility]=private", nil).has(t, map[string]any{"data.0.slug": "inner", "data.1": nil})
	stranger.call(t, 200, "GET", "/pages?sort=title+desc&filter[title][contains]=e", nil).has(t, map[string]any{"data.0.title": "Home", "data.1.title": "Guides"})
	stranger.call(t, 200, "GET", "/pages/guides", nil).has(t, map[string]any{"content": "All *guides*", "slug": "/guides", "parent_page_id": nil, "visibility": "public"})
	stranger.call(t, 200, "GET", "/pages/guides%2Fstart", nil).has(t, map[string]any{"content": "Start\n::snippet{name=\"x\"}", "parent_page_id": guides.ID})
	stranger.call(t, 200, "GET", "/pages/%2F", nil).has(t, map[string]any{"content": "Welcome"})
	stranger.call(t, 404, "GET", "/pages/guides%2Finner", nil)
	dora.call(t, 200, "GET", "/pages/guides%2Finner", nil).has(t, map[string]any{"content": "For us"})
	for _, path := range []string{"draft", "nothing", "start", "%00", "%ff", long(600)} {
		dora.call(t, 404, "GET", "/pages/"+path, nil)
	}
	s.visit(t, s.portal(t, "Q")).call(t, 404, "GET", "/pages/guides", nil)
	stranger.refuses(t, "GET", "/pages?sort=x", nil, "sort enum [created_at updated_at slug title visibility]")
	stranger.refuses(t, "GET", "/pages?filter[content]=x", nil, "filter[content] unknown_property")
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	for name, visibility := range map[string]portico.Visibility{"open": portico.Public, "inner": portico.Private} {
		_, err := s.Content.Snippets.Create(t.Context(), p.ID, content.SnippetFields{
			Name: portico.Some(name), Content: portico.Some("text of " + name), Visibility: portico.Some(visibility), Published: portico.Some(true),
		})
		check(t, err)
	}
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	stranger.lists(t, "/snippets", "name", "open")
	dora.lists(t, "/snippets", "name", "inner", "open")
	dora.lists(t, "/snippets?filter[name]=inner", "name", "inner")
	stranger.call(t, 200, "GET", "/snippets/open", nil).has(t, map[string]any{"content": "text of open", "title": "open", "visibility": "public"})
	stranger.call(t, 404, "GET", "/snippets/inner", nil)
	dora.call(t, 200, "GET", "/snippets/inner", nil)
	dora.call(t, 404, "GET", "/snippets/%00", nil)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	api := s.publish(t, p, "Orders", portico.Private, nil)
	document := func(in content.DocumentFields) portico.Document {
		d, err := s.Content.Documents.Create(t.Context(), api.ID, in)
		check(t, err)
		return d
	}
	top := document(content.DocumentFields{Content: portico.Some("---\nstatus: published\n---\n# Start\nhere")})
	child := document(content.DocumentFields{Content: portico.Some("# More"), ParentID: portico.Some(top.ID), Published: portico.Some(true)})
	draft := document(content.DocumentFields{Content: portico.Some("# Draft")})
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	stranger.call(t, 404, "GET", "/apis/orders-v1/documents", nil)
	stranger.call(t, 404, "GET", "/apis/orders-v1/documents/start", nil)
	dora.call(t, 200, "GET", "/apis/orders-v1/documents", nil).has(t, map[string]any{"data.0.slug": "start", "data.0.title": "Start", "data.0.children.0.id": child.ID, "data.1": nil})
	dora.call(t, 200, "GET", "/apis/orders-v1/documents/start", nil).has(t, map[string]any{"content": "# Start\nhere", "title": "Start", "parent_document_id": nil})
	dora.call(t, 200, "GET", "/apis/"+string(api.ID)+"/documents/"+string(child.ID), nil).has(t, map[string]any{"parent_document_id": top.ID})
	for _, name := range []string{draft.Slug, string(draft.ID), unknownID, "nothing"} {
		dora.call(t, 404, "GET", "/apis/orders-v1/documents/"+name, nil)
	}
}

func TestLooks(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	api := s.publish(t, p, "Orders", portico.Private, nil)
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	stranger.call(t, 404, "GET", "/assets/logo", nil)
	stranger.call(t, 200, "GET", "/customization", nil).has(t, map[string]any{"menu.main": []any{}, "css": nil})
	stranger.call(t, 200, "GET", "/integrations", nil)
	_, err := s.Content.Designs.Replace(t.Context(), p.ID, content.DesignFields{
		Mode: portico.Some(portico.ThemeDark),
		Main: portico.Some([]portico.MenuItem{{Path: "/a", Title: "A", Visibility: portico.Public}, {Path: "/b", Title: "B", Visibility: portico.Private}}),
	})
	check(t, err)
	stranger.call(t, 200, "GET", "/customization", nil).has(t, map[string]any{"theme.mode": "dark", "menu.main.0.title": "A", "menu.main.1": nil})
	dora.call(t, 200, "GET", "/customization", nil).has(t, map[string]any{"menu.main.1.title": "B"})

	for owner, kind := range map[content.Owner]portico.AssetKind{content.OfPortal(p.ID): portico.AssetLogo, content.OfAPI(api.ID): portico.AssetIcon} {
		_, _, err := s.Content.Images.Put(t.Context(), owner, kind, imageURI("image/png", pngBytes))
		check(t, err)
	}
	logo := stranger.call(t, 200, "GET", "/assets/logo", nil)
	if logo.Text != pngBytes || logo.Header.Get("Content-Type") != "image/png" || logo.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(logo.Header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("logo %q, %v", logo.Text, logo.Header)
	}
	stranger.call(t, 404, "GET", "/apis/orders-v1/images/icon/raw", nil)
	dora.call(t, 404, "GET", "/apis/orders-v1/images/banner/raw", nil)
	if icon := dora.call(t, 200, "GET", "/apis/orders-v1/images/icon/raw", nil); icon.Text != pngBytes { // the browser follows
		t.Errorf("icon %q", icon.Text)
	}
	stranger.call(t, 404, "GET", "/apis/"+string(api.ID)+"/images/icon/content", nil)
}

func TestAttributesOfAllAPIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	for name, visibility := range map[string]portico.Visibility{"A": portico.Public, "B": portico.Private} {
		api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: name, Attributes: map[string][]string{"env": {"prod"}, "domain": {name}}})
		check(t, err)
		_, err = s.Publications.Put(t.Context(), api.ID, p.ID, control.PublicationFields{Visibility: portico.Some(visibility), StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}})
		check(t, err)
	}
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	count := func(value string, n int) map[string]any { return map[string]any{"value": value, "api_count": n} }
	stranger.call(t, 200, "GET", "/api-attributes", nil).has(t, map[string]any{
		"data.0": map[string]any{"key": "domain", "values": []any{count("A", 1)}}, "data.1": map[string]any{"key": "env", "values": []any{count("prod", 1)}}, "meta.page.total": 2,
	})
	dora.call(t, 200, "GET", "/api-attributes?filter[key]=env", nil).has(t, map[string]any{"data.0.values": []any{count("prod", 2)}, "data.1": nil})
	dora.call(t, 200, "GET", "/api-attributes?selected[domain]=A,X", nil).has(t, map[string]any{
		"data.1.values.0": map[string]any{"value": "prod", "api_count": 2, "selected_api_count": 1},
	})
	dora.refuses(t, "GET", "/api-attributes?filter[x]=1", nil, "filter[x] unknown_property")
}

// TestCustomDomains opens a portal by a domain of its own.
func TestCustomDomains(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	s.portal(t, "Q")
	s.visitHost(t, "developers.example.com").call(t, http.StatusNotFound, "GET", "/portal", nil)
	_, err := s.Portals.AddDomain(t.Context(), p.ID, "developers.example.com")
	check(t, err)
	for _, host := range []string{"developers.example.com", "Developers.Example.com:8002", "p.portal.example"} {
		s.visitHost(t, host).call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"name": "P", "canonical_domain": "developers.example.com"})
	}
	s.visitHost(t, "q.portal.example").call(t, 200, "GET", "/portal", nil).has(t, map[string]any{"name": "Q", "canonical_domain": "q.portal.example"})
}
