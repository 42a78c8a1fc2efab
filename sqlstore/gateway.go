package sqlstore

import "portico"

func controlPlanes() *table[portico.ControlPlaneID, portico.ControlPlane] {
	return &table[portico.ControlPlaneID, portico.ControlPlane]{
		name:  "control_planes",
		noun:  "control plane",
		audit: told("name"),
		row: func(c *portico.ControlPlane) []cell {
			return []cell{
				text("id", &c.ID),
				text("name", &c.Name),
				text("description", &c.Description),
				text("cluster_type", &c.ClusterType),
				text("auth_type", &c.AuthType),
				document("labels", &c.Labels),
				document("proxy_urls", &c.ProxyURLs),
				instant("created_at", &c.CreatedAt),
				instant("updated_at", &c.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "description", "cluster_type", "auth_type", "created_at", "updated_at"},
		more:   map[string]field{"labels": labels("control_planes.labels")},
		unique: map[string]string{
			"control_planes_name_key": "A control plane with this name exists already.",
		},
	}
}

func services() *table[portico.ServiceID, portico.Service] {
	return &table[portico.ServiceID, portico.Service]{
		name:  "services",
		noun:  "service",
		audit: told("name"),
		row: func(s *portico.Service) []cell {
			return []cell{
				text("id", &s.ID),
				text("control_plane_id", &s.ControlPlaneID),
				optionalText("name", &s.Name),
				text("protocol", &s.Protocol),
				text("host", &s.Host),
				number("port", &s.Port),
				optionalText("path", &s.Path),
				number("retries", &s.Retries),
				number("connect_timeout", &s.ConnectTimeout),
				number("read_timeout", &s.ReadTimeout),
				number("write_timeout", &s.WriteTimeout),
				boolean("enabled", &s.Enabled),
				document("tags", &s.Tags),
				instant("created_at", &s.CreatedAt),
				instant("updated_at", &s.UpdatedAt),
			}
		},
		fields: []string{"id", "control_plane_id", "name", "protocol", "host", "port", "path", "enabled", "created_at", "updated_at"},
		more:   map[string]field{"tags": tags("services.tags")},
		unique: map[string]string{
			"services_control_plane_id_name_key": "A service with this name exists already in the control plane.",
		},
		change: routingChange[portico.Service],
	}
}

func routes() *table[portico.RouteID, portico.Route] {
	return &table[portico.RouteID, portico.Route]{
		name:  "routes",
		noun:  "route",
		audit: told("name"),
		row: func(r *portico.Route) []cell {
			return []cell{
				text("id", &r.ID),
				text("control_plane_id", &r.ControlPlaneID),
				optionalText("service_id", &r.ServiceID),
				optionalText("name", &r.Name),
				document("protocols", &r.Protocols),
				document("methods", &r.Methods),
				document("hosts", &r.Hosts),
				document("paths", &r.Paths),
				document("headers", &r.Headers),
				number("regex_priority", &r.RegexPriority),
				boolean("strip_path", &r.StripPath),
				boolean("preserve_host", &r.PreserveHost),
				text("path_handling", &r.PathHandling),
				number("https_redirect_status_code", &r.HTTPSRedirectStatusCode),
				boolean("request_buffering", &r.RequestBuffering),
				boolean("response_buffering", &r.ResponseBuffering),
				document("tags", &r.Tags),
				instant("created_at", &r.CreatedAt),
				instant("updated_at", &r.UpdatedAt),
			}
		},
		fields: []string{"id", "control_plane_id", "service_id", "name", "regex_priority", "created_at", "updated_at"},
		more:   map[string]field{"tags": tags("routes.tags")},
		unique: map[string]string{
			"routes_control_plane_id_name_key": "A route with this name exists already in the control plane.",
		},
		change: routingChange[portico.Route],
	}
}

func plugins() *table[portico.PluginID, portico.Plugin] {
	return &table[portico.PluginID, portico.Plugin]{
		name:  "plugins",
		noun:  "plugin",
		audit: told("name"),
		row: func(p *portico.Plugin) []cell {
			return []cell{
				text("id", &p.ID),
				text("control_plane_id", &p.ControlPlaneID),
				text("name", &p.Name),
				optionalText("instance_name", &p.InstanceName),
				optionalText("service_id", &p.ServiceID),
				optionalText("route_id", &p.RouteID),
				optionalText("consumer_id", &p.ConsumerID),
				text("config", &p.Config),
				document("protocols", &p.Protocols),
				boolean("enabled", &p.Enabled),
				document("tags", &p.Tags),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "control_plane_id", "name", "instance_name", "service_id", "route_id", "consumer_id", "enabled", "created_at", "updated_at"},
		more:   map[string]field{"tags": tags("plugins.tags")},
		unique: map[string]string{
			"plugins_scope_key":                          "A plugin with this name exists already for the same service, route and consumer.",
			"plugins_control_plane_id_instance_name_key": "A plugin with this instance name exists already in the control plane.",
		},
		change: routingChange[portico.Plugin],
	}
}

func consumers() *table[portico.ConsumerID, portico.Consumer] {
	const mapped = "SELECT application_id FROM consumer_mappings WHERE consumer_id = $1 ORDER BY application_id"
	return &table[portico.ConsumerID, portico.Consumer]{
		name:  "consumers",
		noun:  "consumer",
		audit: told("username"),
		row: func(c *portico.Consumer) []cell {
			return []cell{
				text("id", &c.ID),
				text("control_plane_id", &c.ControlPlaneID),
				optionalText("username", &c.Username),
				optionalText("custom_id", &c.CustomID),
				document("tags", &c.Tags),
				instant("created_at", &c.CreatedAt),
				instant("updated_at", &c.UpdatedAt),
			}
		},
		fields: []string{"id", "control_plane_id", "username", "custom_id", "created_at", "updated_at"},
		more: map[string]field{
			"tags": tags("consumers.tags"),
			"name": {expr: "consumers.username", kind: textual, nullable: true}, // as lists of core entities call it
		},
		unique: map[string]string{
			"consumers_control_plane_id_username_key":  "A consumer with this username exists already in the control plane.",
			"consumers_control_plane_id_custom_id_key": "A consumer with this custom id exists already in the control plane.",
		},
		touches: mapped,
		removal: removal{routing: true, applications: mapped},
	}
}

func consumerMappings() *table[portico.ConsumerMappingID, portico.ConsumerMapping] {
	return &table[portico.ConsumerMappingID, portico.ConsumerMapping]{
		name:  "consumer_mappings",
		noun:  "consumer mapping",
		audit: told(""),
		row: func(m *portico.ConsumerMapping) []cell {
			return []cell{
				text("id", &m.ID),
				text("application_id", &m.ApplicationID),
				text("control_plane_id", &m.ControlPlaneID),
				text("consumer_id", &m.ConsumerID),
				instant("created_at", &m.CreatedAt),
				instant("updated_at", &m.UpdatedAt),
			}
		},
		fields: []string{"id", "application_id", "control_plane_id", "consumer_id", "created_at", "updated_at"},
		unique: map[string]string{
			"consumer_mappings_application_id_control_plane_id_key": "The application has a consumer in this control plane already.",
		},
		change: func(m portico.ConsumerMapping) portico.Change { return applicationChange(m.ApplicationID) },
	}
}
