package catalog

import (
	"net/http"
	"net/url"

	"github.com/vearutop/statigz"

	"github.com/swaggest/swgui/v5/static"

	"portico"
	"portico/control"
	"portico/webui/page"
)

type pages struct {
	*page.Site
	documents *documents
	swagger   http.Handler // Swagger UI's own files
}

// Routes are the pages about APIs.
func Routes(s *page.Site) []page.Route {
	p := pages{s, newDocuments(), http.StripPrefix(swaggerPrefix, statigz.FileServer(static.FS))}
	open := func(pattern string, h page.Handler) page.Route { return page.On(page.Anyone, pattern, h) }
	return []page.Route{
		open("GET /apis", p.list),
		open("GET /apis/{api}", p.of(p.overview)),
		open("GET /apis/{api}/documents/{path...}", p.of(p.document)),
		open("GET /apis/{api}/reference", p.of(p.reference)),
		open("GET /apis/{api}/specification", p.of(p.specification)),
		open("GET /apis/{api}/swagger", p.of(p.swaggerPage)),
		open("GET /apis/{api}/swagger/init.js", p.of(p.swaggerInit)),
		open("GET "+swaggerPrefix+"{file}", p.swaggerFile),
		open("GET /apis/{api}/versions", p.of(p.versions)),
		page.On(page.Developer, "GET /apis/{api}/apps", p.of(p.apps)),
		page.On(page.Developer, "GET /apis/{api}/use", p.of(p.useForm)),
		page.On(page.Developer, "POST /apis/{api}/use", p.of(p.use)),
		open("GET /apis/{api}/try/{operation}", p.of(p.tryForm)),
		page.On(page.Guessing, "POST /apis/{api}/try/{operation}", p.of(p.try)),
	}
}

// api is the API that a page is about.
type api struct {
	control.PublishedAPI
	Version *portico.Version // that is looked at; nil: the API has none
	wanted  string           // version of the query; empty: the current one
}

// Path is the address of the API, or of a page below it.
func (a api) Path(below string) string { return "/apis/" + url.PathEscape(a.Slug) + below }

// Query is what links carry so that the version stays the same.
func (a api) Query() url.Values {
	if a.wanted == "" {
		return nil
	}
	return url.Values{"version": {a.wanted}}
}

// with is a path of the API for the version that is looked at.
func (a api) with(below string) string {
	if a.wanted == "" {
		return a.Path(below)
	}
	return a.Path(below) + "?" + a.Query().Encode()
}

// label is the version that the page is about.
func (a api) label() string {
	switch {
	case a.Version != nil:
		return a.Version.Version
	case a.PublishedAPI.Version != nil:
		return *a.PublishedAPI.Version
	}
	return ""
}

// of finds the API that a page is about; what the visitor may not see is not
// there.
func (p pages) of(h func(http.ResponseWriter, *page.Visit, api) error) page.Handler {
	return func(w http.ResponseWriter, v *page.Visit) error {
		shown, err := p.Catalogue.API(v.Context(), v.Visitor, v.PathValue("api"))
		if portico.KindOf(err) == portico.KindNotFound && err != nil {
			return portico.Errorf(portico.KindNotFound, "There is no API at this address, or you may not see it. Sign in if it is private.").Named("no_api")
		}
		if err != nil {
			return err
		}
		a := api{PublishedAPI: shown, Version: shown.Current}
		if wanted := v.URL.Query().Get("version"); wanted != "" {
			a.wanted, a.Version = wanted, nil
			for i := range shown.Versions {
				if version := &shown.Versions[i]; version.Version == wanted || string(version.ID) == wanted {
					a.Version = version
				}
			}
			if a.Version == nil {
				return portico.Errorf(portico.KindNotFound, "This API has no version [%s].", wanted).Named("no_version")
			}
		}
		if a.Version != nil && a.Version.Content == "" {
			whole, err := p.APIs.Version(v.Context(), a.ID, a.Version.ID)
			if err != nil {
				return err
			}
			a.Version = &whole
		}
		return h(w, v, a)
	}
}
