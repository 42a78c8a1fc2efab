package mgmtapi_test

import (
	"fmt"
	"testing"

	"portico/spectest"
)

// object is a JSON object.
type object = map[string]any

// TestRoundTrips goes round with every resource that is created, read, changed
// and deleted.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	contract := oracle.Described()
	s := newServer(t)
	s.keep("hidden-okta-token", "hidden-secret-of-a-portal", "hidden-secret-of-an-admin-idp")
	w := s.newWorld(t)
	other := s.newDeveloper(t, w.portal, "other@example.com")
	page := s.call(t, 201, "POST", "/v3/portals/"+w.portal+"/pages", object{"slug": "parent", "content": ""}).text("id")
	document := s.call(t, 201, "POST", "/v3/apis/"+w.api+"/documents", object{"content": "# Parent"}).text("id")
	pack := s.call(t, 201, "POST", "/v3/api-packages", object{"name": "pack"}).text("id")
	packDocument := s.call(t, 201, "POST", "/v3/api-packages/"+pack+"/documents", object{"content": "# Parent"}).text("id")
	params := map[string]string{"portalId": w.portal, "apiId": w.api, "packageId": pack}
	s.call(t, 201, "POST", "/v3/portals/email-domains", object{"domain": "mail.example"})
	keys := s.strategyNamed(t, "keys")
	for name, r := range map[string]resource{
		"DCR providers": {
			create: "create-dcr-provider", read: "get-dcr-provider", update: "update-dcr-provider", remove: "delete-dcr-provider",
			first:  object{"provider_type": "okta", "name": "a", "display_name": "A", "issuer": "https://a.example/oauth2/default", "labels": object{"a": "1", "B": "2"}, "dcr_config": object{"dcr_token": "hidden-okta-token"}},
			second: object{"name": "b", "display_name": "B", "issuer": "https://a.example/oauth2/partners/", "labels": object{"a": nil, "c": "3", "KONGCTL-protected": "true"}, "dcr_config": object{"dcr_token": "hidden-okta-token"}},
			shown: func(member string, value any) object {
				if member == "dcr_config" {
					return object{"dcr_config": object{}}
				}
				return merged(member, value, object{"B": "2", "c": "3", "KONGCTL-protected": "true"})
			},
		},
		"auth strategies by OpenID Connect": {
			create: "create-app-auth-strategy", read: "get-app-auth-strategy", update: "update-app-auth-strategy", remove: "delete-app-auth-strategy",
			first:  with(openID(), "labels", object{"a": "1", "B": "2"}, "principals", object{"enabled": true}, "dcr_provider_id", w.provider),
			second: object{"name": "b", "display_name": "B", "labels": object{"a": nil, "c": "3"}, "principals": object{"enabled": false}, "dcr_provider_id": w.provider, "configs": openID()["configs"]},
			follow: []string{"supports_multiple_credentials"},
			shown: func(member string, value any) object {
				if member == "dcr_provider_id" {
					if value == nil {
						return object{"dcr_provider": nil}
					}
					return object{"dcr_provider.id": value}
				}
				return merged(member, value, object{"B": "2", "c": "3"})
			},
		},
		"auth strategies by key": {
			create: "create-app-auth-strategy", read: "get-app-auth-strategy", update: "update-app-auth-strategy", remove: "delete-app-auth-strategy",
			first:  with(keyAuth(), "labels", object{"a": "1"}, "principals", object{"enabled": true}),
			second: object{"name": "b", "display_name": "B", "configs": object{"key-auth": object{"key_names": []string{"key"}, "ttl": object{"value": 1, "unit": "years"}}}},
			left:   []string{"dcr_provider_id", "labels", "principals"},
		},
		"portals": {
			create: "create-portal", read: "get-portal", update: "update-portal", remove: "delete-portal", once: true,
			first: object{
				"name": "one", "display_name": "One", "description": "First", "authentication_enabled": false, "rbac_enabled": true, "sipr_enabled": true, "default_api_visibility": "public",
				"default_page_visibility": "public", "default_application_auth_strategy_id": keys, "auto_approve_developers": true, "auto_approve_applications": true,
				"notifications_developer_pii_visibility_enabled": true, "labels": object{"a": "1", "B": "2"},
			},
			second: object{
				"name": "two", "display_name": "Two", "description": "Second", "authentication_enabled": true, "rbac_enabled": false, "sipr_enabled": false, "default_api_visibility": "private",
				"default_page_visibility": "private", "default_application_auth_strategy_id": w.strategy, "auto_approve_developers": false, "auto_approve_applications": false,
				"notifications_developer_pii_visibility_enabled": false, "labels": object{"a": nil, "c": "3"},
			},
			shown: func(member string, value any) object { return merged(member, value, object{"B": "2", "c": "3"}) },
		},
		"pages": {
			create: "create-portal-page", read: "get-portal-page", update: "update-portal-page", remove: "delete-portal-page", once: true,
			first:  object{"slug": "one", "title": "One", "content": "# One", "visibility": "public", "status": "published", "description": "First", "parent_page_id": page},
			second: object{"slug": "two", "title": "Two", "content": "# Two", "visibility": "private", "status": "unpublished", "description": "Second", "parent_page_id": page},
		},
		"snippets": {
			create: "create-portal-snippet", read: "get-portal-snippet", update: "update-portal-snippet", remove: "delete-portal-snippet", once: true,
			first:  object{"name": "one", "title": "One", "content": "# One", "visibility": "public", "status": "published", "description": "First"},
			second: object{"name": "two", "title": "Two", "content": "# Two", "visibility": "private", "status": "unpublished", "description": "Second"},
		},
		"documents": {
			create: "create-api-document", read: "fetch-api-document", update: "update-api-document", remove: "delete-api-document", once: true,
			first:  object{"title": "One", "slug": "one", "content": "# One", "status": "published", "parent_document_id": document},
			second: object{"title": "Two", "slug": "two", "content": "# Two", "status": "unpublished", "parent_document_id": document},
		},
		"APIs": {
			create: "create-api", read: "fetch-api", update: "update-api", remove: "delete-api", once: true, left: []string{"spec_content"},
			first:  object{"name": "one", "description": "First", "version": "1", "slug": "first", "labels": object{"a": "1", "B": "2"}, "attributes": object{"domain": []string{"a", "b"}, "stage": []string{"x"}}},
			second: object{"name": "two", "description": "Second", "version": "2", "slug": "second", "labels": object{"a": nil, "c": "3"}, "attributes": object{"domain": []string{"c"}, "stage": nil}},
			null:   object{"slug": "two-1"},
			shown: func(member string, value any) object {
				if given, _ := value.(object); member == "attributes" && given["stage"] == nil && value != nil {
					return object{"attributes": object{"domain": []string{"c"}}}
				}
				return merged(member, value, object{"B": "2", "c": "3"})
			},
		},
		"API packages": {
			create: "create-api-package", read: "get-api-package", update: "patch-api-package", remove: "delete-api-package", once: true,
			first: object{"name": "one", "description": "First", "version": "1", "slug": "first-package", "labels": object{"a": "1", "B": "2"}, "attributes": object{"domain": []string{"a", "b"}, "stage": []string{"x"}},
				"rate_limiting_config": object{"limit": 5, "duration": "minutes"}},
			second: object{"name": "two", "description": "Second", "version": "2", "slug": "second-package", "labels": object{"a": nil, "c": "3"}, "attributes": object{"domain": []string{"c"}, "stage": nil},
				"rate_limiting_config": object{"limit": 0, "duration": "seconds"}},
			null: object{"slug": "two-1"},
			shown: func(member string, value any) object {
				if given, _ := value.(object); member == "attributes" && given["stage"] == nil && value != nil {
					return object{"attributes": object{"domain": []string{"c"}}}
				}
				return merged(member, value, object{"B": "2", "c": "3"})
			},
		},
		"documents of packages": {
			create: "create-api-package-document", read: "fetch-api-package-document", update: "update-api-package-document", remove: "delete-api-package-document", once: true,
			first:  object{"title": "One", "slug": "one", "content": "# One", "status": "published", "parent_document_id": packDocument},
			second: object{"title": "Two", "slug": "two", "content": "# Two", "status": "unpublished", "parent_document_id": packDocument},
		},
		"versions": {
			create: "create-api-version", read: "fetch-api-version", update: "update-api-version", remove: "delete-api-version", once: true,
			first:  object{"version": "1", "spec": object{"content": flights("1")}},
			second: object{"version": "2", "spec": object{"content": flights("2")}},
			shown: func(member string, value any) object {
				if spec, _ := value.(object); member == "spec" && value != nil {
					return object{"spec.content": spec["content"]}
				}
				return nil
			},
		},
		"teams of the organization": {
			create: "create-team", read: "get-team", update: "update-team", remove: "delete-team",
			first:  object{"name": "One", "description": "First", "labels": object{"a": "1", "B": "2"}},
			second: object{"name": "Two", "description": "Second", "labels": object{"a": nil, "c": "3"}},
			shown: func(member string, value any) object {
				return merged(member, value, object{"B": "2", "c": "3"})
			},
		},
		"system accounts": {
			create: "post-system-accounts", read: "get-system-accounts-id", update: "patch-system-accounts-id", remove: "delete-system-accounts-id", once: true,
			first:  object{"name": "one", "description": "First", "konnect_managed": false},
			second: object{"name": "two", "description": "Second"},
		},
		"identity providers of the organization": {
			create: "create-identity-provider", read: "get-identity-provider", update: "update-identity-provider", remove: "delete-identity-provider", once: true,
			first: object{"type": "oidc", "enabled": true, "login_path": "one", "config": object{
				"issuer_url": "https://one.example", "client_id": "one", "client_secret": "hidden-secret-of-an-admin-idp", "scopes": []string{"openid"}, "claim_mappings": object{"name": "n", "email": "e", "groups": "g"},
			}},
			second: object{"enabled": false, "login_path": "two", "config": object{
				"issuer_url": "https://two.example", "client_id": "two", "client_secret": "hidden-secret-of-an-admin-idp", "scopes": []string{"openid", "email"}, "claim_mappings": object{"name": "m", "email": "f", "groups": "h"},
			}},
			shown: func(member string, value any) object {
				given, _ := value.(object)
				if member != "config" || given == nil {
					return nil
				}
				return object{"config.issuer_url": given["issuer_url"], "config.client_id": given["client_id"], "config.client_secret": nil, "config.scopes": given["scopes"], "config.claim_mappings": given["claim_mappings"]}
			},
		},
		"teams": {
			create: "create-portal-team", read: "get-portal-team", update: "update-portal-team", remove: "delete-portal-team", once: true,
			first:  object{"name": "One", "description": "First", "can_own_applications": true},
			second: object{"name": "Two", "description": "Second", "can_own_applications": false},
		},
		"developers": {
			create: "create-developer", read: "get-developer", update: "update-developer", remove: "delete-developer", once: true,
			first:  object{"email": "one@example.com", "full_name": "One", "status": "pending", "send_invitation_email": true},
			second: object{"status": "approved"},
			shown: func(member string, _ any) object {
				if member == "send_invitation_email" {
					return object{}
				}
				return nil
			},
		},
		"applications": {
			create: "create-application", read: "get-application", update: "update-application", remove: "delete-application", once: true,
			left:   []string{"dcr_client_id", "client_id"},
			first:  object{"name": "One", "description": "First", "labels": object{"a": "1"}, "auth_strategy_id": w.strategy, "owner": object{"type": "developer", "id": w.developer}},
			second: object{"owner": object{"type": "developer", "id": other}},
			follow: []string{"client_id"},
			shown: func(member string, value any) object {
				if member == "auth_strategy_id" {
					return object{"auth_strategy.id": value}
				}
				return nil
			},
		},
		"identity providers": {
			create: "create-portal-identity-provider", read: "get-portal-identity-provider", update: "update-portal-identity-provider", remove: "delete-portal-identity-provider", once: true,
			first:  object{"type": "oidc", "enabled": true, "config": identityProvider("one")},
			second: object{"enabled": false, "config": identityProvider("two")},
			shown: func(member string, value any) object {
				if member == "config" && value != nil {
					return object{"config": with(value.(object), "client_secret", nil)}
				}
				return nil
			},
		},
		"control planes": {
			create: "create-control-plane", read: "get-control-plane", update: "update-control-plane", remove: "delete-control-plane", once: true,
			first:  object{"name": "one", "description": "First", "cluster_type": "CLUSTER_TYPE_CONTROL_PLANE", "auth_type": "pki_client_certs", "cloud_gateway": false, "labels": object{"a": "1"}},
			second: object{"name": "two", "description": "Second", "auth_type": "pinned_client_certs", "labels": object{"c": "3"}},
			left:   []string{"proxy_urls"},
			shown: func(member string, value any) object {
				switch member {
				case "cluster_type", "auth_type", "cloud_gateway":
					return object{"config." + member: value}
				}
				return nil
			},
		},
		"e-mail configurations": {
			create: "create-portal-email-config", read: "get-email-config", update: "update-portal-email-config", remove: "delete-portal-email-config", once: true,
			first:  object{"domain_name": "mail.example", "from_name": "One", "from_email": "one@mail.example", "reply_to_email": "help@one.example"},
			second: object{"domain_name": "mail.example", "from_name": "Two", "from_email": "two@mail.example", "reply_to_email": "help@two.example"},
		},
		"e-mail domains": {
			create: "create-email-domain", read: "get-email-domain", remove: "delete-email-domain", once: true, id: "domain", first: object{"domain": "one.example"},
		},
		"IP allow lists": {
			create: "create-portal-ip-allow-list", read: "get-portal-ip-allow-list", update: "update-portal-ip-allow-list", remove: "delete-portal-ip-allow-list",
			first: object{"allowed_ips": []string{"192.0.2.1", "2001:db8::/32"}}, second: object{"allowed_ips": []string{"198.51.100.0/24"}},
		},
	} {
		t.Run(name, func(t *testing.T) { s.trip(t, contract, params, r) })
	}
	params["applicationId"] = s.call(t, 201, "POST", w.applications(), w.application("App")).text("id")
	t.Run("registrations", func(t *testing.T) {
		s.trip(t, contract, params, resource{
			create: "create-application-registration", read: "get-application-registration", update: "update-application-registration", remove: "delete-application-registration", once: true,
			first: object{"api_id": w.api, "status": "pending"}, second: object{"status": "approved"},
			shown: func(member string, value any) object {
				if member == "api_id" {
					return object{"api.id": value}
				}
				return nil
			},
		})
	})
}

