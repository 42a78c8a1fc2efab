package coreapi

import (
	"context"
	"encoding/json"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/plugin"
	"portico/routing"
)

// plugins of a control plane, and the same below what they are limited to.
func (s server) plugins() resource[routing.PluginFields, portico.Plugin] {
	g := s.gateways()
	return resource[routing.PluginFields, portico.Plugin]{
		noun: "plugin", path: "plugins", param: "PluginId", action: access.Plugins, spec: byName(),
		read: readPlugin, view: viewPlugin, id: func(p portico.Plugin) string { return string(p.ID) },
		useCases: useCases[routing.PluginFields, portico.Plugin]{
			g.CreatePlugin, g.PutPlugin, g.UpdatePlugin, g.ValidatePlugin, g.Plugin, g.Plugins, g.DeletePlugin,
		},
		parents: []parent[routing.PluginFields, portico.Plugin]{
			{
				noun: "service", path: "services", param: "ServiceId", field: "service_id", find: s.serviceID,
				of:    func(p portico.Plugin) string { return idOf(p.ServiceID) },
				adopt: func(in *routing.PluginFields, id string) { in.Service = portico.Some(id) },
			},
			{
				noun: "route", path: "routes", param: "RouteId", field: "route_id", find: s.routeID,
				of:    func(p portico.Plugin) string { return idOf(p.RouteID) },
				adopt: func(in *routing.PluginFields, id string) { in.Route = portico.Some(id) },
			},
			{
				noun: "consumer", path: "consumers", param: "ConsumerIdForNestedEntities", field: "consumer_id", find: s.consumerID,
				of:    func(p portico.Plugin) string { return idOf(p.ConsumerID) },
				adopt: func(in *routing.PluginFields, id string) { in.Consumer = portico.Some(id) },
			},
		},
	}
}

// routeID is the id of the route called ref; KindNotFound.
func (s server) routeID(ctx context.Context, plane portico.ControlPlaneID, ref string) (string, error) {
	found, err := s.Gateways.Route(ctx, plane, ref)
	return string(found.ID), err
}

// pluginView is the contract's Plugin. What is not set is left out, not null;
// the configuration is whole.
type pluginView struct {
	ID           portico.PluginID `json:"id"`
	Name         string           `json:"name"`
	InstanceName *string          `json:"instance_name,omitzero"`
	Service      *refView         `json:"service,omitzero"`
	Route        *refView         `json:"route,omitzero"`
	Consumer     *refView         `json:"consumer,omitzero"`
	Config       json.RawMessage  `json:"config"`
	Protocols    []string         `json:"protocols"`
	Enabled      bool             `json:"enabled"`
	Tags         []string         `json:"tags,omitzero"`
	CreatedAt    seconds          `json:"created_at"`
	UpdatedAt    seconds          `json:"updated_at"`
}

func viewPlugin(p portico.Plugin) any {
	return pluginView{
		ID: p.ID, Name: p.Name, InstanceName: p.InstanceName, Service: viewRef(p.ServiceID), Route: viewRef(p.RouteID), Consumer: viewRef(p.ConsumerID),
		Config: json.RawMessage(p.Config), Protocols: p.Protocols, Enabled: p.Enabled, Tags: p.Tags,
		CreatedAt: seconds(p.CreatedAt), UpdatedAt: seconds(p.UpdatedAt),
	}
}

// readPlugin reads the contract's Plugin. What its configuration may be is the
// plugin's to say.
func readPlugin(o *httpkit.Object) routing.PluginFields {
	o.Ignore("created_at", "updated_at")
	unsupported(o, "condition", "consumer_group", "ordering", "partials")
	in := routing.PluginFields{
		ID:           given(httpkit.As[portico.PluginID](o.OptUUID("id", httpkit.Nullable))),
		Name:         o.OptString("name", httpkit.MinLength(1)),
		InstanceName: o.OptString("instance_name", httpkit.Nullable),
		Service:      readRef(o, "service", "name"),
		Route:        readRef(o, "route", "name"),
		Consumer:     readRef(o, "consumer", "username"),
		Protocols:    o.OptStrings("protocols", httpkit.Nullable),
		Enabled:      o.OptBool("enabled", httpkit.Nullable),
		Tags:         o.OptStrings("tags", httpkit.Nullable),
	}
	config, set, null := o.OptObject("config")
	config.Allow()
	in.Config = portico.Opt[map[string]any]{Set: set, Null: null}
	if set && !null {
		in.Config.Value, _ = o.Value("config").(map[string]any)
	}
	checkChoices(o, "protocols", in.Protocols.Value, plugin.Protocols())
	return in
}
