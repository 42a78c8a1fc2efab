package sqlstore

import "portico"

func controlPlanes() *table[portico.ControlPlaneID, portico.ControlPlane] {
	return &table[portico.ControlPlaneID, portico.ControlPlane]{
		name: "control_planes",
		noun: "control plane",
		row: func(c *portico.ControlPlane) []cell {
			return []cell{
				text("id", &c.ID),
				text("name", &c.Name),
				text("description", &c.Description),
				text("cluster_type", &c.ClusterType),
				text("auth_type", &c.AuthType),
				document("labels", &c.Labels),
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
		name: "services",
		noun: "service",
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
		name: "routes",
		noun: "route",
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
