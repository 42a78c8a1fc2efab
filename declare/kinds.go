package declare

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
)

// kinds is what can be declared. docs/declarative.md lists it for its readers;
// a test compares them.
func kinds() schema {
	return slices.Concat(applicationAuth(), gateways(), mailDomains(), portals(), apis(), packages(), portalRoles(), organization())
}

func labels() field { return field{name: "labels", shape: table} }

var visibilities = []string{"public", "private"}

// applicationAuth: how applications are registered and recognised (contract:
// application-auth-strategies v2).
func applicationAuth() schema {
	return schema{
		{
			name: "dcr_providers", noun: "DCR provider", keys: []string{"name"}, path: "/v2/dcr-providers", labelled: true,
			fields: []field{
				{name: "name", required: true},
				{name: "display_name"},
				{name: "provider_type", required: true, fixed: true, choices: []string{"auth0", "azureAd", "curity", "okta", "kongIdentity", "http", "rfc7591"}},
				{name: "issuer", required: true},
				labels(),
				{name: "dcr_config", shape: object, fields: []field{
					{name: "initial_client_id"},
					{name: "initial_client_secret", shape: secretText},
					{name: "initial_client_audience", nullable: true},
					{name: "use_developer_managed_scopes", shape: flag},
					{name: "dcr_token", shape: secretText},
					{name: "client_id", with: "private_key"},
					{name: "private_key", shape: secretText, with: "client_id"},
					{name: "registration_mode", choices: []string{"apps", "dcr"}},
					{name: "dcr_base_url"},
					{name: "api_key", shape: secretText},
					{name: "initial_access_token", shape: secretText, nullable: true},
					{name: "registration_endpoint", nullable: true},
					{name: "disable_event_hooks", shape: flag},
					{name: "disable_refresh_secret", shape: flag},
					{name: "allow_multiple_credentials", shape: flag},
				}},
			},
			decode: func(found map[string]any) {
				if config, is := found["dcr_config"].(map[string]any); is {
					if name := providerSecret(found["provider_type"], config); name != "" {
						config[name] = kept{}
					}
				}
			},
		},
		{
			name: "auth_strategies", noun: "auth strategy", keys: []string{"name"}, path: "/v2/application-auth-strategies", labelled: true,
			fields: []field{
				{name: "name", required: true},
				{name: "display_name", required: true},
				{name: "strategy_type", required: true, fixed: true, choices: []string{"key_auth", "openid_connect"}},
				{name: "dcr_provider", wire: "dcr_provider_id", shape: reference, to: "dcr_providers", nullable: true},
				{name: "configs", shape: object, required: true, fields: []field{
					{name: "key-auth", shape: object, fields: []field{
						{name: "key_names", shape: texts},
						{name: "ttl", shape: object, nullable: true, fields: []field{
							{name: "value", shape: integer, required: true},
							{name: "unit", required: true, choices: []string{"days", "weeks", "years"}},
						}},
					}},
					{name: "openid-connect", shape: open},
				}},
				{name: "principals", shape: object, fields: []field{{name: "enabled", shape: flag, required: true}}},
				labels(),
			},
			decode: func(found map[string]any) {
				if provider, is := found["dcr_provider"].(map[string]any); is {
					found["dcr_provider_id"] = provider["id"]
				}
			},
		},
	}
}

// providerSecret names the secret that a DCR provider has; empty: it has none.
func providerSecret(providerType any, config map[string]any) string {
	switch providerType {
	case "auth0", "azureAd", "curity":
		return "initial_client_secret"
	case "okta":
		if config["client_id"] != nil {
			return "private_key"
		}
		return "dcr_token"
	case "http":
		return "api_key"
	case "rfc7591":
		if config["has_initial_access_token"] == true {
			return "initial_access_token"
		}
	}
	return ""
}

