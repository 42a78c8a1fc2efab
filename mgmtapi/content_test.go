package mgmtapi_test

import (
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
)

const (
	pngBytes = "\x89PNG\r\n\x1a\n and so on"
	drawing  = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h9v9z"/></svg>`
)

func dataURI(media, data string) string {
	return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString([]byte(data))
}

// portalPath makes a portal, whose pages are private by default, and returns its path.
func (s *testServer) portalPath(t *testing.T, name string) string {
	t.Helper()
	return "/v3/portals/" + s.call(t, 201, "POST", "/v3/portals", map[string]any{"name": name}).text("id")
}

func (s *testServer) apiPath(t *testing.T, name string) string {
	t.Helper()
	return "/v3/apis/" + s.call(t, 201, "POST", "/v3/apis", map[string]any{"name": name}).text("id")
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "P")
	pages := portal + "/pages"
	const text = "---\ntitle: From the front matter\n---\n# Start\n"
	start := s.call(t, 201, "POST", pages, map[string]any{"slug": "/start", "content": text, "title": "From the request", "description": "First", "visibility": "public", "status": "published"})
	start.has(t, map[string]any{
		"slug": "/start", "content": text, "title": "From the front matter", "description": "First", "visibility": "public", "status": "published", "parent_page_id": nil,
	})
	id := start.text("id")
	child := s.call(t, 201, "POST", pages, map[string]any{"slug": "more", "content": "", "parent_page_id": id})
	child.has(t, map[string]any{"title": "More", "visibility": "private", "status": "unpublished", "parent_page_id": id, "description": nil})
	last := s.call(t, 201, "POST", pages, map[string]any{"slug": "a-last", "content": "x"}).text("id")

	s.call(t, 200, "GET", pages, nil).has(t, map[string]any{"data.0.slug": "/start", "data.0.children.0.slug": "more", "data.1.slug": "a-last", "data.0.content": nil})
	s.call(t, 200, "GET", pages+"?sort=slug+desc", nil).has(t, map[string]any{"data.0.slug": "a-last"})
	s.call(t, 200, "GET", pages+"?filter[visibility]=private", nil).has(t, map[string]any{"data.0.slug": "more", "data.1.slug": "a-last"})
	s.call(t, 200, "GET", pages+"?filter[slug][contains]=star", nil).has(t, map[string]any{"data.0.slug": "/start", "data.1": nil})
	s.refuses(t, "GET", pages+"?filter[content]=x", nil, "filter[content] unknown_property")
	s.refuses(t, "GET", pages+"?sort=content", nil, "sort enum [created_at updated_at slug title visibility]")

	s.call(t, 201, "POST", pages+"/"+last+"/move", map[string]any{"index": 0})
	s.call(t, 200, "GET", pages, nil).has(t, map[string]any{"data.0.slug": "a-last"})
	s.call(t, 201, "POST", pages+"/"+last+"/move", map[string]any{"parent_page_id": id, "index": -1})
	s.call(t, 200, "GET", pages, nil).has(t, map[string]any{"data.0.children.1.slug": "a-last"})
	s.call(t, 409, "POST", pages+"/"+id+"/move", map[string]any{"parent_page_id": last, "index": 0})
	s.refuses(t, "POST", pages+"/"+id+"/move", map[string]any{"parent_page_id": unknownID, "index": "1"}, "index is_integer")
	s.refuses(t, "POST", pages+"/"+id+"/move", map[string]any{"parent_page_id": unknownID}, "parent_page_id missing_reference")

	s.call(t, 200, "PATCH", pages+"/"+last, map[string]any{"title": "Last", "parent_page_id": null, "visibility": "public"}).has(t, map[string]any{"title": "Last", "parent_page_id": nil, "content": "x", "visibility": "public"})
	s.call(t, 200, "GET", pages+"/"+last, nil).has(t, map[string]any{"title": "Last", "slug": "a-last"})
	s.call(t, 409, "POST", pages, map[string]any{"slug": "start", "content": ""})
	s.call(t, 409, "PATCH", pages+"/"+last, map[string]any{"slug": "start"})
	s.refuses(t, "POST", pages, map[string]any{}, "slug required", "content required")
	s.refuses(t, "POST", pages, map[string]any{"slug": long(513), "content": 1, "visibility": "all", "status": "draft", "parent_page_id": "x", "title": "", "description": long(161), "x": 1},
		"slug max_length 512", "content is_string", "title min_length 1", "description max_length 160", "visibility enum [public private]", "status enum [published unpublished]", "parent_page_id is_uuid", "x unknown_property")
	s.refuses(t, "POST", pages, map[string]any{"slug": "a/b", "content": ""}, "slug invalid")
	s.refuses(t, "POST", pages, map[string]any{"slug": "y", "content": "---\na: 'b\n---\n"}, "content invalid")
	s.refuses(t, "POST", pages, map[string]any{"slug": "y", "content": long(1_000_001)}, "content max_length 1000000")
	s.call(t, 201, "POST", pages, map[string]any{"slug": "long", "content": strings.Repeat("あ", 1_000_000)})

	other := s.portalPath(t, "Q")
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		s.call(t, 404, method, other+"/pages/"+id, map[string]any{})
	}
	s.call(t, 404, "POST", other+"/pages/"+id+"/move", map[string]any{})
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/pages", nil)
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/pages", map[string]any{"slug": "x", "content": ""})
	s.call(t, 204, "DELETE", pages+"/"+id, nil)
	s.call(t, 404, "GET", pages+"/"+child.text("id"), nil)
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	snippets := s.portalPath(t, "P") + "/snippets"
	made := s.call(t, 201, "POST", snippets, map[string]any{"name": "my-snippet", "content": "text", "visibility": "public", "status": "published", "description": "d"})
	made.has(t, map[string]any{"name": "my-snippet", "title": "my-snippet", "content": "text", "visibility": "public", "status": "published", "description": "d"})
	s.call(t, 201, "POST", snippets, map[string]any{"name": "b", "content": "", "title": "B"}).has(t, map[string]any{"visibility": "private", "status": "unpublished", "title": "B"})
	s.call(t, 200, "GET", snippets+"?sort=name", nil).has(t, map[string]any{"data.0.name": "b", "data.1.name": "my-snippet", "meta.page.total": 2})
	s.call(t, 200, "GET", snippets+"?filter[name][contains]=snip&page[size]=1", nil).has(t, map[string]any{"data.0.name": "my-snippet", "meta.page": map[string]any{"number": 1, "size": 1, "total": 1}})
	at := snippets + "/" + made.text("id")
	s.call(t, 200, "PATCH", at, map[string]any{"content": "other", "status": "unpublished"}).has(t, map[string]any{"content": "other", "status": "unpublished", "name": "my-snippet"})
	s.call(t, 200, "GET", at, nil).has(t, map[string]any{"content": "other"})
	s.call(t, 409, "POST", snippets, map[string]any{"name": "b", "content": ""})
	s.call(t, 409, "PATCH", at, map[string]any{"name": "b"})
	s.refuses(t, "POST", snippets, map[string]any{}, "name required", "content required")
	s.refuses(t, "PATCH", at, map[string]any{"name": "a\nb"}, "name invalid")
	s.call(t, 404, "GET", s.portalPath(t, "Q")+"/snippets/"+made.text("id"), nil)
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/snippets", nil)
	s.call(t, 204, "DELETE", at, nil)
	s.call(t, 404, "DELETE", at, nil)
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	api := s.apiPath(t, "Orders")
	documents := api + "/documents"
	const text = "---\ntitle: From the front matter\nstatus: published\n---\n# Start\n"
	made := s.call(t, 201, "POST", documents, map[string]any{"content": text, "title": "From the request"})
	made.has(t, map[string]any{"title": "From the request", "slug": "from-the-request", "status": "published", "content": text, "parent_document_id": nil})
	id := made.text("id")
	child := s.call(t, 201, "POST", documents, map[string]any{"content": "# Child", "parent_document_id": id}).text("id")
	s.call(t, 200, "GET", documents, nil).has(t, map[string]any{"data.0.slug": "from-the-request", "data.0.children.0.slug": "child", "data.1": nil})
	for query, want := range map[string]any{
		"?filter[status]=published": "from-the-request", "?filter[status]=unpublished": "child", "?filter[status][neq]=published": "child", "?filter[status][contains]=publ": "from-the-request",
		"?filter[status][eq]=published&filter[status][neq]=published": nil,
	} {
		s.call(t, 200, "GET", documents+query, nil).has(t, map[string]any{"data.0.slug": want})
	}
	s.call(t, 200, "PATCH", documents+"/"+child, map[string]any{"content": "# Other", "slug": "other", "status": "published", "parent_document_id": null, "id": child, "created_at": "2026-01-01T00:00:00Z"}).
		has(t, map[string]any{"content": "# Other", "slug": "other", "status": "published", "parent_document_id": nil, "title": "Child"})
	s.call(t, 204, "POST", documents+"/"+child+"/move", map[string]any{"index": 0})
	s.call(t, 200, "GET", documents, nil).has(t, map[string]any{"data.0.slug": "other"})
	s.call(t, 204, "POST", documents+"/"+child+"/move", map[string]any{"parent_document_id": id, "index": -1})
	s.call(t, 409, "POST", documents+"/"+id+"/move", map[string]any{"parent_document_id": child})
	s.call(t, 409, "POST", documents, map[string]any{"content": "", "slug": "other"})
	s.refuses(t, "POST", documents, map[string]any{}, "content required")
	s.refuses(t, "POST", documents, map[string]any{"content": "", "slug": "a b"}, "slug matches_regex")
	s.refuses(t, "POST", documents, map[string]any{"content": "", "parent_document_id": unknownID}, "parent_document_id missing_reference")
	s.call(t, 404, "GET", s.apiPath(t, "Billing")+"/documents/"+id, nil)
	s.call(t, 404, "GET", "/v3/apis/"+unknownID+"/documents", nil)
	s.call(t, 204, "DELETE", documents+"/"+id, nil)
	s.call(t, 404, "GET", documents+"/"+child, nil)
}

