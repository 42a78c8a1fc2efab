package declare_test

import (
	"encoding/base64"
	"maps"
	"strings"
	"testing"

	"portico/declare"
)

// everything declares every kind with every field that two empty Porticos can
// both take.
const everything = `
_format: portico/v1
_set: all
dcr_providers:
  - name: auth0
    display_name: Auth0
    provider_type: auth0
    issuer: https://acme.auth0.example/
    labels: {env: dev, KONGCTL-namespace: shop}
    dcr_config:
      initial_client_id: abc
      initial_client_secret: ${env:AUTH0_SECRET}
      initial_client_audience: https://acme.auth0.example/api/v2/
      use_developer_managed_scopes: true
  - name: bridge
    provider_type: http
    issuer: https://bridge.example
    dcr_config: {dcr_base_url: "https://bridge.example/dcr", api_key: "${env:BRIDGE_KEY}", allow_multiple_credentials: true}
  - {name: kong, provider_type: kongIdentity, issuer: "https://kong.example"}
auth_strategies:
  - name: keys
    display_name: API keys
    strategy_type: key_auth
    principals: {enabled: true}
    configs:
      key-auth: {key_names: [apikey, x-key], ttl: {value: 3, unit: weeks}}
  - name: auth0
    display_name: Auth0
    strategy_type: openid_connect
    dcr_provider: auth0
    labels: {env: dev}
    configs:
      openid-connect: {issuer: "https://acme.auth0.example/", credential_claim: [azp], scopes: [], auth_methods: [bearer], leeway: 5, cache_tokens: false, audience_required: [a, b]}
control_planes:
  - name: edge
    description: At the edge
    auth_type: pki_client_certs
    labels: {zone: a}
    services:
      - {name: orders, url: "http://orders.internal:8080/v1", retries: 0, connect_timeout: 1000, read_timeout: 2000, write_timeout: 3000, enabled: false, tags: [a, b]}
      - {name: bare, url: "https://[2001:db8::1]:8443"}
    routes:
      - name: orders
        service: orders
        protocols: [https]
        methods: [GET]
        hosts: [orders.example]
        paths: [/orders, /o]
        headers: {x-version: ["1", "2"]}
        regex_priority: 3
        strip_path: false
        preserve_host: true
        https_redirect_status_code: 308
        request_buffering: false
        response_buffering: false
        tags: [t]
    plugins:
      - {name: rate-limiting, config: {minute: 5, policy: local}, tags: [x]}
      - {name: rate-limiting, service: orders, instance_name: slow, config: {minute: 1}, enabled: false}
      - {name: cors, route: orders, config: {origins: ["https://a.example"], max_age: 60}, protocols: [https]}
email_domains:
  - {domain: Mail.Acme.example}
portals:
  - name: dev
    display_name: Developers
    description: "#1 portal: yes"
    authentication_enabled: true
    rbac_enabled: true
    default_api_visibility: public
    default_page_visibility: private
    default_application_auth_strategy: keys
    auto_approve_developers: true
    auto_approve_applications: false
    notifications_developer_pii_visibility_enabled: true
    labels: {env: dev}
    custom_domain: dev.acme.example
    sipr_enabled: true
    ip_allow_list:
      - {allowed_ips: [192.0.2.1, "2001:DB8:0::/32", 10.0.0.1/8]}
      - {allowed_ips: [198.51.100.7]}
    logo: logo.svg
    favicon: favicon.png
    customization:
      theme: {name: mint, mode: dark, colors: {primary: "#0a0"}}
      layout: topnav
      css: style.css
      menu:
        main: [{title: Guides, path: /guides, visibility: public, external: false}]
        footer_sections: [{title: Legal, items: [{title: Terms, path: "https://acme.example/terms", visibility: private, external: true}]}]
        footer_bottom: []
      spec_renderer: {try_it_ui: false, show_schemas: true}
      robots: |
        User-agent: *
        Disallow: /
    pages:
      - {slug: /, status: published, visibility: public, content: front.md, title: Welcome}
      - slug: guides
        content: plain.md
        description: All guides
        children:
          - {slug: second, content: plain.md}
          - slug: first
            content: plain.md
            children: [{slug: deep, content: empty.md, title: Deep}]
      - {slug: matter, content: matter.md}
    snippets:
      - {name: hint, title: A hint, description: short, visibility: public, status: published, content: plain.md}
    email_templates:
      - {name: reset-password, enabled: false, content: {subject: "Hello {{developer_fullname}}", body: "Two\nlines"}}
    teams:
      - name: Partners
        description: Who pays
        can_own_applications: true
        roles:
          - {role: API Viewer, api: orders-v2, region: eu}
          - {role: API Consumer, api: plain}
      - {name: Others}
    identity_providers:
      - type: oidc
        enabled: true
        config:
          issuer_url: https://sso.acme.example
          client_id: portal
          client_secret: ${file:SECRETFILE}
          scopes: [openid, email]
          claim_mappings: {name: n, email: e, groups: g}
        team_groups:
          - {group: partners, team: Partners}
          - {group: others, team: Others}
    email_config: {domain: mail.acme.example, from_name: Acme, from_email: dev@mail.acme.example, reply_to_email: null}
    email_delivery: {enabled: true, from_email: other@acme.example}
    authentication_settings: {basic_auth_enabled: true, idp_mapping_enabled: true}
apis:
  - slug: orders-v2
    name: Orders
    version: v2
    description: ""
    labels: {env: dev}
    attributes: {team: [a, b], stage: [beta]}
    icon: favicon.png
    versions:
      - {version: 2.1.0, spec: spec.json}
      - {version: 2.0.0, spec: spec.json}
    documents:
      - slug: start
        title: Start
        status: published
        content: plain.md
        children: [{slug: more, content: empty.md, title: More}]
      - {slug: end, content: matter.md, title: End, status: unpublished}
    implementations:
      - {control_plane: edge, service: orders}
      - {control_plane: edge, service: bare}
    publications:
      - {portal: dev, auth_strategy: auth0, visibility: private, auto_approve_registrations: true}
  - slug: plain
    name: Orders
    version: null
    implementations: [{control_plane: edge}]
    publications: [{portal: dev, auth_strategy: null}]
    versions: [{version: "1", spec: operations.yaml}]
api_packages:
  - slug: bundle
    name: Bundle
    version: v1
    description: Both together
    rate_limiting_config: {limit: 5, duration: minutes}
    labels: {env: dev}
    attributes: {team: [a]}
    icon: logo.svg
    documents: [{slug: about, content: plain.md}]
    publications: [{portal: dev, auth_strategy: keys, visibility: public}]
    operations:
      - {api: plain, method: GET, path: "/orders/{id}", rate_limiting_config: {limit: 1, duration: seconds}}
      - {api: plain, method: POST, path: /orders, rate_limiting_config: null}
system_accounts:
  - name: pipeline
    description: Applies these files
    roles:
      - {role: Creator, all: APIs}
      - {role: Publisher, api: orders-v2, region: eu}
      - {role: Admin, all: Audit Logs}
  - {name: idle, description: "", roles: []}
admin_teams:
  - name: Payments
    description: Who sells
    labels: {env: dev}
    roles:
      - {role: Maintainer, portal: dev}
      - {role: Viewer, control_plane: edge}
      - {role: Viewer, auth_strategy: keys}
      - {role: Maintainer, dcr_provider: kong}
    system_accounts: [{account: pipeline}]
  - {name: Nobody}
`

