package localas

import (
	"testing"
	"time"
)

func testPolicy(id, status string, include ...string) policy {
	p := policy{ID: id, Status: status}
	p.Conditions.Clients.Include = include
	return p
}

func testRule(name, status, grantType string, minutes int, scopes ...string) policyRule {
	rule := policyRule{Name: name, Status: status}
	rule.Conditions.GrantTypes.Include = []string{grantType}
	rule.Conditions.Scopes.Include = scopes
	rule.Actions.Token.AccessTokenLifetimeMinutes = minutes
	return rule
}

// Policies and their rules stand here in the order of their priorities.
func TestPolicyDecision(t *testing.T) {
	t.Parallel()
	const cc = "client_credentials"
	app := client{ID: "0oaApp", ClientID: "client-1"}
	for name, test := range map[string]struct {
		policies []policy
		rules    map[string][]policyRule
		scopes   []string
		want     string // the rule, or none
	}{
		"no policy": {nil, nil, []string{"a"}, ""},
		"all clients, any scope": {
			[]policy{testPolicy("p", active, allClients)},
			map[string][]policyRule{"p": {testRule("any", active, cc, 60, "*")}}, []string{"a", "b"}, "any"},
		"by client id": {
			[]policy{testPolicy("p", active, "client-1")},
			map[string][]policyRule{"p": {testRule("any", active, cc, 60, "*")}}, []string{"a"}, "any"},
		"by application id": {
			[]policy{testPolicy("p", active, "0oaApp")},
			map[string][]policyRule{"p": {testRule("any", active, cc, 60, "*")}}, []string{"a"}, "any"},
		"other clients": {
			[]policy{testPolicy("p", active, "client-2")},
			map[string][]policyRule{"p": {testRule("any", active, cc, 60, "*")}}, []string{"a"}, ""},
		"inactive policy": {
			[]policy{testPolicy("p", inactive, allClients)},
			map[string][]policyRule{"p": {testRule("any", active, cc, 60, "*")}}, []string{"a"}, ""},
		"inactive rule": {
			[]policy{testPolicy("p", active, allClients)},
			map[string][]policyRule{"p": {testRule("off", inactive, cc, 60, "*"), testRule("on", active, cc, 60, "*")}}, []string{"a"}, "on"},
		"another grant type": {
			[]policy{testPolicy("p", active, allClients)},
			map[string][]policyRule{"p": {testRule("code", active, "authorization_code", 60, "*")}}, []string{"a"}, ""},
		"every scope must be covered": {
			[]policy{testPolicy("p", active, allClients)},
			map[string][]policyRule{"p": {testRule("a", active, cc, 60, "a"), testRule("ab", active, cc, 60, "b", "a")}}, []string{"a", "b"}, "ab"},
		"no rule covers all scopes": {
			[]policy{testPolicy("p", active, allClients)},
			map[string][]policyRule{"p": {testRule("a", active, cc, 60, "a"), testRule("b", active, cc, 60, "b")}}, []string{"a", "b"}, ""},
		"first match wins": {
			[]policy{testPolicy("p", active, allClients), testPolicy("q", active, allClients)},
			map[string][]policyRule{"p": {testRule("first", active, cc, 5, "*")}, "q": {testRule("second", active, cc, 60, "*")}}, []string{"a"}, "first"},
		"the next policy when no rule matches": {
			[]policy{testPolicy("p", active, allClients), testPolicy("q", active, allClients)},
			map[string][]policyRule{"p": {testRule("first", active, cc, 5, "z")}, "q": {testRule("second", active, cc, 60, "*")}}, []string{"a"}, "second"},
	} {
		rule, found := decision(test.policies, test.rules, asking{client: app, grantType: cc, scopes: test.scopes})
		if rule.Name != test.want || found != (test.want != "") {
			t.Errorf("%s: rule %q, want %q", name, rule.Name, test.want)
		}
	}
}

func TestRuleLifetime(t *testing.T) {
	t.Parallel()
	if got := testRule("r", active, "client_credentials", 5, "*").lifetime(); got != 5*time.Minute {
		t.Errorf("lifetime %v", got)
	}
}
