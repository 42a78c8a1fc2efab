package content_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico"
	"portico/content"
	"portico/sqlstore"
	"portico/storetest"
	"portico/usecase"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// press is every use case on a real store, with a portal and an API.
type press struct {
	content.Content
	store  portico.Store
	portal portico.Portal
	api    portico.API
}

func newPress(t testing.TB) *press {
	t.Helper()
	return newPressOn(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, p *press)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newPress(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newPressOn(t, storetest.Postgres(t)))
	})
}

func newPressOn(t testing.TB, dsn string) *press {
	t.Helper()
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Now: clock})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	p := &press{
		Content: content.New(usecase.Deps{Store: store, Logger: slog.New(slog.DiscardHandler), Now: clock}), store: store,
		portal: portico.Portal{ID: portico.PortalID(portico.NewID(clock())), Name: "P", DisplayName: "P", Subdomain: "p", DefaultPageVisibility: portico.Public, CreatedAt: clock(), UpdatedAt: clock()},
		api:    portico.API{ID: portico.APIID(portico.NewID(clock())), Name: "Orders", Slug: "orders", CreatedAt: clock(), UpdatedAt: clock()},
	}
	must(t, store.Update(t.Context(), func(tx portico.Tx) error {
		return errors.Join(tx.Portals().Insert(t.Context(), p.portal), tx.APIs().Insert(t.Context(), p.api))
	}))
	return p
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fails checks the kind of an error, and that it speaks of a word.
func fails(t testing.TB, err error, kind portico.Kind, word string) {
	t.Helper()
	if portico.KindOf(err) != kind || err == nil || !strings.Contains(err.Error(), word) {
		t.Errorf("%v, but that should be of kind %d and speak of %q", err, kind, word)
	}
}

// page adds a published, public page.
func (p *press) page(t testing.TB, slug, text string, options ...func(*content.PageFields)) portico.PortalPage {
	t.Helper()
	in := content.PageFields{Slug: portico.Some(slug), Content: portico.Some(text), Published: portico.Some(true)}
	for _, option := range options {
		option(&in)
	}
	page, err := p.Pages.Create(t.Context(), p.portal.ID, in)
	must(t, err)
	return page
}

func under(parent portico.PortalPage) func(*content.PageFields) {
	return func(in *content.PageFields) { in.ParentID = portico.Some(parent.ID) }
}

func private(in *content.PageFields) { in.Visibility = portico.Some(portico.Private) }

func draft(in *content.PageFields) { in.Published = portico.Some(false) }

