package portal_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"portico"
	"portico/content"
	"portico/control"
	"portico/webui/design"
)

// write adds a published page.
func (s *site) write(t *testing.T, slug, markdown string, visibility portico.Visibility, parent *portico.PageID) portico.PortalPage {
	t.Helper()
	fields := content.PageFields{Slug: portico.Some(slug), Content: portico.Some(markdown), Visibility: portico.Some(visibility), Published: portico.Some(true)}
	if parent != nil {
		fields.ParentID = portico.Some(*parent)
	}
	page, err := s.Content.Pages.Create(t.Context(), s.portal.ID, fields)
	must(t, err)
	return page
}

// publish adds an API that visitors see.
func (s *site) publish(t *testing.T, name, description string, visibility portico.Visibility) control.APIView {
	t.Helper()
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: name, Description: &description})
	must(t, err)
	_, err = s.Publications.Put(t.Context(), api.ID, s.portal.ID, control.PublicationFields{Visibility: portico.Some(visibility)})
	must(t, err)
	return api
}

func TestMarkdownPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	guides := s.write(t, "guides", "# Guides *first*\n\nHello <script>alert(1)</script> [there](javascript:alert(1)).", portico.Public, nil)
	s.write(t, "start", "No heading here.\n\n## Then one", portico.Public, &guides.ID)
	s.write(t, "inside", "# Inside\n\nOnly for us.", portico.Private, nil)
	_, err := s.Content.Pages.Create(t.Context(), s.portal.ID, content.PageFields{Slug: portico.Some("draft"), Content: portico.Some("# Draft")})
	must(t, err)

	b := s.browser(t, "en")
	page := b.get("/guides").is(http.StatusOK, "/guides").says("Guides first", "Hello")
	if strings.Contains(page.body, "alert(1)") {
		t.Error("what an author writes runs")
	}
	if !strings.Contains(page.body, `href="/guides/start"`) {
		t.Error("the tree does not lead to the page below")
	}
	if below := b.get("/guides/start").is(http.StatusOK, "/guides/start"); !strings.Contains(below.body, `<a href="/guides">`) {
		t.Error("the page does not lead to the one above it")
	}
	for _, path := range []string{"/draft", "/start", "/guides/nothing", "/guides/start/", "/nothing"} {
		if got := b.get(path); got.status != http.StatusNotFound && path != "/guides/start/" {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if strings.Contains(page.body, "Inside") {
		t.Error("the tree tells of a private page")
	}
	b.get("/inside").is(http.StatusOK, "/login?return=%2Finside").
		submit("/login", url.Values{"email": {dana}, "password": {password}}).is(http.StatusOK, "/inside").says("Only for us.")
}

func TestFrontPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{Description: portico.Some("All about coffee.")})
	s.publish(t, "Orders", "The orders of a **small** shop.", portico.Public)
	for lang, want := range map[string][]string{
		"en": {"Build with our APIs", "All about coffee.", "Orders", "The orders of a small shop.", "3 steps to your first call"},
		"ja": {"APIで開発を始める", "All about coffee.", "Orders", "最初の呼び出しまでの3ステップ"},
	} {
		s.browser(t, lang).get("/").is(http.StatusOK, "/").says(want...)
	}
	s.write(t, "home", "# Welcome to the shop\n\nHave a seat.", portico.Public, nil)
	b := s.browser(t, "en")
	b.get("/").is(http.StatusOK, "/").says("Welcome to the shop", "Have a seat.", "Orders")
}

func TestSearching(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	s.developer(t, dana, password)
	s.publish(t, "Orders", "What people drink.", portico.Public)
	s.publish(t, "Salaries", "What people drink away.", portico.Private)
	s.write(t, "brewing", "# 抽出\n\nHow to brew what people drink.", portico.Public, nil)
	b := s.browser(t, "en")
	b.get("/search").is(http.StatusOK, "/search").says("What are you looking for?")
	found := b.get("/search?q=people+drink").says("Orders", "抽出", "2 results")
	if strings.Contains(found.body, "Salaries") {
		t.Error("a visitor finds a private API")
	}
	b.get("/search?q=people+drink&kind=page").says("抽出")
	b.get("/search?q=%E6%8A%BD%E5%87%BA&kind=page&page=99").is(http.StatusOK, "/search?q=%E6%8A%BD%E5%87%BA&kind=page&page=99")
	b.get("/search?q=zebra%3Cb%3E").says("Nothing matches “zebra<b>”")
	b.get("/search?q=" + strings.Repeat("%E6%BC%A2", 500)).says("Nothing matches")
	fragment := b.get("/search?q=drink&palette=1")
	if !strings.HasPrefix(fragment.body, `<div class="results"`) || !strings.Contains(fragment.body, `href="/apis/orders"`) {
		t.Errorf("the palette gets %s", fragment.body)
	}
	own := s.signedIn(t, "en", dana, password)
	own.get("/search?q=people+drink").says("Salaries", "3 results")
	for _, number := range []string{"9223372036854775807", "99999999999999999999", "-1", "x"} {
		for _, kind := range []string{"api", "page", "app"} {
			address := "/search?q=people&kind=" + kind + "&page=" + number
			own.get(address).is(http.StatusOK, address)
		}
	}
}

