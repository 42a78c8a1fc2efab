package gateways

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/plugin"
	"portico/routing"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) plugins() entity[routing.PluginFields, portico.Plugin] {
	g := p.Gateways
	return entity[routing.PluginFields, portico.Plugin]{
		pages: p, noun: "plugin", icon: "settings", action: access.Plugins, search: "name",
		columns: func(v *desk.Visit, l desk.List) []design.Column {
			return []design.Column{l.Column(v.T("gateways.name"), "name"), {Label: v.T("gateways.scope")}, {Label: v.T("gateways.state")}}
		},
		cells: func(ctx context.Context, it portico.Plugin, names names) []templ.Component {
			return []templ.Component{chips(scopeOf(ctx, it, names)), onOff(it.Enabled)}
		},
		refs: func(it portico.Plugin) refs { return refs{it.ServiceID, it.RouteID, it.ConsumerID} },
		id:   func(it portico.Plugin) string { return string(it.ID) },
		name: pluginName,
		fresh: func(v *desk.Visit) url.Values {
			q := v.URL.Query()
			values := configValues(q.Get("name"), nil)
			for _, field := range []string{"name", "service", "route", "consumer"} {
				values.Set(field, q.Get(field))
			}
			values["protocols"] = plugin.Protocols()
			values.Set("enabled", "on")
			return values
		},
		choose: choosePlugin, fill: pluginValues, read: readPlugin, inputs: pluginInputs, facts: pluginFacts,
		field:  func(name string) string { return strings.TrimRight(strings.TrimRight(name, "0123456789"), ".") },
		used:   func(*desk.Visit, plane, portico.Plugin) (use, error) { return use{}, nil },
		create: g.CreatePlugin, put: g.PutPlugin, get: g.Plugin, list: g.Plugins, drop: g.DeletePlugin,
	}
}

// scopeOf is what a plugin is limited to; everything in the control plane
// otherwise.
func scopeOf(ctx context.Context, it portico.Plugin, names names) []string {
	var out []string
	if it.ServiceID != nil {
		out = append(out, i18n.T(ctx, "gateways.service")+": "+names[string(*it.ServiceID)].label)
	}
	if it.RouteID != nil {
		out = append(out, i18n.T(ctx, "gateways.route")+": "+names[string(*it.RouteID)].label)
	}
	if it.ConsumerID != nil {
		out = append(out, i18n.T(ctx, "gateways.consumer")+": "+names[string(*it.ConsumerID)].label)
	}
	if out == nil {
		out = append(out, i18n.T(ctx, "gateways.scope_all"))
	}
	return out
}

// choosePlugin asks first what the plugin shall do.
func choosePlugin(v *desk.Visit, of plane) templ.Component {
	if _, err := plugin.Find(v.URL.Query().Get("name")); err == nil {
		return nil
	}
	return pluginChoice(of)
}

// shown are the fields that anything but the default may be written to.
func shown(fields []plugin.Field) []plugin.Field {
	return slices.DeleteFunc(slices.Clone(fields), func(f plugin.Field) bool { return f.Only != "" })
}

// configValues fills in a configuration, or the defaults of a new one.
func configValues(name string, config map[string]any) url.Values {
	values := url.Values{}
	definition, err := plugin.Find(name)
	if err != nil {
		return values
	}
	fillConfig(values, definition.Fields, config, "config.")
	return values
}

func fillConfig(values url.Values, fields []plugin.Field, config map[string]any, at string) {
	for _, f := range shown(fields) {
		value := config[f.Name]
		if value == nil && f.Type != plugin.Record {
			value = f.Default
		}
		switch f.Type {
		case plugin.Record:
			record, _ := value.(map[string]any)
			fillConfig(values, f.Fields, record, at+f.Name+".")
		case plugin.List:
			items, _ := value.([]any)
			for _, item := range items {
				values.Add(at+f.Name, fmt.Sprint(item))
			}
			if len(f.Choices) == 0 {
				values.Set(at+f.Name, strings.Join(values[at+f.Name], "\n"))
			}
		case plugin.Boolean:
			check(values, at+f.Name, value == true)
		default:
			if value != nil {
				values.Set(at+f.Name, fmt.Sprint(value))
			}
		}
	}
}

