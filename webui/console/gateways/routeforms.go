package gateways

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/routing"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) routes() entity[routing.RouteFields, portico.Route] {
	g := p.Gateways
	return entity[routing.RouteFields, portico.Route]{
		pages: p, noun: "route", icon: "link", action: access.Routes, search: "name",
		columns: func(v *desk.Visit, l desk.List) []design.Column {
			return []design.Column{
				l.Column(v.T("gateways.name"), "name"), {Label: v.T("gateways.methods")}, {Label: v.T("gateways.hosts")}, {Label: v.T("gateways.paths")}, {Label: v.T("gateways.service")},
			}
		},
		cells: func(ctx context.Context, r portico.Route, names names) []templ.Component {
			return []templ.Component{chips(r.Methods), chips(r.Hosts), chips(r.Paths), serviceOf(r, names)}
		},
		refs: func(r portico.Route) refs { return refs{service: r.ServiceID} },
		id:   func(r portico.Route) string { return string(r.ID) },
		name: func(r portico.Route) string {
			_, name := routeLabel(r)
			return name.label
		},
		fresh: func(v *desk.Visit) url.Values {
			return url.Values{"service": {v.URL.Query().Get("service")}, "protocols": {"http", "https"}, "strip_path": {"on"}}
		},
		fill: routeValues, read: readRoute, inputs: routeInputs, facts: routeFacts, field: head,
		used: func(v *desk.Visit, of plane, r portico.Route) (use, error) {
			plugins, err := p.pluginsOn(v, of, portico.Where("route_id", r.ID))
			return use{goes: plugins}, err
		},
		create: g.CreateRoute, put: g.PutRoute, get: g.Route, list: g.Routes, drop: g.DeleteRoute,
	}
}

func routeValues(r portico.Route, names names) url.Values {
	values := url.Values{"protocols": r.Protocols, "methods": r.Methods, "hosts": r.Hosts, "paths": {strings.Join(r.Paths, "\n")}, "tags": r.Tags,
		"regex_priority": {strconv.Itoa(r.RegexPriority)}, "headers": {strings.Join(headerLines(r.Headers), "\n")}}
	if r.Name != nil {
		values.Set("name", *r.Name)
	}
	if r.ServiceID != nil {
		values.Set("service", names[string(*r.ServiceID)].ref)
	}
	check(values, "strip_path", r.StripPath)
	check(values, "preserve_host", r.PreserveHost)
	return values
}

// headerLines are headers as the form has them: a name with one of its values on
// each line.
func headerLines(headers map[string][]string) []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(headers)) {
		for _, value := range headers[name] {
			out = append(out, name+": "+value)
		}
	}
	return out
}

// readHeaders reads what headerLines writes.
func readHeaders(f *desk.Form) map[string][]string {
	out := map[string][]string{}
	for _, line := range lines(f, "headers") {
		name, value, ok := strings.Cut(line, ":")
		if name, value = strings.TrimSpace(name), strings.TrimSpace(value); !ok || name == "" || value == "" {
			f.Reject("headers", "gateways.bad_header", "Line", line)
			continue
		}
		out[name] = append(out[name], value)
	}
	return out
}

// maxPriority bounds what orders regular expressions.
const maxPriority = 1 << 30

func readRoute(f *desk.Form, stored *portico.Route) (routing.RouteFields, body) {
	in, b := routing.RouteFields{}, body{}
	name, hosts, paths, tags := f.Text("name", false, maxName), f.List("hosts"), lines(f, "paths"), f.List("tags")
	methods := f.List("methods")
	for i := range methods {
		methods[i] = strings.ToUpper(methods[i])
	}
	give(b, "name", &in.Name, name, name != "")
	giveRef(b, "service", "name", &in.Service, f.Text("service", false, maxName))
	give(b, "protocols", &in.Protocols, f.List("protocols"), true)
	if len(in.Protocols.Value) == 0 {
		f.Reject("protocols", "errors.choose")
	}
	give(b, "methods", &in.Methods, methods, len(methods) > 0)
	give(b, "hosts", &in.Hosts, hosts, len(hosts) > 0)
	give(b, "paths", &in.Paths, paths, len(paths) > 0)
	headers := readHeaders(f)
	give(b, "headers", &in.Headers, headers, len(headers) > 0)
	giveNumber(b, f, "regex_priority", &in.RegexPriority, 0, maxPriority)
	give(b, "strip_path", &in.StripPath, f.Has("strip_path", "on"), true)
	give(b, "preserve_host", &in.PreserveHost, f.Has("preserve_host", "on"), true)
	give(b, "tags", &in.Tags, tags, len(tags) > 0)
	if stored != nil { // what the form does not show
		give(b, "https_redirect_status_code", &in.HTTPSRedirectStatusCode, stored.HTTPSRedirectStatusCode, true)
		give(b, "request_buffering", &in.RequestBuffering, stored.RequestBuffering, true)
		give(b, "response_buffering", &in.ResponseBuffering, stored.ResponseBuffering, true)
	}
	return in, b
}

func routeFacts(ctx context.Context, r portico.Route, names names) []design.KV {
	return []design.KV{
		{Key: i18n.T(ctx, "gateways.service"), Content: serviceOf(r, names)}, {Key: i18n.T(ctx, "gateways.protocols"), Content: chips(r.Protocols)},
		{Key: i18n.T(ctx, "gateways.methods"), Content: chips(r.Methods)}, {Key: i18n.T(ctx, "gateways.hosts"), Content: chips(r.Hosts)},
		{Key: i18n.T(ctx, "gateways.paths"), Content: chips(r.Paths)}, {Key: i18n.T(ctx, "gateways.headers"), Content: chips(headerLines(r.Headers))},
		{Key: i18n.T(ctx, "gateways.tags"), Content: chips(r.Tags)},
	}
}
