package gateways

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/usecase"
	"portico/webui/desk"
)

// body is what a form says as the management API takes it.
type body map[string]any

// give sets a field of a use case, and the same in the body of the call; what is
// not there is left out of both, and so has its default.
func give[T any](b body, name string, to *portico.Opt[T], value T, there bool) {
	if there {
		*to, b[name] = portico.Some(value), value
	}
}

// giveRef sets a reference to another entity, by its id or name; called is what
// the API calls the name.
func giveRef(b body, name, called string, to *portico.Opt[string], ref string) {
	if ref == "" {
		return
	}
	*to = portico.Some(ref)
	if portico.IsID(ref) {
		called = "id"
	}
	b[name] = map[string]string{called: ref}
}

// giveNumber reads a whole number within bounds, and sets it as give does.
func giveNumber(b body, f *desk.Form, name string, to *portico.Opt[int], least, most int) {
	typed := strings.TrimSpace(f.Value(name))
	if typed == "" {
		return
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < least || n > most {
		f.Reject(name, "gateways.bad_number", "Least", least, "Most", most)
		return
	}
	give(b, name, to, n, true)
}

// lines reads a text area with one value on each line.
func lines(f *desk.Form, field string) []string {
	var out []string
	for _, typed := range f.Values[field] {
		for line := range strings.Lines(typed) {
			if line = strings.TrimSpace(line); line != "" {
				out = append(out, line)
			}
		}
	}
	return out
}

// The longest texts of the forms.
const (
	maxName  = 128
	maxURL   = 2048
	maxUser  = 256
	maxField = 8192
)

// refs are the entities that one refers to; nil: none.
type refs struct {
	service  *portico.ServiceID
	route    *portico.RouteID
	consumer *portico.ConsumerID
}

func refsOf[T any](items []T, of func(T) refs) []refs {
	if of == nil {
		return nil
	}
	out := make([]refs, len(items))
	for i, it := range items {
		out[i] = of(it)
	}
	return out
}

// called is what an entity is called: to people, and in a form, where the name
// or id has to find it again.
type called struct{ label, ref string }

// names are what entities are called, by their ids.
type names map[string]called

// namesOf looks up what those that are referred to are called.
func (p pages) namesOf(ctx context.Context, of portico.ControlPlaneID, all []refs) (names, error) {
	var services []portico.ServiceID
	var routes []portico.RouteID
	var consumers []portico.ConsumerID
	for _, r := range all {
		if r.service != nil {
			services = append(services, *r.service)
		}
		if r.route != nil {
			routes = append(routes, *r.route)
		}
		if r.consumer != nil {
			consumers = append(consumers, *r.consumer)
		}
	}
	out := names{}
	if err := collect(ctx, of, services, p.Gateways.Services, out, serviceLabel); err != nil {
		return nil, err
	}
	if err := collect(ctx, of, routes, p.Gateways.Routes, out, routeLabel); err != nil {
		return nil, err
	}
	return out, collect(ctx, of, consumers, p.Gateways.Consumers, out, consumerLabel)
}

type lister[T any] func(context.Context, portico.ControlPlaneID, portico.ListQuery) (portico.Page[T], error)

// collect adds the names of the entities with the given ids.
func collect[ID ~string, T any](ctx context.Context, of portico.ControlPlaneID, ids []ID, list lister[T], to names, label func(T) (id string, name called)) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := list(ctx, of, portico.Everything(usecase.AnyOf("id", ids, func(id ID) ID { return id })))
	for _, it := range found.Items {
		id, name := label(it)
		to[id] = name
	}
	return err
}

// What entities are called: by their names, or else by what says most.

func serviceLabel(s portico.Service) (id string, name called) {
	return string(s.ID), calledBy(s.Name, string(s.ID), addressOfService(s))
}

func routeLabel(r portico.Route) (id string, name called) {
	most := slices.Concat(r.Paths, r.Hosts, r.Methods, []string{string(r.ID)})[0]
	return string(r.ID), calledBy(r.Name, string(r.ID), most)
}

func consumerLabel(c portico.Consumer) (id string, name called) {
	label := string(c.ID)
	if c.CustomID != nil {
		label = *c.CustomID
	}
	return string(c.ID), calledBy(c.Username, string(c.ID), label)
}

func calledBy(name *string, id, otherwise string) called {
	if name != nil {
		return called{*name, *name}
	}
	return called{otherwise, id}
}

// suggestions are names that a reference may be chosen from: the first of all.
type suggestions struct{ services, routes, consumers []string }

const maxSuggestions = 200

func (p pages) suggest(ctx context.Context, of portico.ControlPlaneID) (suggestions, error) {
	var out suggestions
	q := portico.ListQuery{Size: maxSuggestions, Number: 1, Sort: []portico.Sort{{Field: "created_at"}}}
	services, err := p.Gateways.Services(ctx, of, q)
	if err != nil {
		return out, err
	}
	for _, s := range services.Items {
		_, name := serviceLabel(s)
		out.services = append(out.services, name.ref)
	}
	routes, err := p.Gateways.Routes(ctx, of, q)
	if err != nil {
		return out, err
	}
	for _, r := range routes.Items {
		_, name := routeLabel(r)
		out.routes = append(out.routes, name.ref)
	}
	consumers, err := p.Gateways.Consumers(ctx, of, q)
	for _, c := range consumers.Items {
		_, name := consumerLabel(c)
		out.consumers = append(out.consumers, name.ref)
	}
	for _, l := range [][]string{out.services, out.routes, out.consumers} {
		slices.Sort(l)
	}
	return out, err
}
