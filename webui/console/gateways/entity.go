package gateways

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/webui/design"
	"portico/webui/desk"
)

// entity is one kind of what is in control planes, on its pages: how it is
// listed, filled in and called. F are its fields as use cases take them.
type entity[F, T any] struct {
	pages
	noun    string // such as service; services in addresses
	icon    string
	action  access.Action // that writing needs
	search  string        // the field that the list is searched by
	columns func(v *desk.Visit, l desk.List) []design.Column
	cells   func(ctx context.Context, it T, names names) []templ.Component // but the first, which leads to its page
	refs    func(T) refs
	id      func(T) string
	name    func(T) string
	fresh   func(*desk.Visit) url.Values
	fill    func(T, names) url.Values
	// choose is a page before that of a new one; nil: there is nothing to choose.
	choose func(*desk.Visit, plane) templ.Component
	// read reads the form: the fields, and the same for the management API. Of a
	// stored one, what the form does not show stays.
	read   func(f *desk.Form, stored *T) (F, body)
	inputs func(f *desk.Form, s suggestions) templ.Component
	facts  func(ctx context.Context, it T, names names) []design.KV
	field  func(string) string // where the form has what use cases speak of
	used   func(v *desk.Visit, of plane, it T) (use, error)

	create func(context.Context, portico.ControlPlaneID, F) (T, error)
	put    func(context.Context, portico.ControlPlaneID, string, F) (T, error)
	get    func(context.Context, portico.ControlPlaneID, string) (T, error)
	list   func(context.Context, portico.ControlPlaneID, portico.ListQuery) (portico.Page[T], error)
	drop   func(context.Context, portico.ControlPlaneID, string) error
}

func (e entity[F, T]) routes() []desk.Route {
	all := home + "/{controlPlaneId}/" + e.noun + "s"
	one := all + "/{entityId}"
	reads, writes := inPlane(access.View), inPlane(e.action)
	return []desk.Route{
		desk.On("GET "+all, e.all, reads),
		desk.On("GET "+all+"/new", e.new, writes),
		desk.On("POST "+all+"/new", e.save, writes).As("create-" + e.noun),
		desk.On("GET "+one, e.one, reads),
		desk.On("POST "+one, e.save, writes).As("upsert-" + e.noun),
		desk.On("GET "+one+"/delete", e.deleteForm, writes),
		desk.On("POST "+one+"/delete", e.delete, writes).As("delete-" + e.noun),
	}
}

func (e entity[F, T]) path(of plane) string { return of.path() + "/" + e.noun + "s" }

// table is the list of one kind.
type table struct {
	desk.List
	plane
	noun, icon string
	title      string
	columns    []design.Column
	rows       []row
	total      int
	mayWrite   bool
}

type row struct {
	id, name, href string
	cells          []templ.Component
}

func (e entity[F, T]) all(w http.ResponseWriter, v *desk.Visit) error {
	of, err := e.planeOf(v, "/"+e.noun+"s")
	if err != nil {
		return err
	}
	view := table{List: v.List("name", "created_at"), plane: of, noun: e.noun, icon: e.icon, title: v.T("gateways." + e.noun + "s"), mayWrite: v.May(access.ControlPlanes, e.action, string(of.ID))}
	if e.search != "name" {
		view.List = v.List(e.search, "created_at")
	}
	found, err := e.list(v.Context(), of.ID, view.Query(view.Contains("q", e.search)))
	if err != nil {
		return err
	}
	names, err := e.namesOf(v.Context(), of.ID, refsOf(found.Items, e.refs))
	if err != nil {
		return err
	}
	view.total, view.columns = found.Total, e.columns(v, view.List)
	for _, it := range found.Items {
		view.rows = append(view.rows, row{e.id(it), e.name(it), e.path(of) + "/" + e.id(it), e.cells(v.Context(), it, names)})
	}
	return v.Render(w, http.StatusOK, view.title+" · "+of.Name, tablePage(view))
}

// formView is the page of a new entity, or of one that is stored.
type formView struct {
	plane
	noun, title, here, list string
	form                    *desk.Form
	stored, mayEdit         bool
	facts                   []design.KV
	inputs                  templ.Component
	use
	call templ.Component
}

func (e entity[F, T]) new(w http.ResponseWriter, v *desk.Visit) error {
	of, err := e.planeOf(v, "")
	if err != nil {
		return err
	}
	if e.choose != nil {
		if page := e.choose(v, of); page != nil {
			return v.Render(w, http.StatusOK, v.T("gateways.new_"+e.noun), page)
		}
	}
	return e.show(w, v, http.StatusOK, of, nil, v.EmptyForm(e.fresh(v)), nil)
}

