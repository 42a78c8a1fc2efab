package catalog

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"
	"github.com/swaggest/swgui/v5/static"

	"portico"
	"portico/webui/design"
	"portico/webui/i18n"
	"portico/webui/page"
	"portico/webui/reference"
)

// referenceView is the tab Reference.
type referenceView struct {
	API      api
	UseAPI   use
	Body     templ.Component // nil: the specification is shown as it is
	Markdown string          // address of the page in Markdown
	Raw      string
	Reason   string // key of a text that says why Raw is shown
}

// maxRaw is how much of a specification that cannot be read is shown, in bytes.
const maxRaw = 200_000

func (p pages) reference(w http.ResponseWriter, v *page.Visit, a api) error {
	view := referenceView{API: a, UseAPI: useOf(v, a)}
	if a.Version == nil {
		return v.Render(w, http.StatusOK, v.T("catalog.reference_of", "API", a.Name), referencePage(view), page.Wide)
	}
	document, err := p.documents.of(*a.Version)
	if err != nil {
		view.Raw, view.Reason = a.Version.Content, "catalog.raw_unreadable"
		if errors.Is(err, reference.ErrNotOpenAPI) {
			view.Reason = "catalog.raw_other"
		}
		view.Raw = strings.ToValidUTF8(view.Raw[:min(len(view.Raw), maxRaw)], "")
		return v.Render(w, http.StatusOK, v.T("catalog.reference_of", "API", a.Name), referencePage(view), page.Wide)
	}
	site, err := p.site(v, a)
	if err != nil {
		return err
	}
	q := v.URL.Query()
	if wanted := q.Get("operation"); wanted != "" {
		if head, found := document.Find(wanted); found {
			return v.Redirect(site.Operation(document, head))
		}
	}
	if name := q.Get("schema"); name != "" {
		schema, found := document.Schema(name)
		if !found {
			return portico.Errorf(portico.KindNotFound, "The specification has no schema [%s].", name).Named("no_schema")
		}
		view.Body = reference.SchemaView(site, schema)
		return v.Render(w, http.StatusOK, name, referencePage(view), page.Wide)
	}
	part, _ := strconv.Atoi(q.Get("part")) // what is no number is part 1
	shown, found := document.Page(site, q.Get("tag"), part)
	if !found {
		return portico.Errorf(portico.KindNotFound, "The reference of this API has no such page.").Named("no_reference_page")
	}
	if q.Get("format") == "markdown" {
		w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
		_, _ = w.Write([]byte(shown.Text())) // fails only when the visitor has left
		return nil
	}
	view.Body, view.Markdown = reference.View(shown), site.Markdown(shown.Tag, shown.Part)
	return v.Render(w, http.StatusOK, v.T("catalog.reference_of", "API", a.Name), referencePage(view), page.Wide)
}

// site is where the reference of an API stands, and who would call it.
func (p pages) site(v *page.Visit, a api) (reference.Site, error) {
	s := reference.Site{Path: a.Path("/reference"), Query: a.Query(), Caller: reference.Caller{}}
	var err error
	if s.Caller.BaseURL, err = p.base(v.Context(), a); err != nil {
		return s, err
	}
	if s.Caller.BaseURL != "" {
		s.Try = func(id string) string { return a.with("/try/" + url.PathEscape(id)) }
		s.Caller.Auth, s.Caller.KeyName = authOf(a)
	}
	if v.Developer == nil || a.Strategy == nil || a.Strategy.OIDC == nil {
		return s, nil
	}
	apps, err := p.Catalogue.Applications(v.Context(), *v.Developer, a.ID, false, portico.Everything())
	for _, app := range apps.Items {
		if app.Registration.Status == portico.Approved && s.Caller.ClientID == "" {
			s.Caller.ClientID = app.ClientID
		}
	}
	return s, err
}

// authOf is how callers authenticate at the gateway.
func authOf(a api) (reference.Auth, string) {
	switch {
	case a.Strategy == nil:
		return reference.NoAuth, ""
	case a.Strategy.KeyAuth != nil:
		return reference.Key, slices.Concat(a.Strategy.KeyAuth.KeyNames, portico.DefaultKeyNames())[0]
	case a.Strategy.OIDC != nil && a.Strategy.OIDC.Has(portico.MethodClientCredentials):
		return reference.Basic, ""
	}
	return reference.Bearer, ""
}

// specification answers with the document as it was given.
func (p pages) specification(w http.ResponseWriter, v *page.Visit, a api) error {
	if a.Version == nil {
		return portico.Errorf(portico.KindNotFound, "This API has no specification yet.").Named("no_specification")
	}
	kind, extension := "application/yaml", ".yaml"
	if strings.HasPrefix(strings.TrimLeft(a.Version.Content, " \t\r\n\ufeff"), "{") {
		kind, extension = "application/json", ".json"
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="`+a.Slug+extension+`"`)
	_, _ = w.Write([]byte(a.Version.Content)) // fails only when the visitor has left
	return nil
}

// swaggerPrefix is where Swagger UI's own files are.
const swaggerPrefix = "/swagger-ui/"

// swaggerPage shows the specification in Swagger UI, as a second view.
func (p pages) swaggerPage(w http.ResponseWriter, v *page.Visit, a api) error {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	return swaggerFrame(a, v.T("catalog.reference_of", "API", a.Name), a.with("/swagger/init.js")).Render(v.Context(), w)
}

// swaggerInit starts Swagger UI. It is a file, for scripts within a page are
// not run. Trying out is left to the portal's own page, which reaches the
// gateway from here.
func (p pages) swaggerInit(w http.ResponseWriter, _ *page.Visit, a api) error {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	_, err := w.Write([]byte("SwaggerUIBundle({url: " + strconv.Quote(a.with("/specification")) + `, dom_id: "#swagger", deepLinking: true, supportedSubmitMethods: [], validatorUrl: null});` + "\n"))
	return err
}

func (p pages) swaggerFile(w http.ResponseWriter, v *page.Visit) error {
	if file := v.PathValue("file"); !slices.ContainsFunc([]string{file, file + ".gz"}, isSwaggerFile) {
		return portico.Errorf(portico.KindNotFound, "There is no page at [%s].", v.URL.Path).Named("no_page")
	}
	w.Header().Set("Cache-Control", "public, max-age=86400")
	p.swagger.ServeHTTP(w, v.Request)
	return nil
}

func isSwaggerFile(name string) bool {
	_, err := fs.Stat(static.FS, name)
	return err == nil
}

// formatName is what people call the format of a specification.
func formatName(t portico.SpecificationType) string {
	switch t {
	case portico.SpecificationOAS2:
		return "OpenAPI 2"
	case portico.SpecificationOAS3:
		return "OpenAPI 3"
	case portico.SpecificationAsyncAPI:
		return "AsyncAPI"
	}
	return string(t)
}

// facts are the list beside an API's overview.
func facts(ctx context.Context, o overviewView) []design.KV {
	rows := []design.KV{}
	add := func(key, value string, mono bool) {
		if value != "" {
			rows = append(rows, design.KV{Key: i18n.T(ctx, key), Value: value, Mono: mono})
		}
	}
	add("catalog.version", o.API.label(), false)
	if o.API.Strategy != nil {
		add("catalog.auth", o.API.Strategy.DisplayName, false)
	} else {
		add("catalog.auth", i18n.T(ctx, "catalog.kind_none"), false)
	}
	add("catalog.base", o.Base, true)
	add("catalog.updated", i18n.Date(ctx, o.API.UpdatedAt), false)
	return rows
}
