package okta

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
)

// Verify implements portico.IdP. It registers nothing: the right to register
// is tried with a request that Okta must refuse as incomplete.
func (o *organization) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	began := o.api.Now()
	found := o.verifyIssuer(ctx)
	found.tell(&v, o.api.Now().Sub(began))
	if found.metadata.Issuer != "" {
		idp.IssuerCheck{HTTP: o.http, Now: o.api.Now}.NoteKeys(ctx, &v, found.metadata)
	} else {
		v.Skip(portico.CheckKeys)
	}
	if found.isOkta {
		began = o.api.Now()
		v.Note(portico.CheckToken, o.verifyToken(ctx, &v), o.api.Now().Sub(began))
	} else {
		v.Skip(portico.CheckToken)
	}
	if len(v.Errors) == 0 {
		o.verifyPolicies(ctx, &v)
	}
	return v, ctx.Err()
}

// issuerFound is what was learnt of an issuer: what is wrong with it and what to
// enter instead, and whether its host seems to be Okta's, so that the token can
// be tried.
type issuerFound struct {
	fault    string
	answers  bool // something does, though what it says may be wrong
	isOkta   bool
	metadata oauth.Metadata
}

// tell notes the two steps: whether the issuer answers, and whether the answer
// is the issuer's own.
func (f issuerFound) tell(v *portico.Verification, took time.Duration) {
	if !f.answers {
		v.Note(portico.CheckReachable, f.fault, took)
		v.Skip(portico.CheckIssuer)
		return
	}
	v.Note(portico.CheckReachable, "", took)
	v.Note(portico.CheckIssuer, f.fault, 0)
}

func (o *organization) verifyIssuer(ctx context.Context) issuerFound {
	if vendor := idp.VendorOf(o.issuer); vendor != "" && vendor != "Okta" {
		return issuerFound{fault: fmt.Sprintf("The issuer %s belongs to %s, but this provider is of type okta. Choose the provider type of %s, or enter the issuer of an Okta authorization server, such as https://example.okta.com/oauth2/default.", o.issuer, vendor, vendor)}
	}
	base, path := o.api.Base.String(), strings.TrimPrefix(o.issuer.Path, "/")
	if o.ownServer() {
		_, err := oauth.Discover(ctx, o.http, base)
		return issuerFound{answers: err == nil, isOkta: err == nil,
			fault: fmt.Sprintf("The issuer %s is the organisation's own authorization server. Its tokens are for Okta's own APIs only, and it allows no scopes or claims of yours. Use a custom authorization server: Okta > Security > API shows its issuer, most likely %s/oauth2/default.", o.issuer, base)}
	}
	metadata, err := oauth.Discover(ctx, o.http, o.issuer.String())
	other := idp.OtherIssuer(o.issuer, err)
	switch {
	case err == nil:
		return issuerFound{answers: true, isOkta: true, metadata: metadata}
	case other != "":
		return issuerFound{answers: true, fault: other}
	case strings.Contains(path, "/"):
		return issuerFound{fault: fmt.Sprintf("No authorization server answers at %s. Compare it with the issuer shown at Okta > Security > API. %s.", o.issuer, idp.LastAttempt(err))}
	}
	meant := base + "/oauth2/" + path
	if _, err := oauth.Discover(ctx, o.http, meant); err == nil {
		return issuerFound{isOkta: true, fault: fmt.Sprintf("No authorization server answers at %s: /oauth2/ is missing in it. %s answers and is the issuer that is meant.", o.issuer, meant)}
	}
	return issuerFound{fault: fmt.Sprintf("No authorization server answers at %s: /oauth2/ is missing in it. Most likely %s is meant. %s.", o.issuer, meant, idp.LastAttempt(err))}
}