// outline writes a tree in one line: a(b c(d)).
func outline[T any](nodes []content.Node[T], name func(T) string) string {
	var out []string
	for _, n := range nodes {
		text := name(n.Item)
		if len(n.Children) > 0 {
			text += "(" + outline(n.Children, name) + ")"
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func (p *press) tree(t testing.TB) string {
	t.Helper()
	nodes, err := p.Pages.Tree(t.Context(), p.portal.ID, portico.ListQuery{})
	must(t, err)
	return outline(nodes, func(p portico.PortalPage) string { return p.Slug })
}

// reads is what a visitor reads at a path; the error's kind where it is none.
func (p *press) reads(t testing.TB, path string, signedIn bool) string {
	t.Helper()
	view, err := p.Visitors.Page(t.Context(), content.Visitor{Portal: p.portal.ID, SignedIn: signedIn}, path)
	switch portico.KindOf(err) {
	case portico.KindNotFound:
		return "not found"
	case portico.KindUnauthenticated:
		return "sign in"
	}
	must(t, err)
	return view.Path + " " + strings.TrimSpace(view.Body)
}

func TestPagesStandInATree(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		a, b, c := p.page(t, "a", "A"), p.page(t, "/b", "B"), p.page(t, "c", "C")
		d := p.page(t, "d", "D", under(b))
		p.page(t, "e", "E", under(b))
		move := func(page portico.PortalPage, parent *portico.PageID, index int, want string) {
			t.Helper()
			must(t, p.Pages.Move(t.Context(), p.portal.ID, page.ID, parent, index))
			if got := p.tree(t); got != want {
				t.Errorf("after moving %s to %d: %s, want %s", page.Slug, index, got, want)
			}
		}
		if got := p.tree(t); got != "a /b(d e) c" {
			t.Error(got)
		}
		move(c, nil, 0, "c a /b(d e)")
		move(c, nil, -1, "a /b(d e) c")
		move(c, nil, -2, "a c /b(d e)")
		move(a, &b.ID, 1, "c /b(d a e)")
		move(d, &a.ID, 99, "c /b(a(d) e)")
		move(d, &a.ID, -99, "c /b(a(d) e)")
		fails(t, p.Pages.Move(t.Context(), p.portal.ID, b.ID, &d.ID, 0), portico.KindConflict, "below itself")
		fails(t, p.Pages.Move(t.Context(), p.portal.ID, b.ID, &b.ID, 0), portico.KindConflict, "below itself")
		fails(t, p.Pages.Move(t.Context(), p.portal.ID, b.ID, new(portico.PageID(p.api.ID)), 0), portico.KindInvalid, "parent_page_id")
		fails(t, p.Pages.Move(t.Context(), p.portal.ID, "gone", nil, 0), portico.KindNotFound, "page")
		_, err := p.Pages.Update(t.Context(), p.portal.ID, a.ID, content.PageFields{ParentID: portico.Opt[portico.PageID]{Set: true, Null: true}})
		must(t, err)
		if got := p.tree(t); got != "c /b(e) a(d)" {
			t.Error(got)
		}
		must(t, p.Pages.Delete(t.Context(), p.portal.ID, a.ID))
		_, err = p.Pages.ByID(t.Context(), p.portal.ID, d.ID)
		fails(t, err, portico.KindNotFound, "page")
	})
}

// TestMovesKeepAnOrder moves pages about at random and compares with lists.
func TestMovesKeepAnOrder(t *testing.T) {
	t.Parallel()
	p := newPress(t)
	order := []string{}
	ids := map[string]portico.PageID{}
	for i := range 5 {
		page := p.page(t, fmt.Sprint("p", i), "")
		order, ids[page.Slug] = append(order, page.Slug), page.ID
	}
	rapid.Check(t, func(r *rapid.T) {
		slug := rapid.SampledFrom(order).Draw(r, "page")
		index := rapid.IntRange(-7, 7).Draw(r, "index")
		must(t, p.Pages.Move(t.Context(), p.portal.ID, ids[slug], nil, index))
		order = slices.DeleteFunc(order, func(s string) bool { return s == slug })
		if index < 0 {
			index = max(0, index+len(order)+1)
		}
		order = slices.Insert(order, min(index, len(order)), slug)
		if got := p.tree(t); got != strings.Join(order, " ") {
			r.Fatalf("%s, want %q", got, order)
		}
	})
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	p := newPress(t)
	create := func(slug string, options ...func(*content.PageFields)) error {
		in := content.PageFields{Slug: portico.Some(slug), Content: portico.Some("")}
		for _, option := range options {
			option(&in)
		}
		_, err := p.Pages.Create(t.Context(), p.portal.ID, in)
		return err
	}
	for _, slug := range []string{"/", "guide", "/はじめに", "v1.2_a~b-c"} {
		must(t, create(slug))
	}
	parent := p.page(t, "top", "")
	must(t, create("guide", under(parent)))
	for _, slug := range []string{"", "a/b", "/a/b", "//", "a b", "a?b", "a#b", "..", ".", "/..", "a%2f", "\u202e", "a\\b"} {
		fails(t, create(slug), portico.KindInvalid, "slug")
	}
	fails(t, create("/", under(parent)), portico.KindInvalid, "slug")
	for _, slug := range []string{"guide", "/guide", "/"} {
		fails(t, create(slug), portico.KindConflict, "slug")
	}
	other, err := p.Pages.Create(t.Context(), p.portal.ID, content.PageFields{Slug: portico.Some("other"), Content: portico.Some("")})
	must(t, err)
	_, err = p.Pages.Update(t.Context(), p.portal.ID, other.ID, content.PageFields{Slug: portico.Some("/guide")})
	fails(t, err, portico.KindConflict, "slug")
	nested := p.page(t, "guide", "", under(other))
	fails(t, p.Pages.Move(t.Context(), p.portal.ID, nested.ID, nil, 0), portico.KindConflict, "slug")
	if back, err := p.Pages.ByID(t.Context(), p.portal.ID, nested.ID); err != nil || back.ParentID == nil || *back.ParentID != other.ID {
		t.Errorf("a refused move has changed %+v, %v", back, err)
	}
	_, err = p.Pages.Create(t.Context(), "gone", content.PageFields{Slug: portico.Some("x"), Content: portico.Some("")})
	fails(t, err, portico.KindNotFound, "portal")
}

func TestTitles(t *testing.T) {
	t.Parallel()
	p := newPress(t)
	title := func(s string) func(*content.PageFields) {
		return func(in *content.PageFields) { in.Title = portico.Some(s) }
	}
	for i, test := range []struct {
		text, title, want string
	}{
		{"---\ntitle: Front\n---\n# Head", "Body", "Front"}, {"# Head", "Body", "Body"}, {"text\n# The *Head* #\n", "", "The *Head*"}, {"text", "", "My page3"},
	} {
		options := []func(*content.PageFields){}
		if test.title != "" {
			options = append(options, title(test.title))
		}
		page := p.page(t, fmt.Sprint("my-page", i), test.text, options...)
		if got := page.Title; got != test.want {
			t.Errorf("%q: %q, want %q", test.text, got, test.want)
		}
		if page.Content != test.text {
			t.Errorf("%q is kept as %q", test.text, page.Content)
		}
	}
	page := p.page(t, "d", "---\ntitle: T\ndescription: D\n---\nx")
	if page.Description == nil || *page.Description != "D" {
		t.Errorf("description %v", page.Description)
	}
	page, err := p.Pages.Update(t.Context(), p.portal.ID, page.ID, content.PageFields{Title: portico.Some("New")})
	if must(t, err); page.Title != "New" {
		t.Errorf("title %q", page.Title)
	}
	_, err = p.Pages.Update(t.Context(), p.portal.ID, page.ID, content.PageFields{Content: portico.Some("---\ndescription: " + strings.Repeat("d", 200) + "\n---\n")})
	fails(t, err, portico.KindInvalid, "description")
}

func TestWhatVisitorsRead(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		p.page(t, "home", "---\ntitle: Home\n---\nWelcome")
		guides := p.page(t, "/guides", "All guides")
		p.page(t, "/start", "Start", under(guides))
		p.page(t, "inner", "For us", private, under(guides))
		hidden := p.page(t, "hidden", "Not yet", draft)
		p.page(t, "below", "Below", under(hidden))
		members := p.page(t, "members", "Members", private)
		p.page(t, "open", "Open", under(members))
		for path, want := range map[string]struct{ stranger, developer string }{
			"":              {"/ Welcome", "/ Welcome"},
			"/":             {"/ Welcome", "/ Welcome"},
			"home":          {"/home Welcome", "/home Welcome"},
			"guides":        {"/guides All guides", "/guides All guides"},
			"/guides/":      {"/guides All guides", "/guides All guides"},
			"guides/start":  {"/guides/start Start", "/guides/start Start"},
			"guides/inner":  {"sign in", "/guides/inner For us"},
			"start":         {"not found", "not found"},
			"guides/x":      {"not found", "not found"},
			"x/start":       {"not found", "not found"},
			"guides//start": {"not found", "not found"},
			"hidden":        {"not found", "not found"},
			"hidden/below":  {"not found", "not found"},
			"members/open":  {"sign in", "/members/open Open"},
		} {
			if got := p.reads(t, path, false); got != want.stranger {
				t.Errorf("a stranger at %q: %q, want %q", path, got, want.stranger)
			}
			if got := p.reads(t, path, true); got != want.developer {
				t.Errorf("a developer at %q: %q, want %q", path, got, want.developer)
			}
		}
		for signedIn, want := range map[bool]string{false: "home /guides(/start)", true: "home /guides(/start inner) members(open)"} {
			nodes, err := p.Visitors.Pages(t.Context(), content.Visitor{Portal: p.portal.ID, SignedIn: signedIn}, portico.ListQuery{})
			must(t, err)
			if got := outline(nodes, func(p portico.PortalPage) string { return p.Slug }); got != want {
				t.Errorf("signed in %t: %s, want %s", signedIn, got, want)
			}
		}
		p.page(t, "/", "The front")
		if got := p.reads(t, "", false); got != "/ The front" {
			t.Error(got)
		}
		view, err := p.Visitors.Page(t.Context(), content.Visitor{Portal: p.portal.ID}, "guides/start")
		must(t, err)
		if len(view.Trail) != 1 || view.Trail[0] != (content.PageCrumb{Title: "Guides", Path: "/guides"}) {
			t.Errorf("trail %+v", view.Trail)
		}
	})
}

