package apis

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/access"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
)

type pages struct{ *desk.Site }

// Routes are the pages of APIs and of packages of their operations. A package is
// an API, too: what both have is served below the address of each.
func Routes(s *desk.Site) []desk.Route {
	p := pages{s}
	apis, packs := tree{p, "/apis/{apiId}", false}, tree{p, "/packages/{apiId}", true}
	return slices.Concat(
		[]desk.Route{
			desk.On("GET /apis", p.list(false), access.For(access.APIs, access.View, "")),
			desk.On("GET /apis/new", p.newAPI(false), access.For(access.APIs, access.Create, "")),
			desk.On("POST /apis/new", p.create(false), access.For(access.APIs, access.Create, "")).As("create-api"),
			desk.On("GET /packages", p.list(true), access.For(access.APIs, access.View, "")),
			desk.On("GET /packages/new", p.newAPI(true), access.For(access.APIs, access.Create, "")),
			desk.On("POST /packages/new", p.create(true), access.For(access.APIs, access.Create, "")).As("create-api-package"),
		},
		apis.common(), apis.ofAPIs(), packs.common(), packs.ofPackages(),
	)
}

// tree is the pages below the address of one API, or of one package.
type tree struct {
	pages
	base     string
	packages bool
}

// need is the permission for an action on the API or package of an address.
func need(a access.Action) access.Need { return access.For(access.APIs, a, "apiId") }

func (t tree) see(pattern string, h handler) desk.Route {
	return desk.On("GET "+t.base+pattern, t.of(h), need(access.View))
}

func (t tree) form(pattern string, h handler) desk.Route {
	return desk.On("GET "+t.base+pattern, t.of(h), need(access.View), need(access.Edit))
}

func (t tree) do(pattern string, h handler, action string) desk.Route {
	return desk.On("POST "+t.base+pattern, t.of(h), need(access.View), need(access.Edit)).As(action)
}

// common are the pages that APIs and packages have.
func (t tree) common() []desk.Route {
	view, remove, publish := need(access.View), need(access.Delete), need(access.Publish)
	portal := access.For(access.Portals, access.Publish, "portalId")
	either := func(api, pack string) string { // the management API's names for an action
		if t.packages {
			return pack
		}
		return api
	}
	return []desk.Route{
		t.see("", t.overview),
		t.do("", t.update, either("update-api", "patch-api-package")),
		desk.On("GET "+t.base+"/delete", t.of(t.deleteForm), view, remove),
		desk.On("POST "+t.base+"/delete", t.of(t.remove), view, remove).As(either("delete-api", "delete-api-package")),
		t.see("/image", t.image),
		t.do("/image", t.putImage, either("upsert-api-image", "upsert-api-package-image")),
		t.do("/image/remove", t.removeImage, either("delete-api-image", "delete-api-package-image")),

		t.see("/documents", t.documents),
		t.form("/documents/new", t.newDocument),
		t.do("/documents/new", t.createDocument, either("create-api-document", "create-api-package-document")),
		t.see("/documents/{documentId}", t.document),
		t.do("/documents/{documentId}", t.updateDocument, either("update-api-document", "update-api-package-document")),
		t.do("/documents/{documentId}/move", t.moveDocument, either("move-api-document", "move-api-package-document")),
		t.form("/documents/{documentId}/delete", t.deleteDocumentForm),
		t.do("/documents/{documentId}/delete", t.deleteDocument, either("delete-api-document", "delete-api-package-document")),

		t.see("/portals", t.portals),
		desk.On("GET "+t.base+"/publish", t.of(t.publishForm), view, publish),
		desk.On("POST "+t.base+"/publish", t.of(t.publish), view, publish).As(either("publish-api-to-portal", "publish-api-package-to-portal")),
		desk.On("GET "+t.base+"/portals/{portalId}/unpublish", t.of(t.unpublishForm), view, publish, portal),
		desk.On("POST "+t.base+"/portals/{portalId}/unpublish", t.of(t.unpublish), view, publish, portal).As(either("delete-publication", "delete-api-package-publication")),
		t.see("/applications", t.applications),
	}
}

// ofAPIs are the pages that packages have not: versions, and what serves an API.
func (t tree) ofAPIs() []desk.Route {
	return []desk.Route{
		t.see("/specification", t.specification),
		t.form("/specification/new", t.newVersion),
		t.do("/specification/new", t.createVersion, "create-api-version"),
		t.see("/specification/{versionId}", t.version),
		t.see("/specification/{versionId}/content", t.content),
		t.form("/specification/{versionId}/edit", t.editVersion),
		t.do("/specification/{versionId}/edit", t.updateVersion, "update-api-version"),
		t.form("/specification/{versionId}/delete", t.deleteVersionForm),
		t.do("/specification/{versionId}/delete", t.deleteVersion, "delete-api-version"),

		t.see("/gateway", t.gateway),
		t.do("/gateway/link", t.link, "create-api-implementation"),
		t.do("/gateway/serve", t.serve, "create-api-implementation"),
		t.do("/gateway/{implementationId}/unlink", t.unlink, "delete-api-implementation"),
	}
}

