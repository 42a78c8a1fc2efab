package catalog

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/content"
	"portico/control"
	"portico/markdown"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
)

// overviewView is an API with one of its documents.
type overviewView struct {
	API       api
	Documents []content.Node[portico.Document]
	Shown     *portico.Document // nil: the API has none
	Base      string            // where the gateway serves it; empty: nowhere yet
	UseAPI    use
}

// use says whether and how the visitor can use an API.
type use struct {
	Href   string // empty: there is no way
	Reason string // key of a text that says why, or what is so already
}

// useOf works out what the button Use this API does.
func useOf(v *page.Visit, a api) use {
	switch {
	case a.Strategy == nil:
		return use{Reason: "catalog.needs_none"}
	case !v.Portal.AuthenticationEnabled:
		return use{Reason: "catalog.no_accounts"}
	case v.Developer == nil, a.Actions.Register:
		return use{Href: a.Path("/use")}
	}
	return use{Reason: "catalog.may_not"}
}

func (p pages) overview(w http.ResponseWriter, v *page.Visit, a api) error {
	return p.showDocument(w, v, a, "")
}

func (p pages) document(w http.ResponseWriter, v *page.Visit, a api) error {
	return p.showDocument(w, v, a, v.PathValue("path"))
}

// showDocument shows an API with a document; without a slug, the first one.
func (p pages) showDocument(w http.ResponseWriter, v *page.Visit, a api, slug string) error {
	tree, err := p.Content.Visitors.Documents(v.Context(), a.ID)
	if err != nil {
		return err
	}
	view := overviewView{API: a, Documents: tree, UseAPI: useOf(v, a)}
	if slug == "" && len(tree) > 0 {
		slug = string(tree[0].Item.ID)
	}
	if slug != "" {
		document, err := p.Content.Visitors.Document(v.Context(), a.ID, slug)
		if err != nil {
			return err
		}
		view.Shown = &document
	}
	if view.Base, err = p.base(v.Context(), a); err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, a.Name, overviewPage(view), page.Described(markdown.Summary(deref(a.Description), 160)))
}

// untitled is a document's text without a first heading that repeats its title.
func untitled(d portico.Document) string {
	text := strings.TrimLeft(d.Content, "\r\n ")
	first, rest, _ := strings.Cut(text, "\n")
	if heading, is := strings.CutPrefix(first, "# "); is && strings.TrimSpace(heading) == strings.TrimSpace(d.Title) {
		return rest
	}
	return d.Content
}

func (p pages) versions(w http.ResponseWriter, v *page.Visit, a api) error {
	return v.Render(w, http.StatusOK, v.T("catalog.versions_of", "API", a.Name), versionsPage(a, useOf(v, a)))
}

func (p pages) apps(w http.ResponseWriter, v *page.Visit, a api) error {
	found, err := p.Catalogue.Applications(v.Context(), *v.Developer, a.ID, false, portico.Everything())
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("catalog.apps_of", "API", a.Name), appsPage(a, useOf(v, a), found.Items))
}

// tabs are the pages of an API.
func tabs(ctx context.Context, a api, current string) []design.Tab {
	list := []design.Tab{
		{Href: a.Path(""), Label: i18n.T(ctx, "catalog.overview")}, {Href: a.Path("/reference"), Label: i18n.T(ctx, "catalog.reference")},
		{Href: a.Path("/versions"), Label: i18n.T(ctx, "catalog.versions"), Count: i18n.Number(ctx, len(a.Versions))}, {Href: a.Path("/apps"), Label: i18n.T(ctx, "catalog.my_apps")},
	}
	for i := range list {
		list[i].Current = list[i].Href == a.Path(current)
	}
	return list
}

func kindOptions(ctx context.Context, l listView) []design.Option {
	out := []design.Option{{Value: "", Label: i18n.T(ctx, "catalog.kind_any")}}
	for _, kind := range l.Kinds {
		out = append(out, design.Option{Value: kind, Label: i18n.T(ctx, "catalog.kind_"+kind), Selected: kind == l.Strategy})
	}
	return out
}

// useView is the page Use this API.
type useView struct {
	API      api
	Form     *page.Form
	Fitting  []control.APIApplication // that could be registered
	Others   []control.APIApplication // of another strategy
	Existing []control.APIApplication // registered already
	Approval bool                     // somebody decides about a registration
}

// newApp is the choice of an application that does not exist yet.
const newApp = "new"

// maxComment is the longest comment to whoever approves.
const maxComment = 1000