// gateways: control planes and what runs on them (contracts: control-planes v2,
// control-planes-config v2).
func gateways() schema {
	return schema{
		{
			name: "control_planes", noun: "control plane", keys: []string{"name"}, path: "/v2/control-planes", labelled: true,
			fields: []field{
				{name: "name", required: true},
				{name: "description"},
				{name: "auth_type", choices: []string{"pinned_client_certs", "pki_client_certs"}},
				{name: "labels", shape: table, replaced: true},
			},
			decode: func(found map[string]any) {
				if config, is := found["config"].(map[string]any); is {
					found["auth_type"] = config["auth_type"]
				}
			},
		},
		{
			name: "services", in: "control_planes", noun: "service", keys: []string{"name"}, path: "core-entities/services", answer: entries,
			fields: []field{
				{name: "name", required: true},
				{name: "url", shape: serviceURL, required: true},
				{name: "retries", shape: integer},
				{name: "connect_timeout", shape: integer},
				{name: "read_timeout", shape: integer},
				{name: "write_timeout", shape: integer},
				{name: "enabled", shape: flag},
				{name: "tags", shape: texts},
			},
			encode: func(body map[string]any) {
				if address, is := body["url"].(string); is {
					delete(body, "url")
					maps.Copy(body, addressParts(address))
				}
			},
			decode: func(found map[string]any) { found["url"] = addressOf(found) },
		},
		{
			name: "routes", in: "control_planes", noun: "route", keys: []string{"name"}, path: "core-entities/routes", answer: entries,
			fields: []field{
				{name: "name", required: true},
				{name: "service", shape: reference, to: "control_planes.services", within: "control_planes", nullable: true},
				{name: "protocols", shape: texts},
				{name: "methods", shape: texts},
				{name: "hosts", shape: texts},
				{name: "paths", shape: texts},
				{name: "headers", shape: textLists, replaced: true},
				{name: "regex_priority", shape: integer},
				{name: "strip_path", shape: flag},
				{name: "preserve_host", shape: flag},
				{name: "https_redirect_status_code", shape: integer},
				{name: "request_buffering", shape: flag},
				{name: "response_buffering", shape: flag},
				{name: "tags", shape: texts},
			},
			encode: func(body map[string]any) { toObjects(body, "service") },
			decode: func(found map[string]any) { toIDs(found, "service") },
		},
		{
			name: "plugins", in: "control_planes", noun: "plugin", keys: []string{"name", "service", "route"}, path: "core-entities/plugins", answer: entries,
			fields: []field{
				{name: "name", required: true},
				{name: "service", shape: reference, to: "control_planes.services", within: "control_planes"},
				{name: "route", shape: reference, to: "control_planes.routes", within: "control_planes"},
				{name: "instance_name", nullable: true},
				{name: "config", shape: settings},
				{name: "protocols", shape: texts},
				{name: "enabled", shape: flag},
				{name: "tags", shape: texts},
			},
			skip:   func(found map[string]any) bool { return found["consumer"] != nil },
			encode: func(body map[string]any) { toObjects(body, "service", "route") },
			decode: func(found map[string]any) { toIDs(found, "service", "route") },
		},
	}
}

// toObjects writes ids as references of core entities: {"id": …}.
func toObjects(body map[string]any, names ...string) {
	for _, name := range names {
		if id, is := body[name].(string); is {
			body[name] = map[string]any{"id": id}
		}
	}
}

// toIDs undoes toObjects.
func toIDs(found map[string]any, names ...string) {
	for _, name := range names {
		if ref, is := found[name].(map[string]any); is {
			found[name] = ref["id"]
		}
	}
}

func menuItems(name string, required bool) field {
	return field{name: name, shape: objects, required: required, fields: []field{
		{name: "title", required: true},
		{name: "path", required: true},
		{name: "visibility", required: true, choices: visibilities},
		{name: "external", shape: flag, required: true},
	}}
}

// written is what all texts of a portal have.
func written(rest ...field) []field {
	return append(rest,
		field{name: "title"},
		field{name: "status", choices: []string{"published", "unpublished"}},
		field{name: "content", shape: textFile, end: ".md", required: true},
	)
}

