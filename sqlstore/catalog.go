package sqlstore

import "portico"

// A new kind of entity is a table in a migration, a description like those
// below, a line in schema.go and an accessor in tx.go.

func portals() *table[portico.PortalID, portico.Portal] {
	return &table[portico.PortalID, portico.Portal]{
		name:  "portals",
		noun:  "portal",
		audit: told("name").of("id"),
		row: func(p *portico.Portal) []cell {
			return []cell{
				text("id", &p.ID),
				text("name", &p.Name),
				text("display_name", &p.DisplayName),
				optionalText("description", &p.Description),
				boolean("authentication_enabled", &p.AuthenticationEnabled),
				boolean("rbac_enabled", &p.RBACEnabled),
				boolean("sipr_enabled", &p.SIPREnabled),
				text("default_api_visibility", &p.DefaultAPIVisibility),
				text("default_page_visibility", &p.DefaultPageVisibility),
				optionalText("default_application_auth_strategy_id", &p.DefaultStrategyID),
				boolean("auto_approve_developers", &p.AutoApproveDevelopers),
				boolean("auto_approve_applications", &p.AutoApproveApplications),
				boolean("notifications_developer_pii_visibility_enabled", &p.NotificationsPIIVisible),
				boolean("basic_auth_enabled", &p.BasicAuthEnabled),
				boolean("idp_mapping_enabled", &p.TeamMappingEnabled),
				text("custom_domain", &p.CustomDomain),
				text("language", &p.Language),
				text("subdomain", &p.Subdomain),
				document("labels", &p.Labels),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "display_name", "description", "authentication_enabled", "rbac_enabled",
			"sipr_enabled", "default_api_visibility", "default_page_visibility", "default_application_auth_strategy_id",
			"auto_approve_developers", "auto_approve_applications", "notifications_developer_pii_visibility_enabled",
			"basic_auth_enabled", "idp_mapping_enabled", "custom_domain", "language", "subdomain", "created_at", "updated_at"},
		more: map[string]field{"labels": labels("portals.labels")},
		unique: map[string]string{
			"portals_name_key":          "A portal with this name exists already.",
			"portals_subdomain_key":     "A portal with this subdomain exists already.",
			"portals_custom_domain_key": "A portal with this custom domain exists already.",
		},
		removal: removal{routing: true, applications: "SELECT id FROM applications WHERE portal_id = $1 ORDER BY id"},
	}
}

func apis() *table[portico.APIID, portico.API] {
	return &table[portico.APIID, portico.API]{
		name:  "apis",
		noun:  "API",
		audit: told("name"),
		row: func(a *portico.API) []cell {
			return []cell{
				text("id", &a.ID),
				boolean("is_package", &a.IsPackage),
				text("name", &a.Name),
				optionalText("version", &a.Version),
				optionalText("description", &a.Description),
				text("slug", &a.Slug),
				document("labels", &a.Labels),
				document("attributes", &a.Attributes),
				document("rate_limit", &a.RateLimit),
				instant("created_at", &a.CreatedAt),
				instant("updated_at", &a.UpdatedAt),
			}
		},
		fields: []string{"id", "is_package", "name", "version", "description", "slug", "created_at", "updated_at"},
		more: map[string]field{
			"labels":     labels("apis.labels"),
			"attributes": attributes("apis.attributes"),
			"implementation_mode": related("SELECT CASE WHEN service_id IS NULL THEN 'access_control_enforcement'" +
				" ELSE 'gateway_entity_binding' END FROM implementations WHERE api_id = apis.id LIMIT 1"),
		},
		unique: map[string]string{
			"apis_is_package_name_version_key": "An API or package with this name and version exists already.",
			"apis_slug_key":                    "An API or package with this slug exists already.",
		},
		change:  packageChange,
		removal: removal{routing: true, applications: "SELECT application_id FROM registrations WHERE api_id = $1 ORDER BY application_id"},
	}
}

// packageChange: the gateways know of a package its rate limit.
func packageChange(a portico.API) portico.Change {
	if !a.IsPackage {
		return portico.Change{}
	}
	return routingChange(a)
}

func versions() *table[portico.VersionID, portico.Version] {
	return &table[portico.VersionID, portico.Version]{
		name:  "api_versions",
		noun:  "API version",
		audit: told("version"),
		row: func(v *portico.Version) []cell {
			return []cell{
				text("id", &v.ID),
				text("api_id", &v.APIID),
				text("version", &v.Version),
				text("content", &v.Content),
				text("type", &v.Type),
				document("messages", &v.Messages),
				boolean("computed", &v.Computed),
				instant("created_at", &v.CreatedAt),
				instant("updated_at", &v.UpdatedAt),
			}
		},
		long:   "content",
		fields: []string{"id", "api_id", "version", "type", "computed", "created_at", "updated_at"},
		unique: map[string]string{
			"api_versions_api_id_version_key": "The API has this version already.",
		},
	}
}

func publications() *table[portico.PublicationID, portico.Publication] {
	return &table[portico.PublicationID, portico.Publication]{
		name:  "publications",
		noun:  "publication",
		audit: told(""),
		row: func(p *portico.Publication) []cell {
			return []cell{
				text("id", &p.ID),
				text("api_id", &p.APIID),
				text("portal_id", &p.PortalID),
				optionalText("auth_strategy_id", &p.StrategyID),
				optionalBoolean("auto_approve_registrations", &p.AutoApproveRegistrations),
				text("visibility", &p.Visibility),
				instant("created_at", &p.CreatedAt),
				instant("updated_at", &p.UpdatedAt),
			}
		},
		fields: []string{"id", "api_id", "portal_id", "auth_strategy_id", "auto_approve_registrations", "visibility",
			"created_at", "updated_at"},
		more: map[string]field{
			"api_name":    related("SELECT name FROM apis WHERE id = publications.api_id"),
			"portal_name": related("SELECT name FROM portals WHERE id = publications.portal_id"),
			"entity_type": related("SELECT CASE WHEN is_package THEN '" + portico.EntityPackage + "' ELSE '" + portico.EntityAPI +
				"' END FROM apis WHERE id = publications.api_id"),
		},
		unique: map[string]string{
			"publications_api_id_portal_id_key": "The API is published to this portal already.",
		},
		change: routingChange[portico.Publication],
	}
}

func implementations() *table[portico.ImplementationID, portico.Implementation] {
	return &table[portico.ImplementationID, portico.Implementation]{
		name:  "implementations",
		noun:  "implementation",
		audit: told(""),
		row: func(i *portico.Implementation) []cell {
			return []cell{
				text("id", &i.ID),
				text("api_id", &i.APIID),
				text("control_plane_id", &i.ControlPlaneID),
				optionalText("service_id", &i.ServiceID),
				instant("created_at", &i.CreatedAt),
				instant("updated_at", &i.UpdatedAt),
			}
		},
		fields: []string{"id", "api_id", "control_plane_id", "service_id", "created_at", "updated_at"},
		unique: map[string]string{
			"implementations_api_id_service_id_key":       "The API is implemented by this service already.",
			"implementations_api_id_control_plane_id_key": "The API is implemented by this control plane already.",
		},
		change: routingChange[portico.Implementation],
	}
}
