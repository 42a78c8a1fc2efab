package portals_test

import (
	"net/url"
	"reflect"
	"strings"
	"testing"

	"portico"
	"portico/access"
	"portico/content"
)

func (h house) page(t *testing.T, id string) portico.PortalPage {
	t.Helper()
	found, err := h.Content.Pages.ByID(t.Context(), h.Portal.ID, portico.PageID(id))
	must(t, err)
	return found
}

func (h house) write(t *testing.T, slug string, parent *portico.PageID) portico.PortalPage {
	t.Helper()
	in := content.PageFields{Slug: portico.Some(slug), Content: portico.Some("# About " + slug), Published: portico.Some(true)}
	if parent != nil {
		in.ParentID = portico.Some(*parent)
	}
	made, err := h.Content.Pages.Create(t.Context(), h.Portal.ID, in)
	must(t, err)
	return made
}

func TestPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	editor := h.As(t, "en", access.Grant{Role: "Content Editor", Type: access.Portals, Entity: string(h.Portal.ID)})
	none := editor.Get(h.at("/pages")).Is(200, h.at("/pages")).Says("No pages yet")
	none.Submit("/pages/defaults", nil).Is(200, h.at("/pages")).Says("A home page, a guide and a menu are there.", "Getting started")
	none.Submit("/pages/defaults", nil).Is(200, h.at("/pages")).Says("nothing was changed")

	guide := h.write(t, "guide", nil)
	form := editor.Get(h.at("/pages/new?parent="+string(guide.ID))).Is(200, h.at("/pages/new")).Says("About guide")
	form.Submit("/new", url.Values{"slug": {"a b"}}).Is(422, h.at("/pages/new")).Fault("slug")
	form.Submit("/new", url.Values{"slug": {""}, "title": {strings.Repeat("x", 513)}, "visibility": {"x"}}).Is(422, h.at("/pages/new")).Fault("slug").Fault("title").Fault("visibility")
	values := url.Values{"slug": {"start"}, "content": {"# Begin *here*\r\n\r\nText"}, "description": {"How to begin"}, "visibility": {"public"}, "published": nil}
	byCall := h.page(t, h.call(t, 201, form, "/new", values).Body["id"].(string))
	must(t, h.Content.Pages.Delete(t.Context(), h.Portal.ID, byCall.ID))
	form.Submit("/new", values).Is(200, h.at("/pages")).Says("The page is created.", "/guide/start", "Draft")
	byForm := h.find(t, "start")
	byCall.ID, byForm.ID = "", ""
	if !reflect.DeepEqual(byCall, byForm) || byForm.Title != "Begin *here*" || *byForm.ParentID != guide.ID || byForm.Published {
		t.Errorf("the call makes %+v, the form %+v", byCall, byForm)
	}

	path := h.at("/pages/" + string(guide.ID))
	edit := editor.Get(path).Is(200, path)
	change := url.Values{"slug": {"manual"}, "title": {"Manual"}, "content": {"New"}, "description": {"D"}, "visibility": {"public"}, "published": nil}
	h.call(t, 200, edit, path, change)
	byCall = h.page(t, string(guide.ID))
	edit.Submit(path, nil).Is(200, path).Says("Saved.")
	edit.Submit(path, change).Is(200, path)
	if now := h.page(t, string(guide.ID)); !reflect.DeepEqual(now, byCall) || now.Slug != "manual" || now.Published {
		t.Errorf("the call makes %+v, the form %+v", byCall, now)
	}
	h.viewer(t).Get(path).Is(200, path).Hides("Save</")
	for _, below := range []string{"/pages/new", "/pages/defaults", "/pages/preview", "/pages/" + string(guide.ID), "/pages/" + string(guide.ID) + "/delete", "/pages/" + string(guide.ID) + "/step"} {
		h.viewer(t).Post(h.at(below), values).Is(403, h.at(""))
	}
	other := h.portal(t, "other")
	h.As(t, "en").Get("/portals/"+string(other.ID)+"/pages/"+string(guide.ID)).Is(404, "/portals")
}

// find is the page with a slug.
func (h house) find(t *testing.T, slug string) portico.PortalPage {
	t.Helper()
	nodes, err := h.Content.Pages.Tree(t.Context(), h.Portal.ID, portico.ListQuery{Filters: []portico.Filter{portico.Where("slug", slug)}})
	must(t, err)
	return h.page(t, string(nodes[0].Item.ID))
}

