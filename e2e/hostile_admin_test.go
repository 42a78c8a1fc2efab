package e2e_test

// makeAdmin makes one of what an organization's admins have: people, machines,
// single sign-on, the audit log's receiver, API packages, and what surrounds
// portals. The attacker himself is in none of it, lest he locks himself out.
func (a *attacked) makeAdmin(admin *api) {
	portal := "/v3/portals/" + a.ids["portalId"]
	make := func(pattern, path string, body object) string {
		made := id(admin.do("POST", path, body, 201))
		a.ids[pattern] = made
		return made
	}
	make("/v3/portals/{portalId}/ip-allow-list/{id}", portal+"/ip-allow-list", object{"allowed_ips": []string{"127.0.0.0/8", "::1"}})
	admin.do("POST", "/v3/portals/email-domains", object{"domain": "mail.example.com"}, 201)
	a.ids["emailDomain"] = "mail.example.com"
	admin.do("POST", portal+"/email-config", object{"domain_name": "mail.example.com"}, 201)
	receiver := object{"name": "victim", "endpoint": "https://127.0.0.1:9/", "authorization": "Bearer a", "log_format": "json"}
	make("auditLogDestinationId", "/v3/audit-log-destinations", receiver)

	team := make("/v3/teams/{teamId}", "/v3/teams", object{"name": "victim"})
	machine := make("accountId", "/v3/system-accounts", object{"name": "victim", "description": "V"})
	admin.do("POST", "/v3/teams/"+team+"/system-accounts", object{"id": machine}, 201)
	make("/v3/system-accounts/{accountId}/access-tokens/{tokenId}", "/v3/system-accounts/"+machine+"/access-tokens", object{"name": "victim", "expires_at": "2100-01-01T00:00:00Z"})
	role := object{"role_name": "Viewer", "entity_id": a.ids["apiId"], "entity_type_name": "APIs", "entity_region": "*"}
	for pattern, path := range map[string]string{
		"/v3/users/{userId}": "/v3/users/" + a.ids["userId"], "/v3/teams/{teamId}": "/v3/teams/" + team, "/v3/system-accounts/{accountId}": "/v3/system-accounts/" + machine,
	} {
		make(pattern+"/assigned-roles/{roleId}", path+"/assigned-roles", role)
	}
	provider := make("idpId", "/v3/identity-providers", object{"type": "oidc", "login_path": "victims", "config": object{"issuer_url": "http://127.0.0.1:9", "client_id": "c"}})
	a.ids["/v3/identity-providers/{id}"], a.ids["organizationLoginPath"] = provider, "victims"
	make("/v3/identity-providers/{idpId}/team-group-mappings/{id}", "/v3/identity-providers/"+provider+"/team-group-mappings", object{"team_id": team, "group": "g"})
	a.makePackage(admin)
	a.makeOthers(admin)
}

// makeOthers makes things like those under attack that hold nothing of ours.
func (a *attacked) makeOthers(admin *api) {
	for holder, path := range map[string]string{
		"/v3/portals/{portalId}": "/v3/portals", "/v3/apis/{apiId}": "/v3/apis", "/v3/api-packages/{apiId}": "/v3/api-packages",
		"/v2/control-planes/{controlPlaneId}": "/v2/control-planes", "/v3/system-accounts/{accountId}": "/v3/system-accounts", "/v3/teams/{teamId}": "/v3/teams",
	} {
		a.ids["another "+holder] = id(admin.do("POST", path, object{"name": "elsewhere", "description": "E"}, 201))
	}
}

// makePackage makes an API package with an operation, a document and an image.
func (a *attacked) makePackage(admin *api) {
	plane := id(admin.do("POST", "/v2/control-planes", object{"name": "victim"}, 201))
	source := id(admin.do("POST", "/v3/apis", object{"name": "Source", "version": "1", "spec_content": specification}, 201))
	admin.do("POST", "/v3/apis/"+source+"/implementations", object{"control_plane": object{"control_plane_id": plane}}, 201)
	operation := id(admin.do("GET", "/v3/apis/"+source+"/operations", nil, 200)["data"].([]any)[0].(object))
	pack := id(admin.do("POST", "/v3/api-packages", object{"name": "victim", "version": "1"}, 201))
	admin.do("PATCH", "/v3/api-packages/"+pack+"/operations", []object{{"op": "add", "path": "operations/" + operation}}, 204)
	document := id(admin.do("POST", "/v3/api-packages/"+pack+"/documents", object{"slug": "victim", "content": "# V", "status": "published"}, 201))
	admin.do("PUT", "/v3/api-packages/"+pack+"/images/icon", object{"data": picture}, 201)
	a.ids["/v3/api-packages/{apiId}"], a.ids["operationId"], a.ids["/v3/apis/{apiId}/operations"] = pack, operation, source
	a.ids["/v3/api-packages/{apiId}/documents/{documentId}"] = document
}