func TestSnippetsOfAPortal(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		add := func(name, text string, visibility portico.Visibility, published bool) error {
			_, err := p.Snippets.Create(t.Context(), p.portal.ID, content.SnippetFields{
				Name: portico.Some(name), Content: portico.Some(text), Visibility: portico.Some(visibility), Published: portico.Some(published),
			})
			return err
		}
		must(t, add("open", "for all", portico.Public, true))
		must(t, add("inner", "for developers", portico.Private, true))
		must(t, add("draft", "for nobody", portico.Public, false))
		fails(t, add("open", "", portico.Public, true), portico.KindConflict, "name")
		fails(t, add("a\"b", "", portico.Public, true), portico.KindInvalid, "name")
		p.page(t, "page", "::snippet{name=\"open\"}\n::snippet{name=\"inner\"}\n::snippet{name=\"draft\"}")
		if got := strings.Join(strings.Fields(p.reads(t, "page", false)), " "); got != "/page for all" {
			t.Error(got)
		}
		if got := strings.Join(strings.Fields(p.reads(t, "page", true)), " "); got != "/page for all for developers" {
			t.Error(got)
		}
		_, err := p.Visitors.Snippet(t.Context(), content.Visitor{Portal: p.portal.ID}, "inner")
		fails(t, err, portico.KindNotFound, "inner")
	})
}

