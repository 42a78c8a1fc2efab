package gateways

import (
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/control"
	"portico/routing"
	"portico/usecase"
	"portico/webui/design"
	"portico/webui/desk"
)

// planesView is the list of control planes.
type planesView struct {
	desk.List
	items     []planeRow
	total     int
	mayCreate bool
}

// planeRow is a control plane with how much is in it.
type planeRow struct {
	portico.ControlPlane
	services, routes, gateways int
}

func (p pages) planes(w http.ResponseWriter, v *desk.Visit) error {
	view := planesView{List: v.List("name", "created_at"), mayCreate: v.MayCreate(access.ControlPlanes)}
	found, err := p.Gateways.ControlPlanes(v.Context(), access.Visible(v.Context(), view.Query(view.Contains("q", "name")), access.ControlPlanes, "id"))
	if err != nil {
		return err
	}
	view.total = found.Total
	for _, c := range found.Items {
		row := planeRow{ControlPlane: c}
		services, err := p.Gateways.Services(v.Context(), c.ID, countOnly())
		if err != nil {
			return err
		}
		routes, err := p.Gateways.Routes(v.Context(), c.ID, countOnly())
		if err != nil {
			return err
		}
		nodes, err := p.Gateways.Running(v.Context(), c.ID)
		if err != nil {
			return err
		}
		row.services, row.routes, row.gateways = services.Total, routes.Total, len(nodes)
		view.items = append(view.items, row)
	}
	return v.Render(w, http.StatusOK, v.T("gateways.title"), planesPage(view))
}

// countOnly asks for how many there are.
func countOnly(filters ...portico.Filter) portico.ListQuery {
	return portico.ListQuery{Size: 1, Number: 1, Filters: filters}
}

// staleAfter is how long a gateway may be silent before one should look at it.
const staleAfter = 30 * time.Second

// node is a gateway as the page shows it.
type node struct {
	usecase.Node
	stale  bool
	behind bool // it has not the configuration that it should have
}

// planeView is a control plane's first page.
type planeView struct {
	plane
	nodes            []node
	expected         routing.Expected
	now              time.Time
	mayEdit, mayDrop bool
}

func (p pages) plane(w http.ResponseWriter, v *desk.Visit) error {
	of, err := p.planeOf(v, "")
	if err != nil {
		return err
	}
	view := planeView{plane: of, now: p.Now(), mayEdit: v.May(access.ControlPlanes, access.Edit, string(of.ID)), mayDrop: v.May(access.ControlPlanes, access.Delete, string(of.ID))}
	if view.expected, err = p.Gateways.Expected(v.Context(), of.ID); err != nil {
		return err
	}
	running, err := p.Gateways.Running(v.Context(), of.ID)
	if err != nil {
		return err
	}
	for _, n := range running {
		view.nodes = append(view.nodes, node{n, view.now.Sub(n.LastPing) > staleAfter, n.Epoch != view.expected.Epoch || n.Config < view.expected.Version})
	}
	return v.Render(w, http.StatusOK, of.Name, planePage(view))
}

// planeForm is the form of a new control plane, or of one that is stored.
type planeForm struct {
	form   *desk.Form
	stored *plane // nil: a new one
	call   templ.Component
}

func (c planeForm) path() string {
	if c.stored == nil {
		return home + "/new"
	}
	return c.stored.path() + "/edit"
}

// back is where the form was opened.
func (c planeForm) back() string {
	if c.stored == nil {
		return home
	}
	return c.stored.path()
}

func (p pages) newPlane(w http.ResponseWriter, v *desk.Visit) error {
	return p.showPlaneForm(w, v, http.StatusOK, planeForm{form: v.EmptyForm(nil)})
}

func (p pages) showPlaneForm(w http.ResponseWriter, v *desk.Visit, status int, view planeForm) error {
	title := v.T("gateways.new_plane")
	if view.stored != nil {
		title = view.stored.Name
	}
	return v.Render(w, status, title, planeFormPage(view))
}

