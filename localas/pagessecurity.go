package localas

import (
	"context"
	"net/http"
	"net/url"
	"portico/localas/apitoken"
	"strings"

	"portico/localas/dialect"
	"portico/localas/signing"
)

// The pages under Security > API.

const sectionAPI = "api"

type serverRow struct {
	authServer
	Issuer string
}

type serversView struct {
	frame
	Tab     string
	Servers []serverRow
	Form    formState
}

func (s *Server) serversPage(w http.ResponseWriter, v visit) error {
	return s.showServers(w, v, http.StatusOK, formState{})
}

func (s *Server) showServers(w http.ResponseWriter, v visit, status int, form formState) error {
	servers, err := s.authServers(v.Context(), "", dialect.Page{Limit: 200})
	if err != nil {
		return err
	}
	view := serversView{s.frame("API", sectionAPI), "servers", nil, form}
	for _, as := range servers {
		view.Servers = append(view.Servers, serverRow{as, s.issuer(as.ID)})
	}
	return s.render(w, status, "servers", view)
}

func (s *Server) addServer(w http.ResponseWriter, v visit) error {
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	as, err := s.createServer(v.Context(), authServer{
		Name: values.Get("name"), Audience: strings.TrimSpace(values.Get("audience")), Description: values.Get("description"),
	})
	return afterForm(w, v, err, values, "/security/api/servers/"+as.ID, s.showServers)
}

type tokensView struct {
	frame
	Tab    string
	Tokens []apitoken.Token
	Form   formState
	// Value is the token that has just been created; this page alone shows it.
	Value string
	// Shown says that the page was asked for a value it has shown before.
	Shown bool
}

func (s *Server) tokensPage(w http.ResponseWriter, v visit) error {
	view := tokensView{}
	if id := v.URL.Query().Get("created"); id != "" {
		value, found := s.notices.Take(v.session, id)
		view.Value, view.Shown = value.Reveal(), !found
	}
	return s.showTokens(w, v, http.StatusOK, view)
}

func (s *Server) showTokens(w http.ResponseWriter, v visit, status int, view tokensView) error {
	var err error
	if view.Tokens, err = s.tokens.All(v.Context()); err != nil {
		return err
	}
	view.frame, view.Tab = s.frame("API", sectionAPI), "tokens"
	return s.render(w, status, "tokens", view)
}

func (s *Server) addToken(w http.ResponseWriter, v visit) error {
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	value, err := s.tokens.Create(v.Context(), values.Get("name"))
	if err == nil {
		return redirect(w, v, "/security/api/tokens?"+url.Values{"created": {s.notices.Leave(v.session, value)}}.Encode())
	}
	form, err := refused(err, values)
	if err != nil {
		return err
	}
	return s.showTokens(w, v, http.StatusUnprocessableEntity, tokensView{Form: form})
}

func (s *Server) revokeToken(w http.ResponseWriter, v visit) error {
	if err := s.tokens.Remove(v.Context(), v.PathValue("token")); err != nil {
		return err
	}
	return redirect(w, v, "/security/api/tokens")
}

// serverPageView is what the pages of one authorization server have in common.
type serverPageView struct {
	frame
	Tab    string
	Server serverRow
	Form   formState
	Key    signing.Key // Settings

	Scopes   []scope // Scopes and Claims
	Claims   []claim
	Policies []policyWithRules
}

type policyWithRules struct {
	policy
	Rules []policyRule
}

func (s *Server) newServerPage(v visit, tab string, form formState) (serverPageView, error) {
	as, err := s.authServer(v.Context(), v.PathValue("as"))
	return serverPageView{frame: s.frame(as.Name, sectionAPI), Tab: tab, Server: serverRow{as, s.issuer(as.ID)}, Form: form}, err
}

func (s *Server) settingsPage(w http.ResponseWriter, v visit) error {
	return s.showSettings(w, v, http.StatusOK, formState{})
}

func (s *Server) showSettings(w http.ResponseWriter, v visit, status int, form formState) error {
	view, err := s.newServerPage(v, "settings", form)
	if err != nil {
		return err
	}
	if view.Key, err = s.keys.Signer(v.Context(), view.Server.ID, view.Server.rotates()); err != nil {
		return err
	}
	if form.Values == nil {
		view.Form.Values = url.Values{
			"name": {view.Server.Name}, "audience": {view.Server.Audience}, "description": {view.Server.Description},
		}
	}
	return s.render(w, status, "settings", view)
}

func (s *Server) saveSettings(w http.ResponseWriter, v visit) error {
	as, err := s.authServer(v.Context(), v.PathValue("as"))
	if err != nil {
		return err
	}
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	as.Name, as.Audience, as.Description = strings.TrimSpace(values.Get("name")), strings.TrimSpace(values.Get("audience")), values.Get("description")
	_, err = s.replaceServer(v.Context(), as)
	return afterForm(w, v, err, values, "/security/api/servers/"+as.ID, s.showSettings)
}