// found are the titles that a search for a word finds.
func (p *press) found(t testing.TB, word string, signedIn bool) string {
	t.Helper()
	var titles []string
	must(t, p.store.View(t.Context(), func(tx portico.Tx) error {
		pages, err := content.VisiblePages(t.Context(), tx, content.Visitor{Portal: p.portal.ID, SignedIn: signedIn})
		must(t, err)
		hits, err := tx.Search(t.Context(), portico.SearchQuery{Text: word, APIIDs: []portico.APIID{p.api.ID}, PageIDs: pages, Size: 100})
		titles = nil
		for _, hit := range hits.Items {
			titles = append(titles, hit.Title)
		}
		return err
	}))
	slices.Sort(titles)
	return strings.Join(titles, " ")
}

func TestTextsAreFound(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		a := p.page(t, "a", "# One\nzebra **stripes**")
		p.page(t, "b", "# Two\nzebra", under(a), private)
		p.page(t, "c", "# Three\nzebra", draft)
		if got := p.found(t, "zebra", false); got != "One" {
			t.Error(got)
		}
		if got := p.found(t, "ZEBRA", true); got != "One Two" {
			t.Error(got)
		}
		must(t, p.Pages.Delete(t.Context(), p.portal.ID, a.ID))
		if got := p.found(t, "zebra", true); got != "" {
			t.Error(got)
		}

		document := func(text string, parent *portico.DocumentID, published bool) portico.Document {
			in := content.DocumentFields{Content: portico.Some(text), Published: portico.Some(published)}
			if parent != nil {
				in.ParentID = portico.Some(*parent)
			}
			d, err := p.Documents.Create(t.Context(), p.api.ID, in)
			must(t, err)
			return d
		}
		top := document("# Top\nyak", nil, false)
		document("# Sub\nyak", &top.ID, true)
		if got := p.found(t, "yak", true); got != "" {
			t.Error(got)
		}
		_, err := p.Documents.Update(t.Context(), p.api.ID, top.ID, content.DocumentFields{Published: portico.Some(true)})
		must(t, err)
		if got := p.found(t, "yak", false); got != "Sub Top" {
			t.Error(got)
		}
		must(t, p.Documents.Delete(t.Context(), p.api.ID, top.ID))
		if got := p.found(t, "yak", true); got != "" {
			t.Error(got)
		}
	})
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		create := func(in content.DocumentFields) (portico.Document, error) {
			return p.Documents.Create(t.Context(), p.api.ID, in)
		}
		first, err := create(content.DocumentFields{Content: portico.Some("---\ntitle: Front\nslug: front\nstatus: published\n---\nbody")})
		must(t, err)
		if first.Title != "Front" || first.Slug != "front" || !first.Published {
			t.Errorf("front matter is not read: %+v", first)
		}
		second, err := create(content.DocumentFields{Content: portico.Some("---\ntitle: Front\nslug: front\n---\n"), Title: portico.Some("Given"), Slug: portico.Some("given")})
		must(t, err)
		if second.Title != "Given" || second.Slug != "given" || second.Published {
			t.Errorf("the request does not win: %+v", second)
		}
		for range 2 {
			third, err := create(content.DocumentFields{Content: portico.Some("# はじめに")})
			must(t, err)
			if third.Title != "はじめに" || !strings.HasPrefix(third.Slug, "document") {
				t.Errorf("%+v", third)
			}
		}
		_, err = create(content.DocumentFields{Content: portico.Some(""), Slug: portico.Some("front")})
		fails(t, err, portico.KindConflict, "slug")
		_, err = create(content.DocumentFields{Content: portico.Some(""), Slug: portico.Some("a b")})
		fails(t, err, portico.KindInvalid, "slug")
		_, err = create(content.DocumentFields{Content: portico.Some("---\nstatus: maybe\n---\n")})
		fails(t, err, portico.KindInvalid, "status")
		_, err = create(content.DocumentFields{Content: portico.Some(""), ParentID: portico.Some(portico.DocumentID(p.api.ID))})
		fails(t, err, portico.KindInvalid, "parent_document_id")
		must(t, p.Documents.Move(t.Context(), p.api.ID, first.ID, &second.ID, 0))
		shown, err := p.Visitors.Documents(t.Context(), p.api.ID)
		if must(t, err); len(shown) != 0 {
			t.Errorf("a document below an unpublished one is shown: %+v", shown)
		}
		_, err = p.Visitors.Document(t.Context(), p.api.ID, "front")
		fails(t, err, portico.KindNotFound, "front")
		must(t, p.Documents.Move(t.Context(), p.api.ID, first.ID, nil, 0))
		for _, name := range []string{"front", string(first.ID), strings.ToUpper(string(first.ID))} {
			d, err := p.Visitors.Document(t.Context(), p.api.ID, name)
			if must(t, err); d.Content != "body" {
				t.Errorf("%s: %q", name, d.Content)
			}
		}
	})
}