func (p pages) useView(v *page.Visit, a api) (useView, error) {
	view := useView{API: a, Approval: !a.Publication.AutoApproves(v.Portal)}
	if useOf(v, a).Href == "" {
		return view, portico.Errorf(portico.KindForbidden, "This API cannot be used by an application of yours: it needs none, or you have not been given the role for it. Ask the portal's team.").Named("may_not_use")
	}
	free, err := p.Catalogue.Applications(v.Context(), *v.Developer, a.ID, true, portico.Everything())
	if err != nil {
		return view, err
	}
	for _, app := range free.Items {
		if app.StrategyID == a.Strategy.ID {
			view.Fitting = append(view.Fitting, app)
		} else {
			view.Others = append(view.Others, app)
		}
	}
	taken, err := p.Catalogue.Applications(v.Context(), *v.Developer, a.ID, false, portico.Everything())
	if err != nil {
		return view, err
	}
	for _, app := range taken.Items {
		if app.Registration.Status == portico.Rejected {
			view.Fitting = append(view.Fitting, app) // may ask again
		} else {
			view.Existing = append(view.Existing, app)
		}
	}
	return view, nil
}

func (p pages) useForm(w http.ResponseWriter, v *page.Visit, a api) error {
	view, err := p.useView(v, a)
	if err != nil {
		return err
	}
	view.Form = v.EmptyForm(nil)
	return v.Render(w, http.StatusOK, v.T("catalog.use_title", "API", a.Name), usePage(view))
}

func (p pages) use(w http.ResponseWriter, v *page.Visit, a api) error {
	view, err := p.useView(v, a)
	if err != nil {
		return err
	}
	if view.Form, err = v.Form(); err != nil {
		return err
	}
	choices := []string{newApp}
	for _, app := range view.Fitting {
		choices = append(choices, string(app.ID))
	}
	chosen, comment := view.Form.Choice("app", choices...), view.Form.Text("comment", false, maxComment)
	status := http.StatusUnprocessableEntity
	if view.Form.OK() {
		if chosen == newApp {
			next := url.Values{"api": {a.Slug}}
			if comment != "" {
				next.Set("comment", comment)
			}
			return v.Redirect("/apps/new?" + next.Encode())
		}
		made, err := p.Registrations.Request(v.Context(), v.Visitor, portico.ApplicationID(chosen), a.ID, comment)
		if err == nil {
			if made.Status == portico.Approved {
				v.Flash("catalog.registered", "API", a.Name)
			} else {
				v.Flash("catalog.asked", "API", a.Name)
			}
			return v.Redirect("/apps/" + chosen + "/apis")
		}
		if err := view.Form.Refused(err, nil); err != nil {
			return err
		}
		status = http.StatusConflict
	}
	return v.Render(w, status, v.T("catalog.use_title", "API", a.Name), usePage(view))
}

// manyApps is how many applications of a kind are worth a card each.
const manyApps = 12

// unlisted says how many applications are left out that could not be chosen
// anyway; empty: none.
func unlisted(ctx context.Context, u useView) string {
	if left := max(0, len(u.Existing)-manyApps) + max(0, len(u.Others)-manyApps); left > 0 {
		return i18n.N(ctx, "catalog.unlisted", left)
	}
	return ""
}

// appOptions are the applications that may be chosen, and why others may not.
func appOptions(ctx context.Context, u useView) []design.Option {
	out := fittingOptions(ctx, u)
	for _, app := range u.Existing[:min(len(u.Existing), manyApps)] {
		key := "catalog.already_registered"
		if app.Registration.Status == portico.Pending {
			key = "catalog.already_asked"
		}
		out = append(out, design.Option{Value: string(app.ID), Label: app.Name, Disabled: true, Reason: i18n.T(ctx, key)})
	}
	for _, app := range u.Others[:min(len(u.Others), manyApps)] {
		out = append(out, design.Option{
			Value: string(app.ID), Label: app.Name, Disabled: true,
			Reason: i18n.T(ctx, "catalog.other_strategy", "Strategy", app.Strategy.DisplayName, "Needed", u.API.Strategy.DisplayName),
		})
	}
	return out
}

// fittingOptions are the applications that can be chosen, and a new one.
func fittingOptions(ctx context.Context, u useView) []design.Option {
	var out []design.Option
	chosen := u.Form.Value("app")
	for i, app := range u.Fitting {
		out = append(out, design.Option{Value: string(app.ID), Label: app.Name, Text: deref(app.Description), Icon: "app", Selected: chosen == string(app.ID) || chosen == "" && i == 0})
	}
	out = append(out, design.Option{
		Value: newApp, Label: i18n.T(ctx, "catalog.new_app"), Text: i18n.T(ctx, "catalog.new_app_text"), Icon: "plus", Selected: chosen == newApp || chosen == "" && len(u.Fitting) == 0,
	})
	return out
}