// verifyToken checks the credential by a cheap read, which also keeps it alive:
// Okta revokes a token that was idle for 30 days. It says what is wrong with it.
func (o *organization) verifyToken(ctx context.Context, v *portico.Verification) (fault string) {
	_, err := o.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: o.list + "?limit=1", Class: o.class, Out: &[]struct{}{}})
	if err == nil {
		_, err = o.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: o.list, Class: o.class, Body: map[string]any{}, Creates: true})
		if portico.IsIdP(err, portico.IdPRejected) {
			return "" // incomplete, as meant: so the credential may register clients
		}
	}
	status := idp.Status(err)
	switch {
	case err == nil:
		v.Warnings = append(v.Warnings, "Okta accepted an empty registration, so the credential's rights could not be told.")
		return ""
	case o.service() && portico.IsIdP(err, portico.IdPDenied):
		return o.serviceFault(err)
	case status != nil && status.Status == http.StatusUnauthorized:
		return fmt.Sprintf("Okta refused the DCR token (%s): it is mistyped, revoked, or expired. Create a new one at Okta > Security > API > Tokens and save it in this provider.", status.Code)
	case status != nil && status.Status == http.StatusForbidden:
		return fmt.Sprintf("The DCR token is valid but may not manage applications (%s). A token has the rights of the admin who created it: use an account with the role Application Administrator or higher.", status.Code)
	case portico.IsIdP(err, portico.IdPNotFound):
		return fmt.Sprintf("%s answers, but has no Okta API to register clients. Is it an Okta organisation?", o.api.Base.Host)
	}
	return fmt.Sprintf("The credential could not be checked: %v. Try again later.", err)
}

// policy is what we read of an access policy.
type policy struct {
	ID         string `json:"id"`
	Status     string `json:"status"`
	Priority   int    `json:"priority"`
	Conditions struct {
		Clients struct {
			Include []string `json:"include"`
		} `json:"clients"`
	} `json:"conditions"`
	rules []policyRule // once they were read
}

func (p policy) rulesPath() string { return "policies/" + url.PathEscape(p.ID) + "/rules" }

// allClients stands for every client in a policy's condition.
const allClients = "ALL_CLIENTS"

func (p policy) admitsAll() bool {
	return p.Status == "ACTIVE" && slices.Contains(p.Conditions.Clients.Include, allClients)
}

// policyRule is what we read of a rule of an access policy.
type policyRule struct {
	Name       string `json:"name"`
	Status     string `json:"status"`
	Priority   int    `json:"priority"`
	Conditions struct {
		Grants struct {
			Include []string `json:"include"`
		} `json:"grantTypes"`
		Scopes struct {
			Include []string `json:"include"`
		} `json:"scopes"`
	} `json:"conditions"`
}

// admits says whether the rule gives tokens with the scopes to clients that ask
// for themselves.
func (r policyRule) admits(scopes []string) bool {
	allowed := r.Conditions.Scopes.Include
	return r.Status == "ACTIVE" && slices.Contains(r.Conditions.Grants.Include, portico.MethodClientCredentials) &&
		(slices.Contains(allowed, "*") || !slices.ContainsFunc(scopes, func(name string) bool { return !slices.Contains(allowed, name) }))
}

// verifyPolicies warns when the authorization server would give new clients no
// token. A token without the right to read policies is no fault.
func (o *organization) verifyPolicies(ctx context.Context, v *portico.Verification) {
	policies, err := serverList[policy](ctx, o, "policies")
	if err != nil {
		if s := idp.Status(err); s != nil && s.Code == codeFeature {
			v.Warnings = append(v.Warnings, "The organisation has no licence for API Access Management, so its custom authorization servers may give no tokens.")
		}
		return
	}
	policies = slices.DeleteFunc(policies, func(p policy) bool { return !p.admitsAll() })
	if len(policies) == 0 {
		v.Warnings = append(v.Warnings, fmt.Sprintf("No access policy of the authorization server %s admits all clients, so a new application gets no token. Add one at Okta > Security > API > Authorization Servers > Access Policies, assigned to All clients.", o.server()))
		return
	}
	for _, p := range policies {
		rules, err := serverList[policyRule](ctx, o, p.rulesPath())
		if err != nil {
			return
		}
		if slices.ContainsFunc(rules, func(r policyRule) bool { return r.admits(nil) }) {
			return
		}
	}
	v.Warnings = append(v.Warnings, fmt.Sprintf("No rule of the authorization server %s allows all clients the grant type Client Credentials, so a new application gets no token. Change the rule at Okta > Security > API > Authorization Servers > Access Policies.", o.server()))
}

// serverPath is of something that belongs to the issuer's authorization server.
func (o *organization) serverPath(below string) string {
	return "/api/v1/authorizationServers/" + url.PathEscape(o.server()) + "/" + below
}

// serverList reads all of a list that belongs to the issuer's authorization
// server.
func serverList[T any](ctx context.Context, o *organization, list string) (all []T, err error) {
	cursor := o.serverPath(list)
	path, _, _ := strings.Cut(cursor, "?")
	for cursor != "" {
		var page []T
		if cursor, err = o.reader.Page(ctx, path, cursor, idp.Call{Class: classServers, Out: &page}, nextLink); err != nil {
			return nil, err
		}
		all = append(all, page...)
	}
	return all, nil
}
