package apis

import (
	"net/http"
	"strconv"

	"portico"
	"portico/access"
	"portico/control"
	"portico/problem"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Routes are the pages of APIs.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	need := func(a access.Action) access.Need { return access.For(access.APIs, a, "apiId") }
	view, edit, publish := need(access.View), need(access.Edit), need(access.Publish)
	see := func(pattern string, h handler) desk.Route { return desk.On("GET /apis/{apiId}"+pattern, p.of(h), view) }
	form := func(pattern string, h handler) desk.Route {
		return desk.On("GET /apis/{apiId}"+pattern, p.of(h), view, edit)
	}
	do := func(pattern string, h handler, action string) desk.Route {
		return desk.On("POST /apis/{apiId}"+pattern, p.of(h), view, edit).As(action)
	}
	return []desk.Route{
		desk.On("GET /apis", p.list, access.For(access.APIs, access.View, "")),
		desk.On("GET /apis/new", p.newAPI, access.For(access.APIs, access.Create, "")),
		desk.On("POST /apis/new", p.create, access.For(access.APIs, access.Create, "")).As("create-api"),
		see("", p.overview),
		do("", p.update, "update-api"),
		desk.On("GET /apis/{apiId}/delete", p.of(p.deleteForm), view, need(access.Delete)),
		desk.On("POST /apis/{apiId}/delete", p.of(p.remove), view, need(access.Delete)).As("delete-api"),
		see("/image", p.image),
		do("/image", p.putImage, "upsert-api-image"),
		do("/image/remove", p.removeImage, "delete-api-image"),

		see("/specification", p.specification),
		form("/specification/new", p.newVersion),
		do("/specification/new", p.createVersion, "create-api-version"),
		see("/specification/{versionId}", p.version),
		see("/specification/{versionId}/content", p.content),
		form("/specification/{versionId}/edit", p.editVersion),
		do("/specification/{versionId}/edit", p.updateVersion, "update-api-version"),
		form("/specification/{versionId}/delete", p.deleteVersionForm),
		do("/specification/{versionId}/delete", p.deleteVersion, "delete-api-version"),

		see("/documents", p.documents),
		form("/documents/new", p.newDocument),
		do("/documents/new", p.createDocument, "create-api-document"),
		see("/documents/{documentId}", p.document),
		do("/documents/{documentId}", p.updateDocument, "update-api-document"),
		do("/documents/{documentId}/move", p.moveDocument, "move-api-document"),
		form("/documents/{documentId}/delete", p.deleteDocumentForm),
		do("/documents/{documentId}/delete", p.deleteDocument, "delete-api-document"),

		see("/gateway", p.gateway),
		do("/gateway/link", p.link, "create-api-implementation"),
		do("/gateway/serve", p.serve, "create-api-implementation"),
		do("/gateway/{implementationId}/unlink", p.unlink, "delete-api-implementation"),

		see("/portals", p.portals),
		desk.On("GET /apis/{apiId}/publish", p.of(p.publishForm), view, publish),
		desk.On("POST /apis/{apiId}/publish", p.of(p.publish), view, publish).As("publish-api-to-portal"),
		desk.On("GET /apis/{apiId}/portals/{portalId}/unpublish", p.of(p.unpublishForm), view, publish, access.For(access.Portals, access.Publish, "portalId")),
		desk.On("POST /apis/{apiId}/portals/{portalId}/unpublish", p.of(p.unpublish), view, publish, access.For(access.Portals, access.Publish, "portalId")).As("delete-publication"),
		see("/applications", p.applications),
	}
}

// api is the API that a page is about, with what every tab shows of it.
type api struct {
	control.APIView
	Publications []control.PublicationView
	MayEdit      bool
	MayDelete    bool
	MayPublish   bool
	tabs         []design.Tab
}

// Path is the address of the API's pages, or of one below.
func (a api) Path(below string) string { return "/apis/" + string(a.ID) + below }

// Wire is the API's address in the management API, or one below.
func (a api) Wire(below string) string { return "/v3/apis/" + string(a.ID) + below }

// Unguarded says that the API was published with a strategy which no gateway
// enforces, because none serves the API.
func (a api) Unguarded() bool {
	for _, p := range a.Publications {
		if p.StrategyID != nil && a.Mode == "" {
			return true
		}
	}
	return false
}

// handler answers a visit to a page of an API.
type handler func(w http.ResponseWriter, v *desk.Visit, a api) error

// of finds the API that a page is about.
func (p pages) of(h handler) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		id := v.PathValue("apiId")
		view, err := p.APIs.ByID(v.Context(), portico.APIID(id))
		if err != nil {
			return err
		}
		publications, err := p.Publications.List(v.Context(), portico.Everything(portico.Where("api_id", view.ID)))
		if err != nil {
			return err
		}
		a := api{APIView: view, Publications: publications.Items, MayEdit: v.May(access.APIs, access.Edit, id), MayDelete: v.May(access.APIs, access.Delete, id), MayPublish: v.May(access.APIs, access.Publish, id)}
		a.tabs = a.tabsFor(v)
		return h(w, v, a)
	}
}

// tabsFor are the API's tabs; the current one is found by the address.
func (a api) tabsFor(v *desk.Visit) []design.Tab {
	tabs := []design.Tab{
		{Href: a.Path(""), Label: v.T("apis.tab_overview")},
		{Href: a.Path("/specification"), Label: v.T("apis.tab_specification"), Count: count(len(a.Versions))},
		{Href: a.Path("/documents"), Label: v.T("apis.tab_documents")},
		{Href: a.Path("/gateway"), Label: v.T("apis.tab_gateway")},
		{Href: a.Path("/portals"), Label: v.T("apis.tab_portals"), Count: count(len(a.Publications))},
		{Href: a.Path("/applications"), Label: v.T("apis.tab_applications")},
	}
	for i := range tabs {
		rest, within := cutPrefix(v.URL.Path, tabs[i].Href)
		tabs[i].Current = within && (rest == "" || i > 0)
	}
	return tabs
}

// count is a number after a tab's label; nothing is no number.
func count(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// cutPrefix says whether a path is another one or below it, and what is below.
func cutPrefix(path, above string) (rest string, within bool) {
	if len(path) < len(above) || path[:len(above)] != above || len(path) > len(above) && path[len(above)] != '/' {
		return "", false
	}
	return path[len(above):], true
}

// viewPreview is the button that shows what a form would make.
const viewPreview = "preview"

// statusOfForm is the status of a form that is shown again: err is what a use
// case had against it; nil: it was not asked.
func statusOfForm(err error) int {
	if err == nil {
		return http.StatusUnprocessableEntity
	}
	return problem.Status(portico.KindOf(err))
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
