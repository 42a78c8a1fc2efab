package okta

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/idp"
	"portico/oauth"
)

// setUpStep is a step with the way to do it.
type setUpStep struct {
	portico.SetUpStep
	do func(ctx context.Context) error
}

// Plan implements portico.SetUp.
func (o *organization) Plan(ctx context.Context, w portico.SetUpWishes) ([]portico.SetUpStep, error) {
	steps, err := o.plan(ctx, w)
	if err != nil {
		return nil, err
	}
	out := make([]portico.SetUpStep, len(steps))
	for i, step := range steps {
		out[i] = step.SetUpStep
	}
	return out, nil
}

// Apply implements portico.SetUp.
func (o *organization) Apply(ctx context.Context, w portico.SetUpWishes) (done []portico.SetUpStep, err error) {
	steps, err := o.plan(ctx, w)
	if err != nil {
		return nil, err
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			return done, o.setUpRefused(err)
		}
		done = append(done, step.SetUpStep)
	}
	return done, nil
}

func (o *organization) plan(ctx context.Context, w portico.SetUpWishes) ([]setUpStep, error) {
	if o.ownServer() {
		return nil, cannotSetUp("The issuer %s is the organisation's own authorization server, which takes no scopes and claims. Enter the issuer of a custom one, such as %s/oauth2/default.", o.issuer, o.api.Base)
	}
	scopes := slices.DeleteFunc(slices.Clone(w.Scopes), oauth.Personal)
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	var steps []setUpStep
	for _, part := range []func() ([]setUpStep, error){
		func() ([]setUpStep, error) { return o.planScopes(ctx, scopes) },
		func() ([]setUpStep, error) { return o.planClaims(ctx, w.Claims) },
		func() ([]setUpStep, error) { return o.planPolicy(ctx, scopes) },
	} {
		more, err := part()
		if err != nil {
			return nil, o.setUpRefused(err)
		}
		steps = append(steps, more...)
	}
	return steps, nil
}

// planScopes adds the scopes that the server does not know.
func (o *organization) planScopes(ctx context.Context, wanted []string) (steps []setUpStep, err error) {
	known, err := serverList[scope](ctx, o, "scopes?limit=200")
	if err != nil {
		return nil, err
	}
	for _, name := range wanted {
		if slices.ContainsFunc(known, func(s scope) bool { return s.Name == name }) {
			continue
		}
		steps = append(steps, o.step("scope", name, "Applications ask for it. No user is asked for consent, because applications ask for themselves.",
			"scopes", map[string]any{"name": name, "description": "Of APIs in the developer portal", "consent": "IMPLICIT", "default": false, "metadataPublish": "ALL_CLIENTS"}))
	}
	return steps, nil
}

// reservedClaims are names that Okta keeps for itself in access tokens.
var reservedClaims = [...]string{
	"acr", "active", "aid", "amr", "app_id", "app_type", "at_hash", "aud", "auth_time", "azp", "c_hash", "cid", "cnf", "device_id",
	"exp", "group", "groups", "iat", "idp", "iss", "jti", "nbf", "nonce", "orig", "permissions", "purpose", "scope", "scopes",
	"scp", "sid", "sub", "token_type", "uid", "user_id", "username", "ver",
}

// planClaims adds the claims that tell applications apart, unless Okta sets
// them anyway.
func (o *organization) planClaims(ctx context.Context, claims [][]string) (steps []setUpStep, err error) {
	for _, claim := range claims {
		more, err := o.planClaim(ctx, claim)
		if err != nil {
			return nil, err
		}
		for _, step := range more {
			if !slices.ContainsFunc(steps, func(s setUpStep) bool { return s.Name == step.Name }) {
				steps = append(steps, step)
			}
		}
	}
	return steps, nil
}