// portals: developer portals, what they say and how they look (contract:
// portal-management v3).
func portals() schema {
	return slices.Concat(schema{
		{
			name: "portals", noun: "portal", keys: []string{"name"}, path: "/v3/portals", labelled: true,
			fields: []field{
				{name: "name", required: true},
				{name: "display_name"},
				{name: "description", nullable: true},
				{name: "authentication_enabled", shape: flag},
				{name: "rbac_enabled", shape: flag},
				{name: "sipr_enabled", shape: flag},
				{name: "default_api_visibility", choices: visibilities},
				{name: "default_page_visibility", choices: visibilities},
				{name: "default_application_auth_strategy", wire: "default_application_auth_strategy_id", shape: reference, to: "auth_strategies", nullable: true},
				{name: "auto_approve_developers", shape: flag},
				{name: "auto_approve_applications", shape: flag},
				{name: "notifications_developer_pii_visibility_enabled", shape: flag},
				labels(),
			},
		},
		{
			name: "custom_domain", in: "portals", noun: "custom domain", scalar: "hostname", path: "custom-domain", answer: single, frozen: true,
			fields: []field{{name: "hostname", required: true}},
			encode: func(body map[string]any) {
				body["enabled"], body["ssl"] = true, map[string]any{"domain_verification_method": "http"}
			},
		},
		{
			name: "ip_allow_list", in: "portals", noun: "allowed addresses", keys: []string{"allowed_ips"}, path: "ip-allow-list", answer: cursor, frozen: true,
			fields: []field{{name: "allowed_ips", shape: networks, required: true}},
		},
		{
			name: "logo", in: "portals", noun: "logo", scalar: "data", path: "assets/logo", answer: image, put: "PUT", lasting: true,
			fields: []field{{name: "data", shape: imageFile, required: true}},
		},
		{
			name: "favicon", in: "portals", noun: "favicon", scalar: "data", path: "assets/favicon", answer: image, put: "PUT", lasting: true,
			fields: []field{{name: "data", shape: imageFile, required: true}},
		},
		{
			name: "customization", in: "portals", noun: "customization", path: "customization", answer: single, put: "PATCH", lasting: true,
			fields: []field{
				{name: "theme", shape: object, fields: []field{
					{name: "name"},
					{name: "mode", choices: []string{"light", "dark", "system"}},
					{name: "colors", shape: object, fields: []field{{name: "primary"}}},
				}},
				{name: "layout"},
				{name: "css", shape: textFile, end: ".css", nullable: true},
				{name: "menu", shape: object, fields: []field{
					menuItems("main", false),
					{name: "footer_sections", shape: objects, fields: []field{{name: "title", required: true}, menuItems("items", true)}},
					menuItems("footer_bottom", false),
				}},
				{name: "spec_renderer", shape: object, fields: []field{
					{name: "try_it_ui", shape: flag}, {name: "try_it_insomnia", shape: flag}, {name: "infinite_scroll", shape: flag},
					{name: "show_schemas", shape: flag}, {name: "hide_internal", shape: flag}, {name: "hide_deprecated", shape: flag},
					{name: "allow_custom_server_urls", shape: flag},
				}},
				{name: "robots", nullable: true},
			},
		},
		{
			name: "pages", in: "portals", noun: "page", keys: []string{"slug"}, path: "pages", answer: tree, detail: true, nests: "parent_page_id",
			fields: written(field{name: "slug", required: true}, field{name: "description"}, field{name: "visibility", choices: visibilities}),
		},
		{
			name: "snippets", in: "portals", noun: "snippet", keys: []string{"name"}, path: "snippets", detail: true,
			fields: written(field{name: "name", required: true}, field{name: "description"}, field{name: "visibility", choices: visibilities}),
		},
		{
			name: "email_templates", in: "portals", noun: "e-mail template", keys: []string{"name"}, path: "email-templates", answer: data, put: "PATCH",
			itemID: func(body map[string]any) string {
				name, _ := body["name"].(string)
				delete(body, "name")
				return name
			},
			fields: []field{
				{name: "name", required: true},
				{name: "enabled", shape: flag},
				{name: "content", shape: object, fields: []field{
					{name: "subject", nullable: true}, {name: "title", nullable: true}, {name: "body", nullable: true}, {name: "button_label", nullable: true},
				}},
			},
			decode: func(found map[string]any) { found["id"] = found["name"] },
		},
		{
			name: "teams", in: "portals", noun: "team", keys: []string{"name"}, path: "teams",
			fields: []field{{name: "name", required: true}, {name: "description"}, {name: "can_own_applications", shape: flag}},
		},
	}, senders(), signIn())
}