func (e entity[F, T]) one(w http.ResponseWriter, v *desk.Visit) error {
	of, stored, err := e.named(v)
	if err != nil {
		return err
	}
	return e.show(w, v, http.StatusOK, of, &stored, nil, nil)
}

// named finds the entity in the address; KindNotFound.
func (e entity[F, T]) named(v *desk.Visit) (plane, T, error) {
	of, err := e.planeOf(v, "")
	if err != nil {
		var none T
		return of, none, err
	}
	found, err := e.get(v.Context(), of.ID, v.PathValue("entityId"))
	return of, found, err
}

// show renders the page. Without a form it is filled in with what is stored.
func (e entity[F, T]) show(w http.ResponseWriter, v *desk.Visit, status int, of plane, stored *T, f *desk.Form, call templ.Component) error {
	view := formView{plane: of, noun: e.noun, title: v.T("gateways.new_" + e.noun), here: e.path(of) + "/new", list: e.path(of), form: f, call: call,
		mayEdit: v.May(access.ControlPlanes, e.action, string(of.ID))}
	if stored != nil {
		names, err := e.namesOf(v.Context(), of.ID, refsOf([]T{*stored}, e.refs))
		if err != nil {
			return err
		}
		if f == nil {
			view.form = v.EmptyForm(e.fill(*stored, names))
		}
		if view.use, err = e.used(v, of, *stored); err != nil {
			return err
		}
		view.stored, view.title, view.here, view.facts = true, e.name(*stored), e.path(of)+"/"+e.id(*stored), e.facts(v.Context(), *stored, names)
	}
	known, err := e.suggest(v.Context(), of.ID)
	if err != nil {
		return err
	}
	view.inputs = e.inputs(view.form, known)
	return v.Render(w, status, view.title, formPage(view))
}

// save does what the form says, or shows it once more.
func (e entity[F, T]) save(w http.ResponseWriter, v *desk.Visit) error {
	var of plane
	var stored *T
	var err error
	api := "/v2/control-planes/" + v.PathValue("controlPlaneId") + "/core-entities/" + e.noun + "s"
	call := desk.Call{Method: http.MethodPost, Path: api}
	if v.PathValue("entityId") == "" {
		of, err = e.planeOf(v, "")
	} else {
		var found T
		of, found, err = e.named(v)
		stored, call = &found, desk.Call{Method: http.MethodPut, Path: api + "/" + e.id(found)}
	}
	if err != nil {
		return err
	}
	f, err := v.Form()
	if err != nil {
		return err
	}
	in, b := e.read(f, stored)
	call.Body = b
	return v.Submit(desk.Task{
		Form: f, Calls: []desk.Call{call},
		Do: func() (_ desk.Answer, err error) {
			var saved T
			if stored == nil {
				saved, err = e.create(v.Context(), of.ID, in)
			} else {
				saved, err = e.put(v.Context(), of.ID, e.id(*stored), in)
			}
			return v.To(e.path(of), "gateways.saved", "Name", e.name(saved)), err
		},
		Show: func(status int, call templ.Component) error {
			for i := range f.Faults {
				f.Faults[i].Field = e.field(f.Faults[i].Field)
			}
			return e.show(w, v, status, of, stored, f, call)
		},
	})
}

func (e entity[F, T]) removal(v *desk.Visit) (page removal, of plane, id string, err error) {
	of, found, err := e.named(v)
	if err != nil {
		return removal{}, of, "", err
	}
	id, name := e.id(found), e.name(found)
	back := e.path(of) + "/" + id
	page = removal{
		title: v.T("gateways.delete_" + e.noun), name: name, text: v.T("gateways.delete_"+e.noun+"_text", "Name", name), path: back + "/delete", back: back,
		crumb: []design.Crumb{
			{Href: home, Label: v.T("gateways.title")}, {Href: of.path(), Label: of.Name},
			{Href: e.path(of), Label: v.T("gateways." + e.noun + "s")}, {Href: back, Label: name}, {Label: v.T("gateways.delete")},
		},
		form: v.EmptyForm(nil),
	}
	page.use, err = e.used(v, of, found)
	return page, of, id, err
}

func (e entity[F, T]) deleteForm(w http.ResponseWriter, v *desk.Visit) error {
	page, _, _, err := e.removal(v)
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, page.title, removalPage(page))
}

func (e entity[F, T]) delete(w http.ResponseWriter, v *desk.Visit) error {
	page, of, id, err := e.removal(v)
	if err != nil {
		return err
	}
	call := "/v2/control-planes/" + string(of.ID) + "/core-entities/" + e.noun + "s/" + id
	return remove(w, v, page, e.path(of), call, func() error { return e.drop(v.Context(), of.ID, id) })
}

// head is the part of a fault's name before the first dot: of paths.0, paths.
func head(name string) string {
	first, _, _ := strings.Cut(name, ".")
	return first
}
