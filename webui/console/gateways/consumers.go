package gateways

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"portico"
	"portico/access"
	"portico/routing"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

func (p pages) consumers() entity[routing.ConsumerFields, portico.Consumer] {
	g := p.Gateways
	return entity[routing.ConsumerFields, portico.Consumer]{
		pages: p, noun: "consumer", icon: "user", action: access.Consumers, search: "username",
		columns: func(v *desk.Visit, l desk.List) []design.Column {
			return []design.Column{l.Column(v.T("gateways.username"), "username"), {Label: v.T("gateways.custom_id")}, {Label: v.T("gateways.tags")}}
		},
		cells: func(_ context.Context, c portico.Consumer, _ names) []templ.Component {
			return []templ.Component{mono(textOf(c.CustomID)), chips(c.Tags)}
		},
		id: func(c portico.Consumer) string { return string(c.ID) },
		name: func(c portico.Consumer) string {
			_, name := consumerLabel(c)
			return name.label
		},
		fresh: func(*desk.Visit) url.Values { return url.Values{} },
		fill: func(c portico.Consumer, _ names) url.Values {
			return url.Values{"username": {textOf(c.Username)}, "custom_id": {textOf(c.CustomID)}, "tags": c.Tags}
		},
		read: readConsumer, inputs: consumerInputs, field: head,
		facts: func(ctx context.Context, c portico.Consumer, _ names) []design.KV {
			return []design.KV{
				{Key: i18n.T(ctx, "gateways.username"), Value: textOf(c.Username)}, {Key: i18n.T(ctx, "gateways.custom_id"), Value: textOf(c.CustomID)},
				{Key: i18n.T(ctx, "gateways.tags"), Content: chips(c.Tags)},
			}
		},
		used: func(v *desk.Visit, of plane, c portico.Consumer) (use, error) {
			plugins, err := p.pluginsOn(v, of, portico.Where("consumer_id", c.ID))
			return use{goes: plugins}, err
		},
		create: g.CreateConsumer, put: g.PutConsumer, get: g.Consumer, list: g.Consumers, drop: g.DeleteConsumer,
	}
}

func textOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func readConsumer(f *desk.Form, _ *portico.Consumer) (routing.ConsumerFields, body) {
	in, b := routing.ConsumerFields{}, body{}
	username, custom, tags := f.Text("username", false, maxUser), f.Text("custom_id", false, maxUser), f.List("tags")
	give(b, "username", &in.Username, username, username != "")
	give(b, "custom_id", &in.CustomID, custom, custom != "")
	give(b, "tags", &in.Tags, tags, len(tags) > 0)
	return in, b
}