// signIn: how developers sign in to a portal.
func signIn() schema {
	return schema{
		{
			name: "identity_providers", in: "portals", noun: "identity provider", keys: []string{"type"}, path: "identity-providers", answer: array,
			fields: []field{
				{name: "type", required: true, choices: []string{"oidc"}},
				{name: "enabled", shape: flag},
				{name: "config", shape: object, required: true, fields: []field{
					{name: "issuer_url", required: true},
					{name: "client_id", required: true},
					{name: "client_secret", shape: secretText},
					{name: "scopes", shape: texts},
					{name: "claim_mappings", shape: object, fields: []field{{name: "name"}, {name: "email"}, {name: "groups"}}},
				}},
			},
			decode: func(found map[string]any) {
				if config, is := found["config"].(map[string]any); is {
					config["client_secret"] = kept{}
				}
			},
		},
		{
			name: "team_groups", in: "portals.identity_providers", noun: "mapping", keys: []string{"group", "team"}, path: "team-group-mappings", answer: cursor, frozen: true,
			fields: []field{
				{name: "group", required: true},
				{name: "team", wire: "team_id", shape: reference, to: "portals.teams", within: "portals", required: true},
			},
		},
		{
			name: "authentication_settings", in: "portals", noun: "authentication settings", path: "authentication-settings", answer: single, put: "PATCH", lasting: true,
			fields: []field{{name: "basic_auth_enabled", shape: flag}, {name: "idp_mapping_enabled", shape: flag}},
		},
	}
}

// apis: the catalogue (contract: api-builder v3).
func apis() schema {
	return slices.Concat(schema{
		{
			name: "apis", noun: "API", keys: []string{"slug"}, path: "/v3/apis", labelled: true,
			fields: []field{
				{name: "slug", required: true},
				{name: "name", required: true},
				{name: "version", nullable: true},
				{name: "description", nullable: true},
				labels(),
				{name: "attributes", shape: textLists},
			},
		},
		{
			name: "versions", in: "apis", noun: "version", keys: []string{"version"}, path: "versions", detail: true,
			fields: []field{{name: "version", required: true}, {name: "spec", shape: textFile, required: true}},
			encode: func(body map[string]any) {
				if content, is := body["spec"]; is {
					body["spec"] = map[string]any{"content": content}
				}
			},
			decode: func(found map[string]any) {
				if spec, is := found["spec"].(map[string]any); is {
					found["spec"] = spec["content"]
				}
			},
		},
		{
			name: "implementations", in: "apis", noun: "implementation", keys: []string{"control_plane", "service"}, path: "implementations", frozen: true, freesRoom: true,
			list: func(api *entity) string {
				return "/v3/api-implementations?filter%5Bapi_id%5D%5Beq%5D=" + url.QueryEscape(api.id)
			},
			fields: []field{
				{name: "control_plane", shape: reference, to: "control_planes", required: true},
				{name: "service", shape: reference, to: "control_planes.services", within: "control_plane"},
			},
			encode: func(body map[string]any) {
				plane, service := body["control_plane"], body["service"]
				clear(body)
				if service == nil {
					body["control_plane"] = map[string]any{"control_plane_id": plane}
				} else {
					body["service"] = map[string]any{"control_plane_id": plane, "id": service}
				}
			},
			decode: func(found map[string]any) {
				if plane, is := found["control_plane"].(map[string]any); is {
					found["control_plane"] = plane["control_plane_id"]
				}
				if service, is := found["service"].(map[string]any); is {
					found["control_plane"], found["service"] = service["control_plane_id"], service["id"]
				}
			},
		},
	}, catalogued("apis"))
}