// adminBodies are accepted bodies about all that.
func (a *attacked) adminBodies() map[string]object {
	team, machine := object{"name": "t", "description": "d", "labels": object{"team": "air"}}, object{"name": "m", "description": "d"}
	role := object{"role_name": "Viewer", "entity_id": a.ids["apiId"], "entity_type_name": "APIs", "entity_region": "eu"}
	claims := object{"name": "name", "email": "email", "groups": "groups"}
	signOn := object{"issuer_url": "https://idp.example", "client_id": "c", "client_secret": "s", "scopes": []any{"openid"}, "claim_mappings": claims}
	provider := object{"type": "oidc", "enabled": false, "login_path": "victims", "config": signOn}
	older := object{"issuer": "https://idp.example", "login_path": "victims", "client_id": "c", "client_secret": "s", "scopes": []any{"openid"}, "claim_mappings": claims}
	receiver := object{"name": "r", "endpoint": "https://127.0.0.1:9/", "authorization": "Bearer a", "log_format": "json", "skip_ssl_verification": false}
	webhook := object{"audit_log_destination_id": a.ids["auditLogDestinationId"], "enabled": true}
	replay := object{"start_at": "2026-01-01T00:00:00Z", "end_at": "2026-01-02T00:00:00Z"}
	allowed := object{"allowed_ips": []any{"127.0.0.1", "10.0.0.0/8", "::1"}}
	sender := object{"domain_name": "mail.example.com", "from_name": "F", "from_email": "a@mail.example.com", "reply_to_email": "b@example.com"}
	pack := object{"name": "p", "version": "1", "description": "d", "slug": nil, "labels": object{"team": "air"}, "attributes": object{"domain": []any{"air"}}, "rate_limiting_config": object{"limit": 5, "duration": "minutes"}}
	document := object{"slug": "d", "title": "D", "content": "# D", "status": "published", "parent_document_id": nil}
	return map[string]object{
		"update-impersonation-settings": {"enabled": false}, "update-user": {"full_name": "V", "preferred_name": "V"}, "invite-user": {"email": "v@example.com"},
		"create-team": team, "update-team": team, "add-user-to-team": {"id": a.ids["userId"]}, "post-teams-teamId-system-accounts": {"id": a.ids["accountId"]},
		"post-system-accounts": with(machine, []string{"konnect_managed"}, false), "patch-system-accounts-id": machine,
		"post-system-accounts-id-access-tokens":     {"name": "t", "expires_at": "2100-01-01T00:00:00Z"},
		"patch-system-accounts-id-access-tokens-id": {"name": "t"},
		"users-assign-role":                         role, "teams-assign-role": role, "post-system-accounts-accountId-assigned-roles": role,
		"create-identity-provider": provider, "update-identity-provider": with(provider, []string{"type"}, absent{}), "update-idp-configuration": older,
		"create-idp-team-group-mapping":  {"team_id": a.ids["/v3/teams/{teamId}"], "group": "h"},
		"update-authentication-settings": {"basic_auth_enabled": true, "oidc_auth_enabled": false, "saml_auth_enabled": false, "idp_mapping_enabled": false, "konnect_mapping_enabled": true},
		"update-idp-team-mappings":       {"mappings": []any{object{"group": "g", "team_ids": []any{a.ids["/v3/teams/{teamId}"]}}}},
		"patch-team-group-mappings":      {"data": []any{object{"team_id": a.ids["/v3/teams/{teamId}"], "groups": []any{"g"}}}},
		"create-audit-log-destination":   receiver, "update-audit-log-destination": receiver,
		"update-audit-logs-webhook": webhook, "update-portal-audit-log-webhook": webhook, "update-audit-log-replay-job": replay, "update-portal-audit-log-replay-job": replay,
		"create-portal-ip-allow-list": allowed, "put-portal-ip-allow-list": allowed, "update-portal-ip-allow-list": allowed,
		"create-portal-email-config": sender, "update-portal-email-config": sender, "create-email-domain": {"domain": "news.example.com"},
		"update-email-delivery": {"enabled": false, "from_email": "a@example.com", "reply_to_email": "b@example.com"},
		"create-api-package":    pack, "patch-api-package": pack,
		"publish-api-package-to-portal":            {"auth_strategy_ids": []any{a.ids["strategy"]}, "auto_approve_registrations": true, "visibility": "public"},
		"update-api-package-operations":            {"op": "add", "path": "operations/" + a.ids["operationId"], "value": object{"rate_limiting_config": object{"limit": 5, "duration": "minutes"}}},
		"update-api-package-current-specification": {"content": specification, "type": "oas3"},
		"create-api-package-document":              document, "update-api-package-document": document, "move-api-package-document": {"parent_document_id": nil, "index": 0},
		"upsert-api-package-image": {"data": picture},
	}
}