func TestCustomization(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	customization := s.portalPath(t, "P") + "/customization"
	empty := map[string]any{"theme": map[string]any{"colors": map[string]any{}}, "css": nil, "robots": nil,
		"menu": map[string]any{"main": []any{}, "footer_sections": []any{}, "footer_bottom": []any{}}}
	s.call(t, 200, "GET", customization, nil).has(t, empty)
	item := func(path, title string) map[string]any {
		return map[string]any{"path": path, "title": title, "visibility": "public", "external": false}
	}
	full := map[string]any{
		"theme":  map[string]any{"name": "mine", "mode": "dark", "colors": map[string]any{"primary": "#0A7"}},
		"layout": "topnav", "css": ".a { color: red }", "robots": "User-agent: *\nDisallow: /", "spec_renderer": map[string]any{"try_it_ui": false, "hide_internal": true},
		"menu": map[string]any{
			"main": []any{item("/apis", "APIs"), item("https://status.example/", "Status")}, "footer_bottom": []any{item("/imprint", "Imprint")},
			"footer_sections": []any{map[string]any{"title": "Help", "items": []any{item("/help", "Help")}}},
		},
	}
	s.call(t, 200, "PUT", customization, full).has(t, full)
	s.call(t, 200, "GET", customization, nil).has(t, full)
	patched := with(full, "theme.mode", "light", "spec_renderer.try_it_ui", true, "menu.main", []any{})
	s.call(t, 200, "PATCH", customization, map[string]any{"theme": map[string]any{"mode": "light"}, "spec_renderer": map[string]any{"try_it_ui": true}, "menu": map[string]any{"main": []any{}}}).has(t, patched)
	s.call(t, 200, "PATCH", customization, map[string]any{"css": nil}).has(t, map[string]any{"css": nil, "robots": full["robots"]})
	s.refuses(t, "PUT", customization, map[string]any{"theme": map[string]any{"mode": "pink", "x": 1}, "menu": map[string]any{"main": []any{map[string]any{}}}, "spec_renderer": map[string]any{"y": true}},
		"theme.mode enum [light dark system]", "menu.main.0.external required", "menu.main.0.path required", "menu.main.0.title required", "menu.main.0.visibility required", "theme.x unknown_property", "spec_renderer.y unknown_property")
	s.refuses(t, "PATCH", customization, map[string]any{"theme": map[string]any{"colors": map[string]any{"primary": "red"}}, "css": "@import 'x'", "menu": map[string]any{"main": []any{item("javascript:alert(1)", "A")}}},
		"theme.colors.primary matches_regex", "css invalid", "menu.main.0.path invalid")
	s.call(t, 200, "PUT", customization, map[string]any{}).has(t, empty)
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/customization", nil)
	s.call(t, 404, "PUT", "/v3/portals/"+unknownID+"/customization", map[string]any{})
}