func TestMovingAndDeletingPages(t *testing.T) {
	t.Parallel()
	h := open(t)
	a, b := h.write(t, "a", nil), h.write(t, "b", nil)
	c := h.write(t, "c", &b.ID)
	admin := h.As(t, "en")
	order := func() string {
		t.Helper()
		nodes, err := h.Content.Pages.Tree(t.Context(), h.Portal.ID, portico.ListQuery{})
		must(t, err)
		var out string
		for _, n := range nodes {
			out += n.Item.Slug
			for _, below := range n.Children {
				out += "(" + below.Item.Slug + ")"
			}
		}
		return out
	}
	tree := admin.Get(h.at("/pages")).Is(200, h.at("/pages")).Says("/b/c")
	tree.Submit(string(b.ID)+"/step", url.Values{"to": {"up"}}).Is(200, h.at("/pages")).Says("is moved")
	if order() != "b(c)a" {
		t.Errorf("after up: %s", order())
	}
	tree.Post(h.at("/pages/"+string(b.ID)+"/step"), url.Values{"to": {"down"}}).Is(200, h.at("/pages"))
	if order() != "ab(c)" {
		t.Errorf("after down: %s", order())
	}
	tree.Post(h.at("/pages/"+string(b.ID)+"/step"), url.Values{"to": {"sideways"}}).Is(400, h.at("/pages"))
	move := admin.Get(h.at("/pages/"+string(c.ID)+"/move")).Is(200, h.at("/pages")).Says("About a", "About b")
	h.call(t, 201, move, "/move", url.Values{"parent": {string(a.ID)}})
	if order() != "a(c)b" {
		t.Errorf("after the call: %s", order())
	}
	move.Submit("/move", url.Values{"parent": {""}, "index": {"0"}}).Is(200, h.at("/pages"))
	if order() != "cab" {
		t.Errorf("after moving: %s", order())
	}
	admin.Get(h.at("/pages/"+string(b.ID)+"/move")).Submit("/move", url.Values{"parent": {string(b.ID)}}).Is(409, h.at("/pages")).Says("below itself")
	gone := admin.Get(h.at("/pages/"+string(b.ID)+"/delete")).Is(200, h.at("/pages")).Says("Delete “About b”?")
	h.call(t, 204, admin.Get(h.at("/pages/"+string(c.ID)+"/delete")), "/delete", nil)
	gone.Submit("/delete", nil).Is(200, h.at("/pages")).Says("“About b” is deleted.")
	if order() != "a" {
		t.Errorf("after deleting: %s", order())
	}
}

func TestPreviewOfText(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, err := h.Content.Snippets.Create(t.Context(), h.Portal.ID, content.SnippetFields{Name: portico.Some("help"), Content: portico.Some("Ask **us**."), Published: portico.Some(true)})
	must(t, err)
	admin := h.As(t, "en")
	shown := admin.Post(h.at("/pages/preview"), url.Values{"slug": {"start"}, "content": {"# Begin\n\nText <script>alert(1)</script>\n\n::snippet{name=\"help\"}"}}).Is(200, h.at("/pages/preview")).Says("Ask us.")
	if !strings.Contains(shown.Body, "<h1>Begin</h1>") || strings.Contains(shown.Body, "alert(1)</script>") || !strings.Contains(shown.Header.Get("Content-Security-Policy"), "frame-ancestors 'self'") {
		t.Errorf("shows %s", shown.Body)
	}
	admin.Post(h.at("/pages/preview"), url.Values{"content": {"---\ntitle: [\n---\nx"}}).Is(200, h.at("/pages/preview")).Says("This cannot be shown")
	page := h.write(t, "guide", nil)
	admin.Get(h.at("/pages/preview?page="+string(page.ID))).Is(200, h.at("/pages/preview")).Says("About guide")
	admin.Get(h.at("/pages/preview?page=none")).Is(404, h.at("/pages/preview"))
}

func TestSnippets(t *testing.T) {
	t.Parallel()
	h := open(t)
	admin := h.As(t, "en")
	admin.Get(h.at("/snippets")).Is(200, h.at("/snippets")).Says("No snippets yet")
	form := admin.Get(h.at("/snippets/new")).Is(200, h.at("/snippets/new"))
	form.Submit("/new", url.Values{"name": {"!"}}).Is(422, h.at("/snippets/new")).Fault("name")
	values := url.Values{"name": {"help"}, "title": {"Help"}, "content": {"Ask us."}, "description": {"D"}, "visibility": {"public"}}
	id := h.call(t, 201, form, "/new", values).Body["id"].(string)
	form.Submit("/new", values).Is(409, h.at("/snippets/new"))
	path := h.at("/snippets/" + id)
	edit := admin.Get(path).Is(200, path)
	h.call(t, 200, edit, path, url.Values{"content": {"Called."}})
	edit.Submit(path, url.Values{"content": {"Saved."}}).Is(200, path)
	found, err := h.Content.Snippets.ByID(t.Context(), h.Portal.ID, portico.SnippetID(id))
	must(t, err)
	if found.Content != "Saved." || found.Title != "Help" || *found.Description != "D" || !found.Published {
		t.Errorf("kept %+v", found)
	}
	admin.Get(h.at("/pages/preview?snippet="+id)).Is(200, h.at("/pages/preview")).Says("Saved.")
	h.viewer(t).Post(path, values).Is(403, path)
	gone := admin.Get(path+"/delete").Is(200, path).Says("say that it is missing")
	gone.Submit("/delete", nil).Is(200, h.at("/snippets")).Says("is deleted", "No snippets yet")
	form.Submit("/new", values).Is(200, h.at("/snippets")).Says("help", "Published")
	h.call(t, 204, admin.Get(h.at("/snippets/"+string(h.snippet(t))+"/delete")), "/delete", nil)
}

// snippet is the portal's only one.
func (h house) snippet(t *testing.T) portico.SnippetID {
	t.Helper()
	all, err := h.Content.Snippets.List(t.Context(), h.Portal.ID, portico.Everything())
	must(t, err)
	return all.Items[0].ID
}