func TestDesigns(t *testing.T) {
	t.Parallel()
	p := newPress(t)
	item := portico.MenuItem{Path: "/a", Title: "A", Visibility: portico.Public}
	inner := portico.MenuItem{Path: "https://x.example/b", Title: "B", Visibility: portico.Private, External: true}
	_, err := p.Designs.Replace(t.Context(), p.portal.ID, content.DesignFields{
		Primary: portico.Some("#abc"), Main: portico.Some([]portico.MenuItem{item, inner}), CSS: portico.Some("a { color: red }"),
		FooterSections: portico.Some([]portico.MenuSection{{Title: "F", Items: []portico.MenuItem{inner}}}), SpecRenderer: map[string]bool{"try_it_ui": false},
	})
	must(t, err)
	_, err = p.Designs.Update(t.Context(), p.portal.ID, content.DesignFields{Mode: portico.Some(portico.ThemeDark), SpecRenderer: map[string]bool{"show_schemas": true}, CSS: portico.Opt[string]{Set: true, Null: true}})
	must(t, err)
	stranger, err := p.Visitors.Design(t.Context(), content.Visitor{Portal: p.portal.ID})
	must(t, err)
	if d := stranger; d.Theme.Mode != portico.ThemeDark || d.Theme.Colors.Primary != "#abc" || d.CSS != nil || len(d.SpecRenderer) != 2 ||
		len(d.Menu.Main) != 1 || len(d.Menu.FooterSections[0].Items) != 0 {
		t.Errorf("a stranger's design %+v", d)
	}
	developer, err := p.Visitors.Design(t.Context(), content.Visitor{Portal: p.portal.ID, SignedIn: true})
	must(t, err)
	if len(developer.Menu.Main) != 2 || len(developer.Menu.FooterSections[0].Items) != 1 {
		t.Errorf("a developer's menu %+v", developer.Menu)
	}
	_, err = p.Designs.Update(t.Context(), p.portal.ID, content.DesignFields{
		Primary: portico.Some("red"), Layout: portico.Some("a b"), CSS: portico.Some("@import 'x'"), Robots: portico.Some(strings.Repeat("r", 20_000)),
		Main: portico.Some([]portico.MenuItem{{Path: "javascript:alert(1)", Title: ""}, {Path: "//evil.example", Title: "A"}, {Path: "https://a:b@x.example", Title: "A"}, {Path: "x", Title: "A"}, {Path: "#", Title: "A"}, {Path: "#top", Title: "A"}}),
	})
	fault, _ := errors.AsType[*portico.Error](err)
	var fields []string
	for _, f := range fault.Invalid {
		fields = append(fields, f.Field)
	}
	want := "theme.colors.primary layout css robots menu.main.0.title menu.main.0.path menu.main.1.path menu.main.2.path menu.main.3.path"
	if got := strings.Join(fields, " "); got != want {
		t.Errorf("faults %s, want %s", got, want)
	}
	replaced, err := p.Designs.Replace(t.Context(), p.portal.ID, content.DesignFields{})
	if must(t, err); replaced.Theme.Mode != "" || len(replaced.Menu.Main) != 0 || replaced.Menu.Main == nil {
		t.Errorf("replaced by nothing: %+v", replaced)
	}
}