func (p pages) editPlane(w http.ResponseWriter, v *desk.Visit) error {
	of, err := p.planeOf(v, "")
	if err != nil {
		return err
	}
	values := url.Values{"name": {of.Name}, "description": {of.Description}, "labels": desk.LabelWords(of.Labels)}
	for _, u := range of.ProxyURLs {
		values.Add("proxy_urls", addressOf(u))
	}
	return p.showPlaneForm(w, v, http.StatusOK, planeForm{form: v.EmptyForm(values), stored: &of})
}

// addressOf writes where a gateway is reached as people write it.
func addressOf(u portico.ProxyURL) string {
	return u.Protocol + "://" + net.JoinHostPort(u.Host, strconv.Itoa(u.Port))
}

// The contract's limits.
const (
	leastPlaneName  = 2
	maxPlaneName    = 256
	maxDescription  = 2048
	maxProxyURLs    = 5
	maxProxyURLHost = 120
)

// readPlane reads the form: the fields, and the same for the management API.
func readPlane(f *desk.Form) (routing.ControlPlaneFields, body) {
	in, b := routing.ControlPlaneFields{}, body{}
	name := f.Text("name", true, maxPlaneName)
	if len([]rune(name)) == 1 {
		f.Reject("name", "errors.rule.min_length", "Least", leastPlaneName, "Most", maxPlaneName)
	}
	give(b, "name", &in.Name, name, true)
	give(b, "description", &in.Description, f.Text("description", false, maxDescription), true)
	give(b, "labels", &in.Labels, desk.Labels(f, "labels"), true)
	urls := []portico.ProxyURL{}
	for _, typed := range f.List("proxy_urls") {
		u, ok := proxyURL(typed)
		if !ok || len(urls) == maxProxyURLs {
			f.Reject("proxy_urls", "gateways.bad_address", "Address", typed, "Most", maxProxyURLs)
			break
		}
		urls = append(urls, u)
	}
	give(b, "proxy_urls", &in.ProxyURLs, urls, true)
	return in, b
}

// proxyURL reads an address such as https://gw.example:8443.
func proxyURL(typed string) (portico.ProxyURL, bool) {
	u, err := url.Parse(typed)
	if err != nil || u.Hostname() == "" || len(u.Hostname()) > maxProxyURLHost || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return portico.ProxyURL{}, false
	}
	port, known := map[string]int{"http": 80, "https": 443}[u.Scheme]
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			return portico.ProxyURL{}, false
		}
	}
	return portico.ProxyURL{Host: u.Hostname(), Port: port, Protocol: u.Scheme}, known
}

func (p pages) createPlane(w http.ResponseWriter, v *desk.Visit) error {
	f, err := v.Form()
	if err != nil {
		return err
	}
	return p.savePlane(w, v, planeForm{form: f}, desk.Call{Method: http.MethodPost, Path: "/v2/control-planes"})
}

func (p pages) updatePlane(w http.ResponseWriter, v *desk.Visit) error {
	of, err := p.planeOf(v, "")
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	return p.savePlane(w, v, planeForm{form: f, stored: &of}, desk.Call{Method: http.MethodPatch, Path: "/v2/control-planes/" + string(of.ID)})
}

// savePlane does what the form says, or shows it once more.
func (p pages) savePlane(w http.ResponseWriter, v *desk.Visit, view planeForm, call desk.Call) error {
	in, b := readPlane(view.form)
	call.Body = b
	return v.Submit(desk.Task{
		Form: view.form, Calls: []desk.Call{call},
		Do: func() (_ desk.Answer, err error) {
			var saved portico.ControlPlane
			if view.stored == nil {
				saved, err = p.Gateways.CreateControlPlane(v.Context(), in)
			} else {
				saved, err = p.Gateways.UpdateControlPlane(v.Context(), view.stored.ID, in)
			}
			return v.To(plane{ControlPlane: saved}.path(), "gateways.saved", "Name", saved.Name), err
		},
		Show: func(status int, call templ.Component) error {
			view.call = call
			return p.showPlaneForm(w, v, status, view)
		},
	})
}