// catalogued is what APIs and packages both have.
func catalogued(in string) schema {
	return schema{
		{
			name: "icon", in: in, noun: "icon", scalar: "data", path: "images/icon", answer: image, put: "PUT",
			fields: []field{{name: "data", shape: imageFile, required: true}},
		},
		{
			name: "documents", in: in, noun: "document", keys: []string{"slug"}, path: "documents", answer: tree, detail: true, nests: "parent_document_id", unique: true,
			fields: written(field{name: "slug", required: true}),
		},
		{
			name: "publications", in: in, noun: "publication", keys: []string{"portal"}, path: "publications", put: "PUT", whole: true,
			list: func(api *entity) string {
				return "/v3/api-publications?filter%5Bapi_id%5D%5Beq%5D=" + url.QueryEscape(api.id)
			},
			itemID: func(body map[string]any) string {
				portal, _ := body["portal_id"].(string)
				delete(body, "portal_id")
				return portal
			},
			fields: []field{
				{name: "portal", wire: "portal_id", shape: reference, to: "portals", required: true},
				{name: "auth_strategy", shape: reference, to: "auth_strategies", nullable: true, explicit: true},
				{name: "visibility", choices: visibilities},
				{name: "auto_approve_registrations", shape: flag},
			},
			encode: func(body map[string]any) {
				if strategy, is := body["auth_strategy"]; is {
					delete(body, "auth_strategy")
					body["auth_strategy_ids"] = nil
					if strategy != nil {
						body["auth_strategy_ids"] = []any{strategy}
					}
				}
			},
			decode: func(found map[string]any) {
				found["id"] = found["portal_id"]
				if ids, is := found["auth_strategy_ids"].([]any); is && len(ids) > 0 {
					found["auth_strategy"] = ids[0]
				}
			},
		},
	}
}

// packages: operations of several APIs, published together (contract:
// api-builder v3).
func packages() schema {
	rateLimit := field{name: "rate_limiting_config", shape: object, nullable: true, fields: []field{
		{name: "limit", shape: integer, required: true},
		{name: "duration", required: true, choices: []string{"seconds", "minutes", "hours"}},
	}}
	return slices.Concat(schema{
		{
			name: "api_packages", noun: "API package", keys: []string{"slug"}, path: "/v3/api-packages", labelled: true,
			fields: []field{
				{name: "slug", required: true},
				{name: "name", required: true},
				{name: "version", nullable: true},
				{name: "description", nullable: true},
				rateLimit,
				labels(),
				{name: "attributes", shape: textLists},
			},
		},
		{
			name: "operations", in: "api_packages", noun: "operation", keys: []string{"api", "method", "path"}, path: "operations", whole: true, write: holdOperation,
			fields: []field{
				{name: "api", shape: reference, to: "apis", required: true},
				{name: "method", required: true},
				{name: "path", required: true},
				rateLimit,
			},
			decode: func(found map[string]any) {
				if api, is := found["api"].(map[string]any); is {
					found["api"] = api["id"]
				}
			},
		},
	}, catalogued("api_packages"))
}

// holdOperation puts an operation of an API into a package, or changes what
// applies to it there. Its id is looked up among those of the API.
func holdOperation(ctx context.Context, c *Client, e *entity, body map[string]any) error {
	change := map[string]any{"op": "replace", "value": map[string]any{"rate_limiting_config": body["rate_limiting_config"]}}
	if e.id == "" {
		change["op"] = "add"
		api, _ := body["api"].(string)
		known, err := c.items(ctx, pages, "/v3/apis/"+url.PathEscape(api)+"/operations")
		if err != nil {
			return err
		}
		for _, item := range known {
			if operation, is := item.(map[string]any); is && operation["method"] == body["method"] && operation["path"] == body["path"] {
				e.id, _ = operation["id"].(string)
			}
		}
		if e.id == "" {
			return fmt.Errorf("the current specification of the API %v has no operation %v %v", e.values["api"], body["method"], body["path"])
		}
	}
	change["path"] = "operations/" + e.id
	_, err := c.send(ctx, http.MethodPatch, e.kind.collection(e.parent), []any{change})
	return err
}

// portalRoles: which APIs the teams of a portal may see and use.
func portalRoles() schema {
	return schema{{
		name: "roles", in: "portals.teams", noun: "role", keys: []string{"role", "api"}, path: "assigned-roles", frozen: true,
		fields: []field{
			{name: "role", wire: "role_name", required: true, choices: []string{"API Viewer", "API Consumer"}},
			{name: "api", wire: "entity_id", shape: reference, to: "apis", required: true},
			{name: "region", wire: "entity_region", choices: regions()},
		},
		encode: func(body map[string]any) {
			body["entity_type_name"] = "Services"
			if body["entity_region"] == nil {
				body["entity_region"] = "*"
			}
		},
	}}
}