func TestIntegrationsAreRefused(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	integrations := s.portalPath(t, "P") + "/integrations"
	s.call(t, 200, "GET", integrations, nil)
	s.call(t, 200, "PUT", integrations, map[string]any{"google_tag_manager": nil})
	s.call(t, 200, "PATCH", integrations, map[string]any{})
	tag := map[string]any{"enabled": true, "type": "tracking", "config_data": map[string]any{"id": "GTM-ABC123"}}
	for _, method := range []string{"PUT", "PATCH"} {
		s.refuses(t, method, integrations, map[string]any{"google_tag_manager": tag, "other": 1}, "google_tag_manager is_null", "other unknown_property")
	}
	s.call(t, 404, "GET", "/v3/portals/"+unknownID+"/integrations", nil)
}

// fetch gets what is no JSON.
func (s *testServer) fetch(t *testing.T, path string) (http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+path, nil)
	check(t, err)
	req.Header.Set("Authorization", "Bearer "+s.token)
	res, err := http.DefaultTransport.RoundTrip(req)
	check(t, err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	check(t, err)
	return res.Header, string(body)
}

func TestImages(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal, api := s.portalPath(t, "P"), s.apiPath(t, "Orders")
	for _, kind := range []string{"logo", "favicon"} {
		at := portal + "/assets/" + kind
		s.call(t, 404, "GET", at, nil)
		for media, data := range map[string]string{"image/svg+xml": drawing, "image/png": pngBytes} {
			uri := map[string]any{"data": dataURI(media, data)}
			s.call(t, 200, "PUT", at, uri).has(t, uri)
			s.call(t, 200, "GET", at, nil).has(t, uri)
			header, got := s.fetch(t, at+"/raw")
			if got != data || header.Get("Content-Type") != media || header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(header.Get("Content-Security-Policy"), "sandbox") {
				t.Errorf("%s: %q, %v", media, got, header)
			}
		}
		s.refuses(t, "PUT", at, map[string]any{}, "data required")
		for _, bad := range []string{"x", dataURI("text/html", "<p>"), dataURI("image/png", "GIF89a"), dataURI("image/svg+xml", strings.Replace(drawing, "<path", "<script", 1)), dataURI("image/png", pngBytes+strings.Repeat("x", 2<<20))} {
			s.refuses(t, "PUT", at, map[string]any{"data": bad}, "data invalid")
		}
	}
	s.call(t, 404, "PUT", "/v3/portals/"+unknownID+"/assets/logo", map[string]any{"data": dataURI("image/png", pngBytes)})

	icon := api + "/images/icon"
	s.call(t, 404, "GET", icon, nil)
	s.call(t, 201, "PUT", icon, map[string]any{"data": dataURI("image/svg+xml", drawing)}).has(t, map[string]any{"status": "valid", "error": nil, "image_type": "icon", "api_id": strings.TrimPrefix(api, "/v3/apis/")})
	s.call(t, 200, "PUT", icon, map[string]any{"data": dataURI("image/png", pngBytes)})
	s.call(t, 200, "GET", icon, nil).has(t, map[string]any{"status": "valid"})
	header, _ := s.fetch(t, icon+"/raw")
	if _, got := s.fetch(t, header.Get("Location")); got != pngBytes {
		t.Errorf("the icon at %q is %q", header.Get("Location"), got)
	}
	s.call(t, 404, "GET", api+"/images/banner", nil)
	s.call(t, 204, "DELETE", icon, nil)
	s.call(t, 404, "DELETE", icon, nil)
}