// ofPackages are the pages that APIs have not: the operations of others, and
// the specification that is made of them.
func (t tree) ofPackages() []desk.Route {
	return []desk.Route{
		t.see("/operations", t.operations),
		t.form("/operations/add", t.addForm),
		t.do("/operations/add", t.add, "update-api-package-operations"),
		t.form("/operations/{operationId}", t.limitForm),
		t.do("/operations/{operationId}", t.limit, "update-api-package-operations"),
		t.form("/operations/{operationId}/remove", t.removeOperationForm),
		t.do("/operations/{operationId}/remove", t.removeOperation, "remove-api-package-operation"),

		t.see("/specification", t.packageSpecification),
		t.see("/specification/content", t.packageContent),
		t.form("/specification/edit", t.replaceForm),
		t.do("/specification/edit", t.replace, "update-api-package-current-specification"),
		t.form("/specification/delete", t.restoreForm),
		t.do("/specification/delete", t.restore, "delete-api-package-current-specification"),
	}
}

// api is the API or package that a page is about, with what every tab shows of
// it.
type api struct {
	control.APIView
	Publications []control.PublicationView
	Operations   int // that a package holds
	MayEdit      bool
	MayDelete    bool
	MayPublish   bool
	tabs         []design.Tab
}

// Path is the address of the API's pages, or of one below.
func (a api) Path(below string) string {
	if a.IsPackage {
		return "/packages/" + string(a.ID) + below
	}
	return "/apis/" + string(a.ID) + below
}

// Wire is the API's address in the management API, or one below.
func (a api) Wire(below string) string {
	if a.IsPackage {
		return "/v3/api-packages/" + string(a.ID) + below
	}
	return "/v3/apis/" + string(a.ID) + below
}

// Guarded says whether a gateway enforces the strategies that the API is
// published with: one that serves it, or the APIs of a package's operations.
func (a api) Guarded() bool { return a.IsPackage || a.Mode != "" }

// Unguarded says that the API was published with a strategy which no gateway
// enforces, because none serves the API.
func (a api) Unguarded() bool {
	return !a.Guarded() && slices.ContainsFunc(a.Publications, func(p control.PublicationView) bool { return p.StrategyID != nil })
}

// handler answers a visit to a page of an API.
type handler func(w http.ResponseWriter, v *desk.Visit, a api) error

// of finds the API that a page is about. A page at the address of an API leads
// to a package's own pages if it is one, and the other way round.
func (t tree) of(h handler) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		id := v.PathValue("apiId")
		view, err := t.APIs.ByID(v.Context(), portico.APIID(id))
		if err != nil {
			return err
		}
		a := api{APIView: view, MayEdit: v.May(access.APIs, access.Edit, id), MayDelete: v.May(access.APIs, access.Delete, id), MayPublish: v.May(access.APIs, access.Publish, id)}
		if a.IsPackage != t.packages {
			if v.Method != http.MethodGet {
				return portico.NotFound("API", id)
			}
			_, below, _ := strings.Cut(v.URL.RequestURI(), id)
			return v.Redirect(a.Path(below))
		}
		publications, err := t.Publications.List(v.Context(), portico.Everything(portico.Where("api_id", view.ID)))
		if err != nil {
			return err
		}
		a.Publications = publications.Items
		if a.IsPackage {
			held, err := t.Packages.Held(v.Context(), a.ID, portico.ListQuery{Size: 1, Number: 1})
			if err != nil {
				return err
			}
			a.Operations = held.Total
		}
		a.tabs = a.tabsFor(v)
		return h(w, v, a)
	}
}

// tabsFor are the API's tabs; the current one is found by the address.
func (a api) tabsFor(v *desk.Visit) []design.Tab {
	tabs := []design.Tab{{Href: a.Path(""), Label: v.T("apis.tab_overview")}}
	if a.IsPackage {
		tabs = append(tabs,
			design.Tab{Href: a.Path("/operations"), Label: v.T("packages.tab_operations"), Count: count(a.Operations)},
			design.Tab{Href: a.Path("/specification"), Label: v.T("apis.tab_specification")},
			design.Tab{Href: a.Path("/documents"), Label: v.T("apis.tab_documents")})
	} else {
		tabs = append(tabs,
			design.Tab{Href: a.Path("/specification"), Label: v.T("apis.tab_specification"), Count: count(len(a.Versions))},
			design.Tab{Href: a.Path("/documents"), Label: v.T("apis.tab_documents")},
			design.Tab{Href: a.Path("/gateway"), Label: v.T("apis.tab_gateway")})
	}
	tabs = append(tabs,
		design.Tab{Href: a.Path("/portals"), Label: v.T("apis.tab_portals"), Count: count(len(a.Publications))},
		design.Tab{Href: a.Path("/applications"), Label: v.T("apis.tab_applications")})
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

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
