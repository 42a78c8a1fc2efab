package declare

import (
	"context"
	"net/http"

	"portico/access"
)

// organization: its teams and system accounts with their roles (contract:
// identity v3). Users are people, and come by invitation; tokens are secrets
// that only their creation shows: neither can be declared.
func organization() schema {
	return schema{
		{
			name: "system_accounts", noun: "system account", keys: []string{"name"}, path: "/v3/system-accounts", lasting: true,
			fields: []field{{name: "name", required: true}, {name: "description", required: true}},
		},
		rolesIn("system_accounts"),
		{
			name: "admin_teams", noun: "admin team", keys: []string{"name"}, path: "/v3/teams", labelled: true,
			fields: []field{{name: "name", required: true}, {name: "description"}, labels()},
			skip:   func(found map[string]any) bool { return found["system_team"] == true },
		},
		rolesIn("admin_teams"),
		{
			name: "system_accounts", in: "admin_teams", noun: "member", keys: []string{"account"}, path: "system-accounts", frozen: true,
			fields: []field{{name: "account", wire: "id", shape: reference, to: "system_accounts", required: true}},
		},
	}
}

// target is what a role can be for, and how files name it.
type target struct {
	field, kind string
	of          access.Type
}

func targets() []target {
	return []target{
		{"portal", "portals", access.Portals},
		{"api", "apis", access.APIs},
		{"control_plane", "control_planes", access.ControlPlanes},
		{"dcr_provider", "dcr_providers", access.Providers},
		{"auth_strategy", "auth_strategies", access.Strategies},
	}
}

// rolesIn are the roles of those of a kind: each for one entity, or for all
// entities of a type.
func rolesIn(in string) *kind {
	k := &kind{
		name: "roles", in: in, noun: "role", path: "assigned-roles", frozen: true,
		fields: []field{{name: "role", wire: "role_name", required: true}},
	}
	types := []string{string(access.AuditLogs)}
	for _, t := range targets() {
		k.oneOf = append(k.oneOf, t.field)
		k.fields = append(k.fields, field{name: t.field, shape: reference, to: t.kind})
		types = append(types, string(t.of))
	}
	k.oneOf = append(k.oneOf, "all")
	k.keys = append([]string{"role"}, k.oneOf...)
	k.fields = append(k.fields, field{name: "all", choices: types}, field{name: "region", wire: "entity_region", choices: regions()})
	k.encode = func(body map[string]any) {
		if of, is := body["all"]; is {
			delete(body, "all")
			body["entity_type_name"], body["entity_id"] = of, access.Everything
		}
		for _, t := range targets() {
			if id, is := body[t.field]; is {
				delete(body, t.field)
				body["entity_type_name"], body["entity_id"] = t.of, id
			}
		}
	}
	k.decode = func(found map[string]any) {
		if found["entity_id"] == access.Everything {
			found["all"] = found["entity_type_name"]
			return
		}
		for _, t := range targets() {
			if found["entity_type_name"] == string(t.of) {
				found[t.field] = found["entity_id"]
			}
		}
	}
	return k
}

func regions() []string { return []string{"us", "eu", "au", "me", "in", "sg", "*"} }

// mailDomains: the domains that portals' mails may come from (contract:
// portal-management v3).
func mailDomains() schema {
	return schema{{
		name: "email_domains", noun: "e-mail domain", keys: []string{"domain"}, path: "/v3/portals/email-domains", lasting: true,
		fields: []field{{name: "domain", shape: domainName, required: true}},
		write: func(ctx context.Context, c *Client, e *entity, body map[string]any) error {
			_, err := c.send(ctx, http.MethodPost, e.kind.path, body)
			e.id = e.key // a domain has no other id
			return err
		},
		decode: func(found map[string]any) { found["id"] = found["domain"] },
	}}
}

// senders: whom a portal's mails come from.
func senders() schema {
	return schema{
		{
			name: "email_config", in: "portals", noun: "e-mail configuration", path: "email-config", answer: single,
			fields: []field{
				{name: "domain", wire: "domain_name", shape: reference, to: "email_domains", nullable: true},
				{name: "from_name", nullable: true},
				{name: "from_email", nullable: true},
				{name: "reply_to_email", nullable: true},
			},
		},
		{
			name: "email_delivery", in: "portals", noun: "e-mail delivery", path: "email-delivery", answer: single, put: "PATCH", lasting: true,
			fields: []field{{name: "enabled", shape: flag}, {name: "from_email", nullable: true}, {name: "reply_to_email", nullable: true}},
		},
	}
}