func (o *organization) planClaim(ctx context.Context, claim []string) ([]setUpStep, error) {
	switch {
	case len(claim) == 0 || len(claim) == 1 && (claim[0] == "cid" || claim[0] == "sub"):
		return nil, nil
	case len(claim) > 1:
		return nil, cannotSetUp("The credential claim %s lies within another claim, which Okta does not make. Name a single claim in the auth strategy, such as client_id.", strings.Join(claim, "."))
	case slices.Contains(reservedClaims[:], claim[0]):
		return nil, cannotSetUp("Okta keeps the claim %s for itself. Name another one in the auth strategy, such as client_id.", claim[0])
	}
	known, err := serverList[oauthClaim](ctx, o, "claims")
	if err != nil {
		return nil, err
	}
	for _, k := range known {
		if k.Name != claim[0] || k.Type != "RESOURCE" {
			continue
		}
		if fault := k.fault(); fault != "" {
			return nil, cannotSetUp("%s It is left as it is, for something else may rely on it: correct it at Okta > Security > API > Authorization Servers > Claims, or name another claim in the auth strategy.", fault)
		}
		return nil, nil
	}
	return []setUpStep{o.step("claim", claim[0], "It tells the gateway which application a token belongs to: the expression app.clientId, in every access token of this authorization server.",
		"claims", map[string]any{"name": claim[0], "status": "ACTIVE", "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "app.clientId", "alwaysIncludeInToken": true, "conditions": map[string]any{"scopes": []string{}}})}, nil
}

// Names of what is added to let applications get tokens.
const (
	policyName = "Developer portal"
	ruleName   = "Client credentials"
)

// planPolicy adds a rule that lets every client ask for the scopes, unless one
// does already, and the access policy that it belongs to.
func (o *organization) planPolicy(ctx context.Context, scopes []string) ([]setUpStep, error) {
	policies, err := serverList[policy](ctx, o, "policies")
	if err != nil {
		return nil, err
	}
	last, home := 0, (*policy)(nil)
	for _, p := range policies {
		last = max(last, p.Priority)
		if !p.admitsAll() {
			continue
		}
		rules, err := serverList[policyRule](ctx, o, p.rulesPath())
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(rules, func(r policyRule) bool { return r.admits(scopes) }) {
			return nil, nil
		}
		if home == nil {
			home = &p
			home.rules = rules
		}
	}
	if home != nil {
		return []setUpStep{o.ruleStep(scopes, home.rules, func() string { return home.ID })}, nil
	}
	var made policy
	body := map[string]any{
		"type": "OAUTH_AUTHORIZATION_POLICY", "name": policyName, "description": "Lets applications of the developer portal get access tokens", "status": "ACTIVE",
		"priority": last + 1, "conditions": map[string]any{"clients": map[string]any{"include": []string{allClients}}},
	}
	first := setUpStep{portico.SetUpStep{Kind: "policy", Name: policyName, Detail: "An access policy for all clients, after the policies that are there. Without one a new application gets no token."},
		func(ctx context.Context) error { return o.make(ctx, "policies", body, &made) }}
	return []setUpStep{first, o.ruleStep(scopes, nil, func() string { return made.ID })}, nil
}

// ruleStep adds a rule to a policy, whose id may be known only once it is made.
func (o *organization) ruleStep(scopes []string, others []policyRule, policyID func() string) setUpStep {
	last, name, include := 0, ruleName, scopes
	for _, r := range others {
		last = max(last, r.Priority)
	}
	for n := 2; slices.ContainsFunc(others, func(r policyRule) bool { return r.Name == name }); n++ {
		name = fmt.Sprintf("%s %d", ruleName, n)
	}
	detail := "Lets every client ask for these scopes with client credentials: " + strings.Join(scopes, ", ") + ". Tokens live an hour."
	if len(scopes) == 0 {
		include, detail = []string{"*"}, "Lets every client ask for tokens with client credentials, with any scope, because the auth strategy names none. Tokens live an hour."
	}
	body := map[string]any{
		"type": "RESOURCE_ACCESS", "name": name, "status": "ACTIVE", "priority": last + 1,
		"conditions": map[string]any{
			"people":     map[string]any{"groups": map[string]any{"include": []string{"EVERYONE"}}},
			"grantTypes": map[string]any{"include": []string{portico.MethodClientCredentials}}, "scopes": map[string]any{"include": include},
		},
		"actions": map[string]any{"token": map[string]any{"accessTokenLifetimeMinutes": 60, "refreshTokenLifetimeMinutes": 0, "refreshTokenWindowMinutes": 10080}},
	}
	return setUpStep{portico.SetUpStep{Kind: "rule", Name: name, Detail: detail}, func(ctx context.Context) error {
		return o.make(ctx, policy{ID: policyID()}.rulesPath(), body, nil)
	}}
}

// step makes one object of the authorization server.
func (o *organization) step(kind, name, detail, collection string, body map[string]any) setUpStep {
	return setUpStep{portico.SetUpStep{Kind: kind, Name: name, Detail: detail}, func(ctx context.Context) error {
		return o.make(ctx, collection, body, nil)
	}}
}

func (o *organization) make(ctx context.Context, collection string, body map[string]any, out any) error {
	_, err := o.keeper.Do(ctx, idp.Call{Method: http.MethodPost, Path: o.serverPath(collection), Class: classServers, Body: body, Out: out, Creates: true})
	return err
}

func cannotSetUp(format string, args ...any) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf(format, args...)}
}

// setUpRefused words what a refusal of Okta means here.
func (o *organization) setUpRefused(err error) error {
	status := idp.Status(err)
	switch {
	case status != nil && status.Code == codeFeature:
		return &portico.IdPError{Kind: portico.IdPDenied, Err: err, Detail: "The organisation has no licence for API Access Management, so its authorization servers cannot be changed"}
	case portico.IsIdP(err, portico.IdPDenied):
		return &portico.IdPError{Kind: portico.IdPDenied, Err: err,
			Detail: "Okta does not let Portico's credential change authorization servers. An API token needs an admin with the role API Access Management Administrator or higher; a service app that role and the scopes " + scopesReader + " and " + scopesKeeper}
	case portico.IsIdP(err, portico.IdPNotFound):
		return &portico.IdPError{Kind: portico.IdPRejected, Err: err, Detail: fmt.Sprintf("Okta has no authorization server %s. Compare the issuer with Okta > Security > API.", o.server())}
	}
	return err
}
