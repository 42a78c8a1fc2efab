package portals

import (
	"net/http"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/webui/desk"
)

func (p pages) snippetRoutes() []desk.Route {
	return []desk.Route{
		p.on("GET", "/snippets", p.snippets, access.View),
		p.on("GET", "/snippets/new", p.newSnippetForm, access.Content),
		p.on("POST", "/snippets/new", p.createSnippet, access.Content).As("create-portal-snippet"),
		p.on("GET", "/snippets/{snippetId}", p.snippetForm, access.View),
		p.on("POST", "/snippets/{snippetId}", p.saveSnippet, access.Content).As("update-portal-snippet"),
		p.on("GET", "/snippets/{snippetId}/delete", p.deleteSnippetForm, access.Content),
		p.on("POST", "/snippets/{snippetId}/delete", p.deleteSnippet, access.Content).As("delete-portal-snippet"),
	}
}

// snippetsView is the list of snippets.
type snippetsView struct {
	desk.List
	Portal   portal
	Snippets []portico.Snippet
	Total    int
	May      bool
}

func (p pages) snippets(w http.ResponseWriter, v *desk.Visit, one portal) error {
	view := snippetsView{List: v.List("name", "updated_at"), Portal: one, May: one.May(access.Content)}
	found, err := p.Content.Snippets.List(v.Context(), one.ID, view.Query(view.Contains("q", "name")))
	view.Snippets, view.Total = found.Items, found.Total
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("portals.snippets"), snippetsPage(view))
}

// snippetEditor is the editor for a snippet.
func (p pages) snippetEditor(v *desk.Visit, one portal, s sheet) writingView {
	return writingView{
		sheet: s, Portal: one, Tab: tabPages, Name: "name", NameLabel: v.T("portals.snippet_name"), NameHint: v.T("portals.snippet_hint", "Line", `::snippet{name="…"}`), Preview: one.Path("/pages/preview"),
	}
}

func (p pages) newSnippetForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f := v.EmptyForm(url.Values{"visibility": {string(one.DefaultPageVisibility)}, "published": on(true)})
	return p.showNewSnippet(w, v, one, http.StatusOK, f, nil)
}

func (p pages) showNewSnippet(w http.ResponseWriter, v *desk.Visit, one portal, status int, f *desk.Form, call templ.Component) error {
	view := p.snippetEditor(v, one, sheet{Form: f, Call: call, Action: one.Path("/snippets/new"), May: true, Cancel: one.Path("/snippets"), Submit: v.T("portals.create_snippet")})
	view.Head = v.T("portals.new_snippet")
	return p.showEditor(w, v, status, view)
}

func (p pages) createSnippet(w http.ResponseWriter, v *desk.Visit, one portal) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	written := readWriting(f, "name", nil)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPost, Path: one.API("/snippets"), Body: written.call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Snippets.Create(v.Context(), one.ID, written.snippet())
			return v.To(one.Path("/snippets"), "portals.snippet_created"), err
		},
		Show: func(status int, call templ.Component) error { return p.showNewSnippet(w, v, one, status, f, call) },
	})
}

func (p pages) snippet(v *desk.Visit, one portal) (portico.Snippet, error) {
	return p.Content.Snippets.ByID(v.Context(), one.ID, portico.SnippetID(v.PathValue("snippetId")))
}

func (p pages) snippetForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	s, err := p.snippet(v, one)
	if err != nil {
		return err
	}
	f := v.EmptyForm(url.Values{
		"name": {s.Name}, "title": {s.Title}, "content": {s.Content}, "description": {value(s.Description)},
		"visibility": {string(s.Visibility)}, "published": on(s.Published),
	})
	return p.showSnippet(w, v, one, s, http.StatusOK, f, nil)
}

func (p pages) showSnippet(w http.ResponseWriter, v *desk.Visit, one portal, s portico.Snippet, status int, f *desk.Form, call templ.Component) error {
	view := p.snippetEditor(v, one, sheet{
		Form: f, Call: call, Action: one.Path("/snippets/" + string(s.ID)), May: one.May(access.Content), Cancel: one.Path("/snippets"), Submit: v.T("portals.save"),
	})
	view.Head, view.Preview = s.Title, one.Path("/pages/preview?snippet="+url.QueryEscape(string(s.ID)))
	return p.showEditor(w, v, status, view)
}

func (p pages) saveSnippet(w http.ResponseWriter, v *desk.Visit, one portal) error {
	s, err := p.snippet(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	written := readWriting(f, "name", s.Description)
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodPatch, Path: one.API("/snippets/" + string(s.ID)), Body: written.call}},
		Do: func() (desk.Answer, error) {
			_, err := p.Content.Snippets.Update(v.Context(), one.ID, s.ID, written.snippet())
			return v.To(one.Path("/snippets/"+string(s.ID)), "portals.saved"), err
		},
		Show: func(status int, call templ.Component) error { return p.showSnippet(w, v, one, s, status, f, call) },
	})
}

func (p pages) deleteSnippetForm(w http.ResponseWriter, v *desk.Visit, one portal) error {
	s, err := p.snippet(v, one)
	if err != nil {
		return err
	}
	return p.showDeleteSnippet(w, v, one, s, http.StatusOK, v.EmptyForm(nil), nil)
}

func (p pages) showDeleteSnippet(w http.ResponseWriter, v *desk.Visit, one portal, s portico.Snippet, status int, f *desk.Form, call templ.Component) error {
	view := confirmView{
		Portal: one, Tab: tabPages, Title: v.T("portals.delete_snippet", "Snippet", s.Name), Text: v.T("portals.delete_snippet_text"),
		sheet: sheet{Form: f, Call: call, Action: one.Path("/snippets/" + string(s.ID) + "/delete"), May: true, Cancel: one.Path("/snippets"), Submit: v.T("portals.delete_snippet_button"), Danger: true},
	}
	return v.Render(w, status, view.Title, confirmPage(view))
}

func (p pages) deleteSnippet(w http.ResponseWriter, v *desk.Visit, one portal) error {
	s, err := p.snippet(v, one)
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{{Method: http.MethodDelete, Path: one.API("/snippets/" + string(s.ID))}},
		Do: func() (desk.Answer, error) {
			return v.To(one.Path("/snippets"), "portals.snippet_deleted", "Snippet", s.Name), p.Content.Snippets.Delete(v.Context(), one.ID, s.ID)
		},
		Show: func(status int, call templ.Component) error {
			return p.showDeleteSnippet(w, v, one, s, status, f, call)
		},
	})
}