// everythingFiles is that, with the files that it names.
func everythingFiles(t *testing.T) map[string]string {
	t.Helper()
	png, err := base64.StdEncoding.DecodeString("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")
	check(t, err)
	secrets := write(t, map[string]string{"secret": "from a file\n"})
	return map[string]string{
		"all.yaml": strings.ReplaceAll(everything, "SECRETFILE", secrets+"/secret"),
		"logo.svg": `<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0h1"/></svg>`, "favicon.png": string(png),
		"style.css": "a { color: red }\n", "front.md": "# Hi\r\n\r\nWindows lines", "plain.md": "# Plain\n\n${env:NOT_A_SECRET} in a text\n", "empty.md": "",
		"operations.yaml": "openapi: 3.0.3\ninfo: {title: o, version: '1'}\npaths:\n  /orders:\n    post: {responses: {'200': {description: ok}}}\n  /orders/{id}:\n    get: {responses: {'200': {description: ok}}}\n",
		"matter.md":       "---\ntitle: From the front matter\n---\ntext\n", "spec.json": `{"openapi":"3.1.0","info":{"title":"x","version":"9"},"paths":{}}`,
	}
}

func TestEverythingConverges(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	dir := write(t, everythingFiles(t))
	h.apply(t, dir, options())
	h.settled(t, dir, options())

	exported, files := h.export(t, "")
	main := string(files.Files["portico.yaml"])
	for _, secret := range []string{"value_of_", "from a file", h.token.Reveal()} {
		for name, content := range files.Files {
			if strings.Contains(string(content), secret) {
				t.Errorf("%s holds the secret %q", name, secret)
			}
		}
	}
	for _, want := range []string{"_set: all", "${env:AUTH0_INITIAL_CLIENT_SECRET}", "auth_strategy: null", "idp_mapping_enabled: true"} {
		if !strings.Contains(main, want) {
			t.Errorf("the export has no %s:\n%s", want, main)
		}
	}
	h.settled(t, exported, options())
	other := newHouse(t)
	other.apply(t, exported, options())
	other.settled(t, exported, options())
	other.settled(t, dir, options())
	_, again := other.export(t, "")
	sameFiles(t, files.Files, again.Files)
}