func TestCustomDomain(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal, other := s.portalPath(t, "P"), s.portalPath(t, "Q")
	domain := portal + "/custom-domain"
	wish := func(host string) map[string]any {
		return map[string]any{"hostname": host, "enabled": true, "ssl": map[string]any{"domain_verification_method": "http"}}
	}
	s.call(t, 404, "GET", domain, nil)
	s.call(t, 404, "DELETE", domain, nil)
	s.call(t, 201, "POST", domain, wish("Developers.Example.com")).has(t, map[string]any{
		"hostname": "developers.example.com", "enabled": true, "cname_status": "verified", "ssl": map[string]any{"domain_verification_method": "http", "verification_status": "verified"},
	})
	s.call(t, 200, "GET", domain, nil).has(t, map[string]any{"hostname": "developers.example.com"})
	s.call(t, 200, "PATCH", domain, map[string]any{"enabled": true})
	s.call(t, 200, "GET", portal, nil).has(t, map[string]any{"canonical_domain": "developers.example.com", "default_domain": "p.localhost"})
	for query, want := range map[string]string{
		"?filter[canonical_domain][contains]=example": "P", "?filter[canonical_domain]=p.localhost": "", "?filter[default_domain]=p.localhost": "P",
		"?sort=canonical_domain": "P Q", "?sort=canonical_domain+desc": "Q P", "?sort=default_domain+desc": "Q P", "?sort=canonical_domain&page[size]=1&page[number]=2": "Q",
	} {
		if got := strings.Join(s.call(t, 200, "GET", "/v3/portals"+query, nil).column("name"), " "); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	for host, id := range map[string]string{"developers.example.com": portal, "DEVELOPERS.example.com": portal, "p.localhost": portal, "q.localhost": other} {
		if p, err := s.Portals.ByHost(t.Context(), host); err != nil || "/v3/portals/"+string(p.ID) != id {
			t.Errorf("at %s: %s, %v", host, p.Name, err)
		}
	}
	for _, host := range []string{"", "example.com", "x.developers.example.com"} {
		if p, err := s.Portals.ByHost(t.Context(), host); err == nil {
			t.Errorf("at %q: %s", host, p.Name)
		}
	}
	s.call(t, 409, "POST", domain, wish("other.example.com"))
	s.call(t, 409, "POST", other+"/custom-domain", wish("developers.example.com"))
	for _, host := range []string{"", "x", "x.localhost", "localhost", "10.0.0.1", "a b.example", "x.example:80", "-x.example", "日本.example", long(300) + ".example"} {
		s.refuses(t, "POST", other+"/custom-domain", wish(host), "hostname is_fqdn")
	}
	certificate := map[string]any{"domain_verification_method": "custom_certificate", "custom_certificate": "c", "custom_private_key": "k"}
	s.refuses(t, "POST", other+"/custom-domain", with(wish("x.example"), "ssl", certificate, "enabled", false), "enabled invalid", "ssl.domain_verification_method invalid")
	s.refuses(t, "PATCH", domain, map[string]any{"enabled": false, "ssl": map[string]any{"custom_certificate": "c"}}, "enabled invalid", "ssl.custom_certificate invalid")
	s.refuses(t, "POST", other+"/custom-domain", map[string]any{}, "hostname required", "enabled required", "ssl required")
	s.call(t, 204, "DELETE", domain, nil)
	s.call(t, 200, "GET", portal, nil).has(t, map[string]any{"canonical_domain": "p.localhost"})
}

func TestDefaultContent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := s.portalPath(t, "P")
	s.call(t, 201, "POST", portal+"/default-content", nil).has(t, map[string]any{"pages": []string{"/", "/getting-started"}, "snippets": []any{}})
	s.call(t, 201, "POST", portal+"/default-content", nil).has(t, map[string]any{"pages": []any{}})
	s.call(t, 200, "GET", portal+"/pages", nil).has(t, map[string]any{"data.0.slug": "home", "data.1.slug": "getting-started", "data.1.status": "published", "data.1.visibility": "public"})
	s.call(t, 404, "POST", "/v3/portals/"+unknownID+"/default-content", nil)
}

func TestAttributesOfAllAPIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for name, attributes := range map[string]any{"A": map[string]any{"domain": []string{"sales"}, "env": []string{"prod"}}, "B": map[string]any{"domain": []string{"sales", "travel"}}, "C": map[string]any{}} {
		s.call(t, 201, "POST", "/v3/apis", map[string]any{"name": name, "attributes": attributes})
	}
	list := s.call(t, 200, "GET", "/v3/api-attributes?sort=key", nil)
	list.has(t, map[string]any{
		"data.0.key": "domain", "data.0.values": []any{map[string]any{"value": "sales", "api_count": 2}, map[string]any{"value": "travel", "api_count": 1}}, "data.1.key": "env", "meta.page.total": 2,
	})
	s.call(t, 200, "GET", "/v3/api-attributes?filter[key][contains]=en", nil).has(t, map[string]any{"data.0.key": "env", "data.1": nil})
	s.call(t, 200, "GET", "/v3/api-attributes?filter[id][eq]="+list.text("data.1.id"), nil).has(t, map[string]any{"data.0.key": "env", "data.1": nil})
	s.call(t, 200, "GET", "/v3/api-attributes?sort=key+desc&page[size]=1", nil).has(t, map[string]any{"data.0.key": "env", "meta.page": map[string]any{"number": 1, "size": 1, "total": 2}})
}