func TestDefaultContent(t *testing.T) {
	t.Parallel()
	for language, word := range map[string]string{"": "Build with our APIs", "en": "Build with our APIs", "ja": "API で開発を始める"} {
		p := newPress(t)
		must(t, p.store.Update(t.Context(), func(tx portico.Tx) error {
			_, err := tx.Portals().Change(t.Context(), p.portal.ID, func(to *portico.Portal) error { to.Language = language; return nil })
			return err
		}))
		created, err := p.Defaults.Create(t.Context(), p.portal.ID)
		if must(t, err); strings.Join(created.Pages, " ") != "/ /getting-started" {
			t.Errorf("%q: %+v", language, created)
		}
		if got := p.reads(t, "", false); !strings.Contains(got, word) {
			t.Errorf("%q: %.80s", language, got)
		}
		created, err = p.Defaults.Create(t.Context(), p.portal.ID)
		if must(t, err); len(created.Pages) != 0 {
			t.Errorf("%q: created again %+v", language, created)
		}
		design, err := p.Designs.Of(t.Context(), p.portal.ID)
		if must(t, err); len(design.Menu.Main) != 1 {
			t.Errorf("%q: menu %+v", language, design.Menu)
		}
	}
}

func TestImagesOfPortalsAndAPIs(t *testing.T) {
	t.Parallel()
	p := newPress(t)
	png := "data:image/png;base64," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"))
	gif := "data:image/gif;base64," + base64.StdEncoding.EncodeToString([]byte("GIF89a"))
	for _, owner := range []content.Owner{content.OfPortal(p.portal.ID), content.OfAPI(p.api.ID)} {
		_, err := p.Images.Get(t.Context(), owner, portico.AssetLogo)
		fails(t, err, portico.KindNotFound, "logo")
		for i, uri := range []string{png, gif} {
			_, created, err := p.Images.Put(t.Context(), owner, portico.AssetLogo, uri)
			if must(t, err); created != (i == 0) {
				t.Errorf("created %t the %d. time", created, i)
			}
			got, err := p.Images.Get(t.Context(), owner, portico.AssetLogo)
			if must(t, err); content.DataURI(got) != uri {
				t.Errorf("%s is kept as %s", uri, content.DataURI(got))
			}
		}
		must(t, p.Images.Delete(t.Context(), owner, portico.AssetLogo))
		fails(t, p.Images.Delete(t.Context(), owner, portico.AssetLogo), portico.KindNotFound, "logo")
	}
	_, _, err := p.Images.Put(t.Context(), content.OfAPI("gone"), portico.AssetIcon, png)
	fails(t, err, portico.KindNotFound, "API")
}