func (s *Server) scopesPage(w http.ResponseWriter, v visit) error {
	return s.showScopes(w, v, http.StatusOK, formState{})
}

func (s *Server) showScopes(w http.ResponseWriter, v visit, status int, form formState) error {
	view, err := s.newServerPage(v, "scopes", form)
	if err != nil {
		return err
	}
	if view.Scopes, err = s.ownScopesFirst(v.Context(), view.Server.ID); err != nil {
		return err
	}
	return s.render(w, status, "scopes", view)
}

// ownScopesFirst lists the scopes with those of the administrator on top.
func (s *Server) ownScopesFirst(ctx context.Context, server string) ([]scope, error) {
	all, err := s.scopes(ctx, server, "", everyScope)
	var own, system []scope
	for _, sc := range all {
		if sc.System {
			system = append(system, sc)
		} else {
			own = append(own, sc)
		}
	}
	return append(own, system...), err
}

func (s *Server) addScope(w http.ResponseWriter, v visit) error {
	as, err := s.authServer(v.Context(), v.PathValue("as"))
	if err != nil {
		return err
	}
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	in := scope{
		Name: values.Get("name"), DisplayName: values.Get("display_name"), Description: values.Get("description"),
		Default: values.Has("default"), MetadataPublish: "NO_CLIENTS",
	}
	if values.Has("published") {
		in.MetadataPublish = "ALL_CLIENTS"
	}
	_, err = s.createScope(v.Context(), as.ID, in)
	return afterForm(w, v, err, values, "/security/api/servers/"+as.ID+"/scopes", s.showScopes)
}

func (s *Server) dropScope(w http.ResponseWriter, v visit) error {
	if err := s.removeScope(v.Context(), v.PathValue("as"), v.PathValue("scope")); err != nil {
		return err
	}
	return redirect(w, v, "/security/api/servers/"+v.PathValue("as")+"/scopes")
}

func (s *Server) claimsPage(w http.ResponseWriter, v visit) error {
	return s.showClaims(w, v, http.StatusOK, formState{})
}

func (s *Server) showClaims(w http.ResponseWriter, v visit, status int, form formState) error {
	view, err := s.newServerPage(v, "claims", form)
	if err != nil {
		return err
	}
	if view.Scopes, err = s.ownScopesFirst(v.Context(), view.Server.ID); err != nil {
		return err
	}
	if view.Claims, err = s.claims(v.Context(), view.Server.ID); err != nil {
		return err
	}
	return s.render(w, status, "claims", view)
}

func (s *Server) addClaim(w http.ResponseWriter, v visit) error {
	as, err := s.authServer(v.Context(), v.PathValue("as"))
	if err != nil {
		return err
	}
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	in := claim{Name: values.Get("name"), Value: values.Get("value"), ValueType: values.Get("value_type"), ClaimType: "RESOURCE"}
	in.Conditions.Scopes = values["scopes"] // none means any scope
	_, err = s.createClaim(v.Context(), as.ID, in)
	return afterForm(w, v, err, values, "/security/api/servers/"+as.ID+"/claims", s.showClaims)
}

func (s *Server) dropClaim(w http.ResponseWriter, v visit) error {
	if err := s.removeClaim(v.Context(), v.PathValue("as"), v.PathValue("claim")); err != nil {
		return err
	}
	return redirect(w, v, "/security/api/servers/"+v.PathValue("as")+"/claims")
}

func (s *Server) policiesPage(w http.ResponseWriter, v visit) error {
	return s.showPolicies(w, v, http.StatusOK, formState{})
}

func (s *Server) showPolicies(w http.ResponseWriter, v visit, status int, form formState) error {
	view, err := s.newServerPage(v, "policies", form)
	if err != nil {
		return err
	}
	policies, err := s.policies(v.Context(), view.Server.ID)
	if err != nil {
		return err
	}
	for _, p := range policies {
		rules, err := s.rules(v.Context(), p.ID)
		if err != nil {
			return err
		}
		view.Policies = append(view.Policies, policyWithRules{p, rules})
	}
	return s.render(w, status, "policies", view)
}

func (s *Server) addPolicy(w http.ResponseWriter, v visit) error {
	as, err := s.authServer(v.Context(), v.PathValue("as"))
	if err != nil {
		return err
	}
	values, err := formValues(v.Request)
	if err != nil {
		return err
	}
	_, err = s.createOpenPolicy(v.Context(), as.ID, values.Get("name"))
	return afterForm(w, v, err, values, "/security/api/servers/"+as.ID+"/policies", s.showPolicies)
}