// TestChangesArePlannedAndMade changes a little of everything, and sees each
// change in the plan and none after it.
func TestChangesArePlannedAndMade(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	before := everythingFiles(t)
	h.apply(t, write(t, before), options())
	for name, test := range map[string]struct{ old, new, plan string }{
		"text":           {"display_name: Auth0\n    provider", "display_name: The other\n    provider", `display_name: "Auth0" → "The other"`},
		"label":          {"labels: {env: dev, KONGCTL-namespace: shop}", "labels: {env: prod}", `labels.KONGCTL-namespace: "shop" → nothing`},
		"secret":         {"initial_client_id: abc", "initial_client_id: abd", `dcr_config.initial_client_id: "abc" → "abd"`},
		"null":           {"dcr_provider: auth0", "dcr_provider: null", `dcr_provider: "auth0" → nothing`},
		"ttl":            {"ttl: {value: 3, unit: weeks}", "ttl: null", `configs.key-auth.ttl: {unit: weeks, value: 3} → nothing`},
		"open":           {"leeway: 5, cache_tokens: false, ", "leeway: 6, ", `configs.openid-connect.cache_tokens: false → nothing`},
		"plane":          {"labels: {zone: a}", "labels: {}", `labels.zone: "a" → nothing`},
		"address":        {"http://orders.internal:8080/v1", "https://orders.internal", `url: "http://orders.internal:8080/v1" → "https://orders.internal"`},
		"headers":        {`headers: {x-version: ["1", "2"]}`, `headers: {x-other: ["1"]}`, `headers.x-version: [1, 2] → nothing`},
		"plugin":         {"config: {minute: 5, policy: local}", "config: {minute: 6, hour: 100}", `config.minute: 5 → 6`},
		"setting":        {"max_age: 60}", "max_age: null}", `config.max_age: 60 → nothing`},
		"domain":         {"custom_domain: dev.acme.example", "custom_domain: new.acme.example", `~ custom domain of portal dev (deleted and created anew)`},
		"addresses":      {"allowed_ips: [198.51.100.7]", "allowed_ips: [198.51.100.8]", "allowed addresses 198.51.100.7 of portal dev is not declared any more"},
		"menu":           {"title: Guides, path", "title: Read, path", `menu.main: [{external: false, path: /guides, title: Guides, visibility: public}] → [{`},
		"style":          {"css: style.css", "css: null", `css: (text of 17 bytes) → nothing`},
		"mail":           {`subject: "Hello {{developer_fullname}}", `, `subject: null, `, `content.subject: "Hello {{developer_fullname}}" → nothing`},
		"order of pages": {"          - {slug: second, content: plain.md}\n", "", `~ order of the pages of portal dev: guides / first, guides / second`},
		"attribute":      {"attributes: {team: [a, b], stage: [beta]}", "attributes: {team: [a]}", `attributes.stage: [beta] → nothing`},
		"strategy":       {"auth_strategy: auth0, visibility: private", "auth_strategy: null", `auth_strategy: "auth0" → nothing`},
		"mapping":        {"idp_mapping_enabled: true", "idp_mapping_enabled: false", `idp_mapping_enabled: true → false`},
		"rate":           {"limit: 1, duration: seconds", "limit: 2, duration: seconds", `rate_limiting_config.limit: 1 → 2`},
		"no rate":        {"rate_limiting_config: {limit: 1, duration: seconds}", "rate_limiting_config: null", `rate_limiting_config: {duration: seconds, limit: 1} → nothing`},
		"role":           {"api: orders-v2, region: eu", "api: orders-v2, region: us", `region: "eu" → "us"`},
		"sender":         {"from_name: Acme, ", "from_name: null, ", `from_name: "Acme" → nothing`},
		"delivery":       {"email_delivery: {enabled: true", "email_delivery: {enabled: false", `enabled: true → false`},
		"account":        {"description: Applies these files", `description: ""`, `description: "Applies these files" → ""`},
		"machine's role": {"role: Publisher, api: orders-v2, region: eu", "role: Publisher, api: orders-v2, region: us", `~ role Publisher / orders-v2 of system account pipeline (deleted and created anew)`},
		"team's role":    {"{role: Maintainer, portal: dev}", "{role: Admin, portal: dev}", `+ role Admin / dev of admin team Payments`},
		"member":         {"system_accounts: [{account: pipeline}]", "system_accounts: [{account: idle}]", `member pipeline of admin team Payments is not declared any more`},
		"document":       {"      - {slug: end, content: matter.md, title: End, status: unpublished}\n", "", `~ order of the documents of API orders-v2: more, end`},
	} {
		after := maps.Clone(before)
		text := strings.Replace(after["all.yaml"], test.old, test.new, 1)
		switch name {
		case "order of pages":
			text = strings.Replace(text, "            children: [{slug: deep, content: empty.md, title: Deep}]\n", "            children: [{slug: deep, content: empty.md, title: Deep}]\n          - {slug: second, content: plain.md}\n", 1)
		case "document":
			text = strings.Replace(text, "children: [{slug: more, content: empty.md, title: More}]", "children: [{slug: more, content: empty.md, title: More}, {slug: end, content: matter.md, title: End, status: unpublished}]", 1)
		}
		if text == after["all.yaml"] {
			t.Fatalf("%s: nothing is changed", name)
		}
		after["all.yaml"] = text
		dir := write(t, after)
		if report := h.apply(t, dir, options()); !strings.Contains(report, test.plan) {
			t.Errorf("%s: the plan does not say %s:\n%s", name, test.plan, report)
		}
		h.settled(t, dir, options())
		h.apply(t, write(t, before), options()) // or the next plan would depend on this change
	}
	h.settled(t, write(t, before), options())
}