func TestPortalsLooks(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	b := s.browser(t, "en")
	plain := b.get("/signup")
	if strings.Contains(plain.body, "/theme.css") || strings.Contains(plain.body, `href="/favicon?`) {
		t.Error("a portal that nobody has designed has looks of its own")
	}
	b.get("/favicon.ico").is(http.StatusOK, design.AssetURL("favicon.svg"))
	if b.get("/logo").status != http.StatusNotFound {
		t.Error("there is a logo already")
	}
	_, err := s.Content.Designs.Update(t.Context(), s.portal.ID, content.DesignFields{
		Primary: portico.Some("#8a4b2a"), CSS: portico.Some(".prose { color: teal }"), Mode: portico.Some(portico.ThemeDark), Robots: portico.Some("User-agent: *\nDisallow: /\n"),
		Main: portico.Some([]portico.MenuItem{{Path: "/apis", Title: "Everything", Visibility: portico.Public}, {Path: "/inside", Title: "Staff", Visibility: portico.Private}}),
		FooterSections: portico.Some([]portico.MenuSection{{Title: "Company", Items: []portico.MenuItem{{Path: "/about", Title: "About us", Visibility: portico.Public}}},
			{Title: "Colleagues", Items: []portico.MenuItem{{Path: "/canteen", Title: "Canteen", Visibility: portico.Private}}}}),
		FooterBottom: portico.Some([]portico.MenuItem{{Path: "https://example.com/imprint", Title: "Imprint", Visibility: portico.Public, External: true}}),
	})
	must(t, err)
	const svg = `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1v1z"/></svg>`
	for _, kind := range []portico.AssetKind{portico.AssetLogo, portico.AssetFavicon} {
		_, _, err = s.Content.Images.Put(t.Context(), content.OfPortal(s.portal.ID), kind, "data:image/svg+xml;base64,"+base64.StdEncoding.EncodeToString([]byte(svg)))
		must(t, err)
	}
	page := b.get("/signup")
	// The page for signing up has no menu; an error page has.
	b.get("/nothing").says("Everything", "Company", "About us", "Imprint")
	if body := b.get("/nothing").body; strings.Contains(body, "Staff") || strings.Contains(body, "Canteen") || strings.Contains(body, "Colleagues") {
		t.Error("the menu tells of what is private")
	}
	if !strings.Contains(page.body, `data-theme="dark"`) {
		t.Error("the portal is not dark")
	}
	sheet := b.get(between(t, page.body, `href="/theme.css`, `"`))
	if !strings.Contains(sheet.body, "--brand-h") || !strings.Contains(sheet.body, "@layer portal {\n.prose { color: teal }\n}") || !strings.Contains(sheet.header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v\n%s", sheet.header, sheet.body)
	}
	logo := b.get(between(t, page.body, `src="/logo`, `"`))
	if logo.body != svg || logo.header.Get("Content-Type") != "image/svg+xml" || !strings.Contains(logo.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%v\n%s", logo.header, logo.body)
	}
	if b.get("/favicon.ico").body != svg {
		t.Error("browsers that ask for favicon.ico get another one")
	}
	if got := b.get("/robots.txt").body; got != "User-agent: *\nDisallow: /\n" {
		t.Error(got)
	}
}

// between is what follows a mark and its attribute's quote up to an end.
func between(t *testing.T, text, start, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, start)
	if !ok {
		t.Fatalf("no %s in %s", start, text)
	}
	value, _, _ := strings.Cut(rest, end)
	return start[strings.Index(start, "/"):] + value
}

func TestEveryPageIsGuarded(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	got := s.browser(t, "en").get("/signup")
	for name, want := range map[string]string{
		"Content-Security-Policy": design.ContentSecurityPolicy, "X-Content-Type-Options": "nosniff", "Cross-Origin-Opener-Policy": "same-origin",
		"Referrer-Policy": "same-origin", "Cache-Control": "private, no-cache", "Content-Type": "text/html; charset=utf-8",
	} {
		if value := got.header.Get(name); value != want {
			t.Errorf("%s is %q, want %q", name, value, want)
		}
	}
}

func TestCompression(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	ask := func(path string) *http.Response {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
		must(t, err)
		r.Header.Set("Accept-Encoding", "gzip") // by hand, so that it is not undone by itself
		res, err := http.DefaultTransport.RoundTrip(r)
		must(t, err)
		t.Cleanup(func() { res.Body.Close() })
		return res
	}
	packed := ask("/signup")
	if packed.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v", packed.Header)
	}
	unpack, err := gzip.NewReader(packed.Body)
	must(t, err)
	body, err := io.ReadAll(unpack)
	must(t, err)
	if !bytes.Contains(body, []byte("Sign up")) {
		t.Errorf("%s", body)
	}
	if secret := ask("/reset-password?token=x"); secret.Header.Get("Content-Encoding") != "" {
		t.Error("a page that may hold a secret is compressed")
	}
}

func TestErrorPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	b := s.browser(t, "ja")
	b.get("/nothing/here").is(http.StatusNotFound, "/nothing/here").says("見つかりません", "ポータル内を検索")
	b.post("/signup/sent", nil).is(http.StatusMethodNotAllowed, "/signup/sent").says("その方法では使用できません")
	b.lang = "en"
	if got := b.post("/signup/sent", nil); got.header.Get("Allow") != "GET" {
		t.Errorf("Allow: %q", got.header.Get("Allow"))
	}
	b.post("/nothing", nil).is(http.StatusNotFound, "/nothing")
	b.post("/signup", url.Values{"full_name": {strings.Repeat("x", 2<<20)}}).is(http.StatusRequestEntityTooLarge, "/signup").says("larger than")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+"/signup", strings.NewReader("full_name=%zz"))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	b.do(r).is(http.StatusBadRequest, "/signup").says("The form could not be read; nothing was changed.")
	b.post("/signup", url.Values{"full_name": {"a\x00b"}, "email": {dana}}).is(http.StatusUnprocessableEntity, "/signup").fault("full_name")

	must(t, s.store.Close())
	b.get("/signup").is(http.StatusInternalServerError, "/signup").says("Something went wrong on our side", "Reference")
	if !strings.Contains(s.logs.String(), "page failed") {
		t.Error("the log does not tell the cause")
	}
}

func TestPortalsByHost(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	ask := func(host string) *shown {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+"/signup", nil)
		must(t, err)
		r.Host = host
		return s.browser(t, "en").do(r)
	}
	ask("coffee-shop.localhost").is(http.StatusOK, "/signup")
	ask("tea-shop.localhost").is(http.StatusNotFound, "/signup").says("There is no portal at this address.")
	_, err := s.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Tea Shop")})
	must(t, err)
	ask("tea-shop.localhost").is(http.StatusOK, "/signup").says("Tea Shop")
	ask("localhost").is(http.StatusNotFound, "/signup").says("There is more than one portal here.")
	_, err = s.Portals.AddDomain(t.Context(), s.portal.ID, "developers.example.com")
	must(t, err)
	ask("developers.example.com").is(http.StatusOK, "/signup").says("Coffee Shop")
}

// TestLanguages chooses one in every way there is.
func TestLanguages(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	must(t, s.store.Update(t.Context(), func(tx portico.Tx) error {
		_, err := tx.Portals().Change(t.Context(), s.portal.ID, func(p *portico.Portal) error { p.Language = "ja"; return nil })
		return err
	}))
	b := s.browser(t, "")
	b.lang = "tlh"
	ask := func(path, want string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.server.URL+path, nil)
		must(t, err)
		res, err := b.client.Do(r)
		must(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		must(t, err)
		if !bytes.Contains(body, []byte(`<html lang="`+want+`"`)) {
			t.Errorf("%s is not in %s", path, want)
		}
	}
	ask("/signup", "ja")
	ask("/signup?lang=tlh", "ja")
	ask("/signup?lang=en", "en")
	ask("/signup", "en") // what was chosen by hand is remembered
}

// TestListedAddressesAlone holds that a portal with an IP allow list tells
// nobody else anything, not even its name, while the other portals stay open.
func TestListedAddressesAlone(t *testing.T) {
	t.Parallel()
	s := newSite(t, control.PortalFields{})
	dana := s.developer(t, "dana@example.com", "correct horse battery")
	b := s.signedIn(t, "en", dana.Email, "correct horse battery")
	b.get("/").is(http.StatusOK, "/")

	entry, err := s.AllowLists.Create(t.Context(), s.portal.ID, []string{"192.0.2.0/24", "2001:db8::/32"})
	must(t, err)
	b.get("/").is(http.StatusOK, "/") // the list does not count yet
	_, err = s.Portals.Update(t.Context(), s.portal.ID, control.PortalFields{SIPREnabled: portico.Some(true)})
	must(t, err)
	for _, path := range []string{"/", "/login", "/apis", "/apps", "/nowhere"} {
		refused := b.get(path).is(http.StatusForbidden, path).says("This portal cannot be reached from your network address.")
		for _, hidden := range []string{s.portal.DisplayName, dana.FullName} {
			if strings.Contains(refused.body, hidden) {
				t.Errorf("%s tells %q", path, hidden)
			}
		}
	}
	s.browser(t, "ja").get("/").is(http.StatusForbidden, "/").says("お使いのネットワークアドレス")

	_, err = s.AllowLists.Replace(t.Context(), s.portal.ID, entry.ID, []string{"192.0.2.0/24", "127.0.0.0/8"})
	must(t, err)
	b.get("/").is(http.StatusOK, "/").says(s.portal.DisplayName)
	must(t, s.AllowLists.Delete(t.Context(), s.portal.ID, entry.ID))
	b.get("/").is(http.StatusForbidden, "/") // a list without an entry lets nobody in
}