// usedBy is what is in a control plane.
func (p pages) usedBy(v *desk.Visit, of plane) (use, error) {
	var out use
	add := func(key, path string, total int) {
		if total > 0 {
			out.blocks = append(out.blocks, reference{v.T("gateways."+key) + ": " + strconv.Itoa(total), of.path() + path})
		}
	}
	services, err := p.Gateways.Services(v.Context(), of.ID, countOnly())
	if err != nil {
		return out, err
	}
	routes, err := p.Gateways.Routes(v.Context(), of.ID, countOnly())
	if err != nil {
		return out, err
	}
	plugins, err := p.Gateways.Plugins(v.Context(), of.ID, countOnly())
	if err != nil {
		return out, err
	}
	consumers, err := p.Gateways.Consumers(v.Context(), of.ID, countOnly())
	if err != nil {
		return out, err
	}
	add("services", "/services", services.Total)
	add("routes", "/routes", routes.Total)
	add("plugins", "/plugins", plugins.Total)
	add("consumers", "/consumers", consumers.Total)
	apis, hidden, err := p.linkedAPIs(v, portico.Where("control_plane_id", of.ID))
	out.blocks, out.hidden = append(out.blocks, apis...), hidden
	return out, err
}

// linkedAPIs are the APIs whose implementations meet a condition, and how many
// more there are that the visitor may not see.
func (p pages) linkedAPIs(v *desk.Visit, condition portico.Filter) (seen []reference, hidden int, err error) {
	links, err := p.Implementations.List(v.Context(), portico.Everything(condition))
	if err != nil || links.Total == 0 {
		return nil, 0, err
	}
	apis, err := p.APIs.List(v.Context(), portico.Everything(usecase.AnyOf("id", links.Items, func(i portico.Implementation) portico.APIID { return i.APIID })))
	for _, a := range apis.Items {
		if v.May(access.APIs, access.View, string(a.ID)) {
			seen = append(seen, reference{v.T("gateways.api_called", "Name", apiName(a)), "/apis/" + string(a.ID)})
		} else {
			hidden++
		}
	}
	return seen, hidden, err
}

// apiName tells versions of an API apart.
func apiName(a control.APIView) string {
	if a.Version != nil && *a.Version != "" {
		return a.Name + " " + *a.Version
	}
	return a.Name
}

// removal is the page that asks once more before something is deleted.
type removal struct {
	title, name, text string
	path, back        string // of this page, and where one came from
	crumb             []design.Crumb
	use
	form *desk.Form
	call templ.Component
}

func (p pages) planeRemoval(v *desk.Visit) (removal, plane, error) {
	of, err := p.planeOf(v, "")
	if err != nil {
		return removal{}, of, err
	}
	out := removal{
		title: v.T("gateways.delete_plane"), name: of.Name, text: v.T("gateways.delete_plane_text", "Name", of.Name), path: of.path() + "/delete", back: of.path(),
		crumb: []design.Crumb{{Href: home, Label: v.T("gateways.title")}, {Href: of.path(), Label: of.Name}, {Label: v.T("gateways.delete")}}, form: v.EmptyForm(nil),
	}
	out.use, err = p.usedBy(v, of)
	return out, of, err
}

func (p pages) deletePlaneForm(w http.ResponseWriter, v *desk.Visit) error {
	page, _, err := p.planeRemoval(v)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, page.title, removalPage(page))
}

func (p pages) deletePlane(w http.ResponseWriter, v *desk.Visit) error {
	page, of, err := p.planeRemoval(v)
	if err != nil {
		return err
	}
	return remove(w, v, page, home, "/v2/control-planes/"+string(of.ID), func() error { return p.Gateways.DeleteControlPlane(v.Context(), of.ID) })
}

// remove deletes what the page asks about, and goes on to another; call is the
// path of the management API that does the same.
func remove(w http.ResponseWriter, v *desk.Visit, page removal, next, call string, do func() error) error {
	return v.Submit(desk.Task{
		Form: page.form, Calls: []desk.Call{{Method: http.MethodDelete, Path: call}},
		Do: func() (desk.Answer, error) { return v.To(next, "gateways.deleted", "Name", page.name), do() },
		Show: func(status int, call templ.Component) error {
			page.call = call
			return v.Render(w, status, page.title, removalPage(page))
		},
	})
}
