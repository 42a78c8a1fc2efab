package gateways

import (
	"context"
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

func (p pages) services() entity[routing.ServiceFields, portico.Service] {
	g := p.Gateways
	return entity[routing.ServiceFields, portico.Service]{
		pages: p, noun: "service", icon: "box", action: access.Services, search: "name",
		columns: func(v *desk.Visit, l desk.List) []design.Column {
			return []design.Column{l.Column(v.T("gateways.name"), "name"), {Label: v.T("gateways.url")}, {Label: v.T("gateways.tags")}, {Label: v.T("gateways.state")}}
		},
		cells: func(ctx context.Context, s portico.Service, _ names) []templ.Component {
			return []templ.Component{mono(addressOfService(s)), chips(s.Tags), onOff(s.Enabled)}
		},
		id: func(s portico.Service) string { return string(s.ID) },
		name: func(s portico.Service) string {
			_, name := serviceLabel(s)
			return name.label
		},
		fresh: func(*desk.Visit) url.Values {
			return url.Values{"enabled": {"on"}, "retries": {"5"}, "connect_timeout": {"60000"}, "read_timeout": {"60000"}, "write_timeout": {"60000"}}
		},
		fill: serviceValues, read: readService, inputs: serviceInputs, facts: serviceFacts, used: p.serviceUsed,
		field: func(name string) string {
			if slices.Contains([]string{"protocol", "host", "port", "path"}, name) {
				return "url"
			}
			return head(name)
		},
		create: g.CreateService, put: g.PutService, get: g.Service, list: g.Services, drop: g.DeleteService,
	}
}

// addressOfService is where a service is, as people write it.
func addressOfService(s portico.Service) string {
	out := s.Protocol + "://" + s.Host
	if s.Protocol == "http" && s.Port != 80 || s.Protocol == "https" && s.Port != 443 {
		out += ":" + strconv.Itoa(s.Port)
	}
	if s.Path != nil {
		out += *s.Path
	}
	return out
}

func serviceValues(s portico.Service, _ names) url.Values {
	values := url.Values{
		"url": {addressOfService(s)}, "retries": {strconv.Itoa(s.Retries)}, "tags": s.Tags,
		"connect_timeout": {strconv.Itoa(s.ConnectTimeout)}, "read_timeout": {strconv.Itoa(s.ReadTimeout)}, "write_timeout": {strconv.Itoa(s.WriteTimeout)},
	}
	if s.Name != nil {
		values.Set("name", *s.Name)
	}
	check(values, "enabled", s.Enabled)
	return values
}

// check fills in a check box.
func check(values url.Values, name string, on bool) {
	if on {
		values.Set(name, "on")
	}
}

// The contract's limits.
const (
	maxRetries = 32767
	maxTimeout = 2147483646 // milliseconds
)

func readService(f *desk.Form, _ *portico.Service) (routing.ServiceFields, body) {
	in, b := routing.ServiceFields{}, body{}
	name, tags := f.Text("name", false, maxName), f.List("tags")
	give(b, "name", &in.Name, name, name != "")
	if typed := f.URL("url", true, maxURL); f.Fault("url") == "" {
		giveAddress(b, f, &in, typed)
	}
	giveNumber(b, f, "retries", &in.Retries, 0, maxRetries)
	giveNumber(b, f, "connect_timeout", &in.ConnectTimeout, 1, maxTimeout)
	giveNumber(b, f, "read_timeout", &in.ReadTimeout, 1, maxTimeout)
	giveNumber(b, f, "write_timeout", &in.WriteTimeout, 1, maxTimeout)
	give(b, "enabled", &in.Enabled, f.Has("enabled", "on"), true)
	give(b, "tags", &in.Tags, tags, len(tags) > 0)
	return in, b
}

// giveAddress sets protocol, host, port and path. The contract wants a host, and
// takes a URL beside one only.
func giveAddress(b body, f *desk.Form, in *routing.ServiceFields, typed string) {
	u, err := url.Parse(typed)
	if err != nil {
		f.Reject("url", "errors.bad_url")
		return
	}
	host, port := u.Hostname(), map[string]int{"http": 80, "https": 443}[u.Scheme]
	if strings.Contains(host, ":") {
		host = "[" + host + "]" // an IPv6 address
	}
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil || port < 1 || port > 65535 {
			f.Reject("url", "errors.bad_url")
		}
	}
	give(b, "protocol", &in.Protocol, u.Scheme, true)
	give(b, "host", &in.Host, host, true)
	give(b, "port", &in.Port, port, true)
	give(b, "path", &in.Path, u.EscapedPath(), u.EscapedPath() != "")
}

func serviceFacts(ctx context.Context, s portico.Service, _ names) []design.KV {
	return []design.KV{
		{Key: i18n.T(ctx, "gateways.url"), Value: addressOfService(s), Mono: true}, {Key: i18n.T(ctx, "gateways.state"), Content: onOff(s.Enabled)},
		{Key: i18n.T(ctx, "gateways.retries"), Value: i18n.Number(ctx, s.Retries)}, {Key: i18n.T(ctx, "gateways.tags"), Content: chips(s.Tags)},
	}
}

// serviceUsed: routes keep a service; plugins go with it, and APIs lose it.
func (p pages) serviceUsed(v *desk.Visit, of plane, s portico.Service) (use, error) {
	var out use
	routes, err := p.Gateways.Routes(v.Context(), of.ID, portico.Everything(portico.Where("service_id", s.ID)))
	if err != nil {
		return out, err
	}
	for _, r := range routes.Items {
		_, name := routeLabel(r)
		out.blocks = append(out.blocks, reference{v.T("gateways.route_called", "Name", name.label), of.path() + "/routes/" + string(r.ID)})
	}
	if out.goes, out.hidden, err = p.linkedAPIs(v, portico.Where("service_id", s.ID)); err != nil {
		return out, err
	}
	plugins, err := p.pluginsOn(v, of, portico.Where("service_id", s.ID))
	out.goes = append(out.goes, plugins...)
	return out, err
}

// pluginsOn are the plugins that meet a condition.
func (p pages) pluginsOn(v *desk.Visit, of plane, condition portico.Filter) ([]reference, error) {
	var out []reference
	found, err := p.Gateways.Plugins(v.Context(), of.ID, portico.Everything(condition))
	for _, it := range found.Items {
		out = append(out, reference{v.T("gateways.plugin_called", "Name", pluginName(it)), of.path() + "/plugins/" + string(it.ID)})
	}
	return out, err
}

// pluginName is what a plugin does, and its own name if it has one.
func pluginName(p portico.Plugin) string {
	if p.InstanceName != nil {
		return *p.InstanceName
	}
	return p.Name
}