// TestPruneDeletesWhatTheSetManages and nothing else.
func TestPruneDeletesWhatTheSetManages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	all := everythingFiles(t)
	h.apply(t, write(t, all), options())
	h.apply(t, write(t, map[string]string{"other.yaml": "_format: portico/v1\n_set: other\nportals: [{name: others}]\n"}), options())

	none := write(t, map[string]string{"none.yaml": "_format: portico/v1\n_set: all\ncontrol_planes:\n  - {name: edge, services: [{name: bare, url: 'https://[2001:db8::1]:8443'}], routes: []}\n" +
		"system_accounts: [{name: pipeline, description: Applies these files, roles: []}]\n"})
	p, err := h.plan(t, none, options())
	check(t, err)
	if !p.Empty() || !strings.Contains(p.String(), "portal dev is not declared any more; --prune deletes it") || strings.Contains(p.String(), "others") {
		t.Fatalf("without --prune:\n%s", p)
	}
	prune := options()
	prune.Prune = true
	report := h.apply(t, none, prune)
	for _, want := range []string{"- role Creator / APIs of system account pipeline", "- admin team Payments", "- portal dev", "- API orders-v2", "- route orders of control plane edge", "- auth strategy keys", "- DCR provider kong"} {
		if !strings.Contains(report, want) {
			t.Errorf("not planned: %s\n%s", want, report)
		}
	}
	if strings.Contains(report, "system account idle") {
		t.Errorf("what bears no mark goes:\n%s", report)
	}
	h.settled(t, none, prune)
	x, err := declare.NewExport(t.Context(), h.client, nil, "")
	check(t, err)
	if left := string(x.Files["portico.yaml"]); !strings.Contains(left, "name: others") || strings.Contains(left, "orders") {
		t.Errorf("left is\n%s", left)
	}
}
