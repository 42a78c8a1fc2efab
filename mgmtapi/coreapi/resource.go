package coreapi

import (
	"context"
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// resource is one kind of core entity on the wire: F is what a client writes of
// it, T what is kept.
type resource[F, T any] struct {
	noun   string // in the contract's operation ids, such as create-NOUN
	path   string // of the collection, below core-entities
	param  string // of one of them in the path
	action access.Action
	spec   listing.Spec
	more   func(*http.Request) []portico.Filter // further filters; nil: none
	read   func(*httpkit.Object) F
	view   func(T) any
	id     func(T) string
	useCases[F, T]
	parents []parent[F, T]
}

// useCases are what package routing does with a kind of core entity.
type useCases[F, T any] struct {
	create   func(context.Context, portico.ControlPlaneID, F) (T, error)
	put      func(context.Context, portico.ControlPlaneID, string, F) (T, error)
	update   func(context.Context, portico.ControlPlaneID, string, F) (T, error)
	validate func(context.Context, portico.ControlPlaneID, F) error
	get      func(context.Context, portico.ControlPlaneID, string) (T, error)
	list     func(context.Context, portico.ControlPlaneID, portico.ListQuery) (portico.Page[T], error)
	remove   func(context.Context, portico.ControlPlaneID, string) error
}

// parent is a kind of core entity below which others stand, too. In the path of
// a parent, only what belongs to it can be addressed, and what is written
// belongs to it.
type parent[F, T any] struct {
	noun, path, param string
	field             string // of T in lists
	find              func(context.Context, portico.ControlPlaneID, string) (id string, err error)
	of                func(T) string // the id of an entity's parent; empty: none
	adopt             func(*F, string)
}

// routes are the operations on the collection, and on it below each parent.
// PATCH is Kong's Admin API's; the contract leaves it out.
func (c resource[F, T]) routes(s server) []route.Route {
	out := c.at(s, nil)
	for i := range c.parents {
		out = append(out, c.at(s, &c.parents[i])...)
	}
	return out
}

func (c resource[F, T]) at(s server, p *parent[F, T]) []route.Route {
	all, noun := coreEntities+"/"+c.path, c.noun
	if p != nil {
		all, noun = coreEntities+"/"+p.path+"/{"+p.param+"}/"+c.path, c.noun+"-with-"+p.noun
	}
	one := all + "/{" + c.param + "}"
	reads, writes := inPlane(access.View), inPlane(c.action)
	h := handlers[F, T]{c, p}
	return []route.Route{
		route.On("POST", all, "create-"+noun, h.create, writes),
		route.On("GET", all, "list-"+noun, h.list, reads),
		route.On("GET", one, "get-"+noun, h.get, reads),
		route.On("PUT", one, "upsert-"+noun, h.put, writes),
		route.On("PATCH", one, "", h.patch, writes),
		route.On("DELETE", one, "delete-"+noun, h.remove, writes),
	}
}

// handlers serve a resource, below a parent if there is one.
type handlers[F, T any] struct {
	resource[F, T]
	parent *parent[F, T]
}

// within finds the control plane in the path, and the parent's id.
func (h handlers[F, T]) within(r *http.Request) (plane portico.ControlPlaneID, parentID string, err error) {
	if h.parent == nil {
		plane, _, err = inControlPlane(r, "")
		return plane, "", err
	}
	plane, ref, err := inControlPlane(r, h.parent.param)
	if err != nil {
		return plane, "", err
	}
	parentID, err = h.parent.find(r.Context(), plane, ref)
	return plane, parentID, err
}

// body reads what the client writes of an entity.
func (h handlers[F, T]) body(r *http.Request, parentID string) (F, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		var none F
		return none, err
	}
	in := h.read(o)
	if h.parent != nil {
		h.parent.adopt(&in, parentID)
	}
	return in, o.Err()
}

// named finds the entity that the path names; KindNotFound.
func (h handlers[F, T]) named(r *http.Request) (portico.ControlPlaneID, T, string, error) {
	plane, parentID, err := h.within(r)
	if err != nil {
		var none T
		return plane, none, parentID, err
	}
	_, ref, err := inControlPlane(r, h.param)
	if err != nil {
		var none T
		return plane, none, parentID, err
	}
	found, err := h.resource.get(r.Context(), plane, ref)
	if err == nil && h.parent != nil && h.parent.of(found) != parentID {
		var none T
		return plane, none, parentID, portico.NotFound(h.noun, ref)
	}
	return plane, found, parentID, err
}

func (h handlers[F, T]) create(w http.ResponseWriter, r *http.Request) error {
	plane, parentID, err := h.within(r)
	if err != nil {
		return err
	}
	in, err := h.body(r, parentID)
	if err != nil {
		return err
	}
	made, err := h.resource.create(r.Context(), plane, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, h.view(made))
}

// check says whether create would accept what the client writes.
func (h handlers[F, T]) check(r *http.Request) error {
	plane, parentID, err := h.within(r)
	if err != nil {
		return err
	}
	in, err := h.body(r, parentID)
	if err != nil {
		return err
	}
	return h.validate(r.Context(), plane, in)
}

func (h handlers[F, T]) list(w http.ResponseWriter, r *http.Request) error {
	plane, parentID, err := h.within(r)
	if err != nil {
		return err
	}
	q, err := parseCoreList(r, h.spec)
	if err != nil {
		return err
	}
	if h.more != nil {
		q.Filters = append(q.Filters, h.more(r)...)
	}
	if h.parent != nil {
		q.Filters = append(q.Filters, portico.Where(h.parent.field, parentID))
	}
	page, err := h.resource.list(r.Context(), plane, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.OffsetEnvelope(r, page, q, h.view))
}

func (h handlers[F, T]) get(w http.ResponseWriter, r *http.Request) error {
	_, found, _, err := h.named(r)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, h.view(found))
}

// put replaces or creates. Below a parent, it takes nothing from another one.
func (h handlers[F, T]) put(w http.ResponseWriter, r *http.Request) error {
	plane, parentID, err := h.within(r)
	if err != nil {
		return err
	}
	in, err := h.body(r, parentID)
	if err != nil {
		return err
	}
	_, ref, err := inControlPlane(r, h.param)
	if err != nil {
		return err
	}
	made, err := h.resource.put(r.Context(), plane, ref, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, h.view(made))
}

func (h handlers[F, T]) patch(w http.ResponseWriter, r *http.Request) error {
	plane, found, parentID, err := h.named(r)
	if err != nil {
		return err
	}
	in, err := h.body(r, parentID)
	if err != nil {
		return err
	}
	changed, err := h.update(r.Context(), plane, h.id(found), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, h.view(changed))
}

// remove is content when there is no such entity: so is Kong's Admin API.
func (h handlers[F, T]) remove(w http.ResponseWriter, r *http.Request) error {
	plane, found, _, err := h.named(r)
	if portico.KindOf(err) == portico.KindNotFound {
		return httpkit.NoContent(w)
	}
	if err != nil {
		return err
	}
	if err := h.resource.remove(r.Context(), plane, h.id(found)); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
