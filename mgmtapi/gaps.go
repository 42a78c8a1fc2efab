package mgmtapi

// Gap is a part of the public contracts that is not served, and why.
type Gap struct {
	Path   string // of the contract, with * for what is in braces; everything below it belongs to it
	Reason string
}

// Gaps lists what the contracts have and this API has not. A test holds that
// every operation is either served or listed here.
func Gaps() []Gap {
	const (
		roles     = "admins have one role, which may do everything; teams, roles and system accounts come with the console"
		signIn    = "admins use access tokens; signing in to a console comes with the console"
		mails     = "the mail server is set up in the configuration, for all portals together"
		audit     = "there is no audit log yet"
		plugins   = "the gateway enforces application auth itself and runs no plugins"
		tls       = "TLS is ended in front of the gateway"
		balancing = "a service has one upstream address"
		consumers = "callers are applications; the gateway has no consumers beside them"
		remote    = "the gateway runs in the control plane's process, so it needs no certificate, and there are no other nodes"
		groups    = "control planes cannot be grouped"
		vaults    = "secrets are sealed with the installation's own key; there are no vaults"
	)
	const entities = "/v2/control-planes/*/core-entities/"
	return []Gap{
		{"/v2/control-planes/*/config-stores", vaults},
		{"/v2/control-planes/*/dp-client-certificates", remote},
		{"/v2/control-planes/*/expected-config-hash", remote},
		{"/v2/control-planes/*/expected-config-version", remote},
		{"/v2/control-planes/*/nodes", remote},
		{"/v2/control-planes/*/group-member-status", groups},
		{"/v2/control-planes/*/group-memberships", groups},
		{"/v2/control-planes/*/group-status", groups},
		{entities + "acls", consumers},
		{entities + "basic-auths", consumers},
		{entities + "consumer_groups", consumers},
		{entities + "consumers", consumers},
		{entities + "hmac-auths", consumers},
		{entities + "jwts", consumers},
		{entities + "key-auths", consumers},
		{entities + "mtls-auths", consumers},
		{entities + "key-sets", plugins},
		{entities + "keys", plugins},
		{entities + "custom-plugins", plugins},
		{entities + "degraphql_routes", plugins},
		{entities + "graphql-rate-limiting-advanced", plugins},
		{entities + "partials", plugins},
		{entities + "plugin-schemas", plugins},
		{entities + "plugins", plugins},
		{entities + "routes/*/plugins", plugins},
		{entities + "services/*/plugins", plugins},
		{entities + "services/*/degraphql", plugins},
		{entities + "services/*/graphql-rate-limiting-advanced", plugins},
		{entities + "schemas", "what a field must be is said in the answer to a request that gets it wrong"},
		{entities + "ca_certificates", tls},
		{entities + "certificates", tls},
		{entities + "snis", tls},
		{entities + "targets", balancing},
		{entities + "upstreams", balancing},
		{entities + "vaults", vaults},
		{"/v3/authenticate", signIn},
		{"/v3/authentication-settings", signIn},
		{"/v3/identity-provider", signIn},
		{"/v3/identity-providers", signIn},
		{"/v3/invites", roles},
		{"/v3/organizations/impersonation", roles},
		{"/v3/roles", roles},
		{"/v3/system-accounts", roles},
		{"/v3/teams", roles},
		{"/v3/users", roles},
		{"/v3/portals/*/applications/*/registrations/*/consumer", consumers},
		{"/v3/portals/*/audit-log-replay-job", audit},
		{"/v3/portals/*/audit-log-webhook", audit},
		{"/v3/portals/*/email-config", mails},
		{"/v3/portals/*/email-delivery", mails},
		{"/v3/portals/email-domains", mails},
	}
}