// readConfig reads what fillConfig writes, as encoding/json decodes it; what is
// empty is left out.
func readConfig(f *desk.Form, fields []plugin.Field, at string) map[string]any {
	out := map[string]any{}
	for _, field := range shown(fields) {
		name := at + field.Name
		switch field.Type {
		case plugin.Record:
			if record := readConfig(f, field.Fields, name+"."); len(record) > 0 {
				out[field.Name] = record
			}
		case plugin.List:
			items := lines(f, name)
			if len(items) > 0 {
				list := make([]any, len(items))
				for i, item := range items {
					list[i] = item
				}
				out[field.Name] = list
			}
		case plugin.Boolean:
			out[field.Name] = f.Has(name, "on")
		case plugin.Integer:
			if typed := strings.TrimSpace(f.Value(name)); typed != "" {
				n, err := strconv.Atoi(typed)
				if err != nil {
					f.Reject(name, "gateways.not_whole")
				}
				out[field.Name] = json.Number(strconv.Itoa(n))
			}
		default:
			if typed := f.Text(name, false, maxField); typed != "" {
				out[field.Name] = typed
			}
		}
	}
	return out
}

func pluginValues(it portico.Plugin, names names) url.Values {
	config, _ := plugin.Decode(it.Config) // it was checked when it was stored
	values := configValues(it.Name, config)
	values.Set("name", it.Name)
	values.Set("instance_name", textOf(it.InstanceName))
	if it.ServiceID != nil {
		values.Set("service", names[string(*it.ServiceID)].ref)
	}
	if it.RouteID != nil {
		values.Set("route", names[string(*it.RouteID)].ref)
	}
	if it.ConsumerID != nil {
		values.Set("consumer", names[string(*it.ConsumerID)].ref)
	}
	values["protocols"], values["tags"] = it.Protocols, it.Tags
	check(values, "enabled", it.Enabled)
	return values
}

func readPlugin(f *desk.Form, stored *portico.Plugin) (routing.PluginFields, body) {
	in, b := routing.PluginFields{}, body{}
	if stored != nil {
		f.Values.Set("name", stored.Name) // it stays
	}
	name := f.Choice("name", plugin.Names()...)
	instance, tags := f.Text("instance_name", false, maxName), f.List("tags")
	give(b, "name", &in.Name, name, true)
	give(b, "instance_name", &in.InstanceName, instance, instance != "")
	giveRef(b, "service", "name", &in.Service, f.Text("service", false, maxName))
	giveRef(b, "route", "name", &in.Route, f.Text("route", false, maxName))
	giveRef(b, "consumer", "username", &in.Consumer, f.Text("consumer", false, maxUser))
	give(b, "protocols", &in.Protocols, f.List("protocols"), len(f.List("protocols")) > 0)
	give(b, "enabled", &in.Enabled, f.Has("enabled", "on"), true)
	give(b, "tags", &in.Tags, tags, len(tags) > 0)
	if definition, err := plugin.Find(name); err == nil {
		give(b, "config", &in.Config, readConfig(f, definition.Fields, "config."), true)
	}
	return in, b
}

func pluginFacts(ctx context.Context, it portico.Plugin, names names) []design.KV {
	return []design.KV{
		{Key: i18n.T(ctx, "gateways.name"), Value: it.Name, Mono: true}, {Key: i18n.T(ctx, "gateways.scope"), Content: chips(scopeOf(ctx, it, names))},
		{Key: i18n.T(ctx, "gateways.state"), Content: onOff(it.Enabled)}, {Key: i18n.T(ctx, "gateways.configuration"), Content: design.Code(design.CodeProps{ID: "config-json", Label: "JSON", Code: indented(it.Config)})},
	}
}

// indented is JSON as people read it.
func indented(text string) string {
	var out bytes.Buffer
	if json.Indent(&out, []byte(text), "", "  ") != nil {
		return text
	}
	return out.String()
}

// definitionOf is what the plugin in a form is about.
func definitionOf(f *desk.Form) plugin.Definition {
	d, _ := plugin.Find(f.Value("name")) // without one, there are no fields
	return d
}

// bounds say what a number may be.
func bounds(ctx context.Context, f plugin.Field) string {
	switch {
	case f.Min != nil && f.Max != nil:
		return i18n.T(ctx, "gateways.between", "Least", *f.Min, "Most", *f.Max)
	case f.Min != nil:
		return i18n.T(ctx, "gateways.at_least", "Least", *f.Min)
	}
	return ""
}