// merged is what labels are after first and second of a resource.
func merged(member string, value any, after object) object {
	labels, _ := value.(object)
	if _, changes := labels["c"]; member == "labels" && changes {
		return object{"labels": after}
	}
	return nil
}

func identityProvider(name string) object {
	return object{
		"issuer_url": fmt.Sprintf("https://%s.example/", name), "client_id": name, "client_secret": "hidden-secret-of-a-portal", "scopes": []string{"openid", name},
		"claim_mappings": object{"name": "name_" + name, "email": "email_" + name, "groups": "groups_" + name},
	}
}

// TestSettingsRoundTrip changes what a portal has one of, member by member.
func TestSettingsRoundTrip(t *testing.T) {
	t.Parallel()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	contract := oracle.Described()
	s := newServer(t)
	params := map[string]string{"portalId": s.newPortal(t, "Portal", true), "templateName": "reset-password"}
	item := func(title string) object {
		return object{"path": "/" + title, "title": title, "visibility": "public", "external": false}
	}
	s.call(t, 201, "POST", "/v3/portals/"+params["portalId"]+"/identity-providers", object{"type": "oidc", "enabled": true, "config": identityProvider("one")})
	s.call(t, 200, "PATCH", "/v3/portals/"+params["portalId"]+"/email-templates/reset-password", object{"content": object{"subject": "S", "title": "T", "body": "B", "button_label": "L"}})
	for read, r := range map[string]resource{
		"get-portal-customization": {
			update: "update-portal-customization",
			second: object{
				"theme": object{"name": "mine", "mode": "dark", "colors": object{"primary": "#00aa77"}}, "layout": "topnav", "css": ".a { color: red }", "robots": "User-agent: *",
				"spec_renderer": object{"try_it_ui": false, "hide_internal": true},
				"menu":          object{"main": []any{item("a")}, "footer_bottom": []any{item("b")}, "footer_sections": []any{object{"title": "C", "items": []any{item("c")}}}},
			},
		},
		"get-portal-authentication-settings": {
			update: "update-portal-authentication-settings",
			second: object{"basic_auth_enabled": false, "idp_mapping_enabled": true, "konnect_mapping_enabled": true, "oidc_team_mapping_enabled": true},
			left:   []string{"oidc_auth_enabled", "saml_auth_enabled", "oidc_issuer", "oidc_client_id", "oidc_client_secret", "oidc_scopes", "oidc_claim_mappings"},
			follow: []string{"idp_mapping_enabled", "konnect_mapping_enabled", "oidc_team_mapping_enabled"},
		},
		"get-email-delivery": {
			update: "update-email-delivery", follow: []string{"created_at"},
			second: object{"enabled": true, "from_email": "from@mail.example", "reply_to_email": "help@mail.example"},
		},
		"get-portal-custom-email-template": {
			update: "update-portal-custom-email-template",
			second: object{"enabled": false, "content": object{"subject": "Own", "title": "Own title", "body": "Own body", "button_label": "Own label"}},
			null:   object{"content": object{"subject": nil, "title": nil, "body": nil, "button_label": nil}},
		},
	} {
		t.Run(read, func(t *testing.T) {
			update := contract[r.update]
			r.complete(t, update, r.second)
			s.change(t, update, r, fillPath(t, update.Path, params), fillPath(t, contract[read].Path, params))
		})
	}
}