func TestAttributesAreCounted(t *testing.T) {
	t.Parallel()
	api := func(domain, env []string) portico.API {
		return portico.API{Attributes: map[string][]string{"domain": domain, "env": env}}
	}
	apis := []portico.API{api([]string{"sales", "sales"}, []string{"prod"}), api([]string{"travel"}, []string{"prod", "test"}), {}}
	line := func(found []content.Attribute) string {
		var out []string
		for _, a := range found {
			for _, v := range a.Values {
				out = append(out, fmt.Sprintf("%s=%s:%d/%d", a.Key, v.Value, v.APIs, v.Selected))
			}
		}
		return strings.Join(out, " ")
	}
	if got := line(content.Attributes(apis, nil)); got != "domain=sales:1/1 domain=travel:1/1 env=prod:2/2 env=test:1/1" {
		t.Error(got)
	}
	if got := line(content.Attributes(apis, map[string][]string{"env": {"test", "x"}})); got != "domain=sales:1/0 domain=travel:1/1 env=prod:2/1 env=test:1/1" {
		t.Error(got)
	}
	if a, b := content.Attributes(apis, nil), content.Attributes(apis[:1], nil); a[0].ID != b[0].ID || !portico.IsID(a[0].ID) || a[0].ID == a[1].ID {
		t.Errorf("ids %s %s %s", a[0].ID, b[0].ID, a[1].ID)
	}
}

// TestOneOfManyGetsAnAddress writes pages with one address at once, in both
// spellings, and moves two pages below each other.
func TestOneOfManyGetsAnAddress(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, p *press) {
		var made sync.WaitGroup
		var won atomic.Int32
		for i := range 8 {
			made.Go(func() {
				_, err := p.Pages.Create(t.Context(), p.portal.ID, content.PageFields{Slug: portico.Some([]string{"x", "/x"}[i%2]), Content: portico.Some("")})
				switch {
				case err == nil:
					won.Add(1)
				case portico.KindOf(err) != portico.KindConflict:
					t.Error(err)
				}
			})
		}
		made.Wait()
		if won.Load() != 1 || p.tree(t) != "x" && p.tree(t) != "/x" {
			t.Errorf("%d pages have the address: %s", won.Load(), p.tree(t))
		}
		a, b := p.page(t, "a", ""), p.page(t, "b", "")
		for _, move := range []struct{ page, parent portico.PageID }{{a.ID, b.ID}, {b.ID, a.ID}} {
			made.Go(func() {
				if err := p.Pages.Move(t.Context(), p.portal.ID, move.page, &move.parent, 0); err != nil && portico.KindOf(err) != portico.KindConflict {
					t.Error(err)
				}
			})
		}
		made.Wait()
		if got := p.tree(t); !strings.Contains(got, "a(b)") && !strings.Contains(got, "b(a)") {
			t.Errorf("the tree is %s", got)
		}
	})
}
