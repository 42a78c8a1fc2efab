package localas

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/localas/dialect"
	"portico/localas/directory"
	"portico/localas/signin"
	"portico/secret"
)

const authorizationCodeGrant = "authorization_code"

// authorization is a request whose client and redirect URI belong together.
type authorization struct {
	signin.Request
	server authServer
	client client
}

// readAuthorization reads the parameters of an authorization request. A
// *signin.Refusal is for the application to hear, other errors for the person:
// they leave nowhere to go back to.
func (s *Server) readAuthorization(r *http.Request, form url.Values) (authorization, error) {
	server, err := s.activeServer(r)
	if err != nil {
		return authorization{}, err
	}
	q, refusal := signin.Parse(form)
	a := authorization{Request: q, server: server}
	if a.client, err = s.activeClient(r.Context(), q.ClientID); err != nil {
		return authorization{}, err
	}
	if !slices.Contains(a.client.Settings.RedirectURIs, q.RedirectURI) {
		return authorization{}, dialect.BadOAuth("invalid_request", "The 'redirect_uri' parameter must be a Login redirect URI in the client app settings.")
	}
	if refusal != nil {
		return a, refusal
	}
	if !a.client.allows(authorizationCodeGrant) || a.client.AuthMethod == "none" {
		return a, &signin.Refusal{Code: "unauthorized_client", Description: "The client must use the grant type authorization_code and authenticate itself."}
	}
	_, err = s.requestedScopes(r.Context(), server, a.client, authorizationCodeGrant, strings.Join(q.Scopes, " "))
	if bad, ok := errors.AsType[*dialect.OAuthError](err); ok {
		return a, &signin.Refusal{Code: bad.Code, Description: bad.Description}
	}
	return a, err
}

// authorize is the authorization endpoint. Who has signed in goes back to the
// application at once, everybody else is asked to.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	form, err := dialect.ParseForm(r.URL.RawQuery)
	if r.Method == http.MethodPost {
		form, err = dialect.ReadForm(w, r)
	}
	var a authorization
	if err == nil {
		a, err = s.readAuthorization(r, form)
	}
	if err != nil {
		return s.refuseAuthorization(w, r, a, err)
	}
	visit, found, err := s.visitors.Of(r)
	if err != nil {
		return err
	}
	p, known, err := s.people.Person(r.Context(), visit.Person)
	if err != nil {
		return err
	}
	switch {
	case found && known && p.Live(visit.Started) && a.Fresh(visit.Started, s.now()):
		return s.admit(w, r, a, p, visit.Started)
	case a.Silent:
		return s.refuseAuthorization(w, r, a, &signin.Refusal{Code: "login_required", Description: "The client specified not to prompt, but the user is not signed in."})
	}
	return s.askPerson(w, http.StatusOK, a, a.LoginHint, "")
}

// refuseAuthorization tells the application, or where that is not safe the person.
func (s *Server) refuseAuthorization(w http.ResponseWriter, r *http.Request, a authorization, err error) error {
	if refusal, ok := errors.AsType[*signin.Refusal](err); ok {
		return leave(w, r, a.Refused(refusal))
	}
	text, status := "", http.StatusBadRequest
	if bad, ok := errors.AsType[*dialect.OAuthError](err); ok {
		text = bad.Description
	} else if missing, ok := errors.AsType[*dialect.APIError](err); ok {
		text, status = missing.Summary+".", missing.Status
	} else {
		return err
	}
	s.failPage(w, r, status, "The application has sent you here with a request that is not in order. "+text)
	return nil
}

// leave sends the browser to the application.
func leave(w http.ResponseWriter, r *http.Request, address string) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, address, http.StatusSeeOther)
	return nil
}

// askPerson shows the page that a person signs in at.
func (s *Server) askPerson(w http.ResponseWriter, status int, a authorization, login, fault string) error {
	w.Header().Set("Content-Security-Policy", strings.Replace(pagePolicy, "form-action 'self'", strings.TrimSpace("form-action 'self' "+a.FormTarget()), 1))
	return s.render(w, status, "person", struct {
		frame
		Application, Action, Login, Fault string
	}{frame{Title: "Sign in"}, a.client.Label, "/oauth2/" + a.server.ID + "/v1/authorize/sign-in?" + a.Encode(), login, fault})
}

// signInPerson checks what that page sends, together with the request that it
// was shown for.
func (s *Server) signInPerson(w http.ResponseWriter, r *http.Request) error {
	var a authorization
	form, err := dialect.ParseForm(r.URL.RawQuery)
	if err == nil {
		a, err = s.readAuthorization(r, form)
	}
	if err != nil {
		return s.refuseAuthorization(w, r, a, err)
	}
	entered, err := dialect.ReadForm(w, r)
	if err != nil {
		return s.refuseAuthorization(w, r, a, err)
	}
	login := strings.TrimSpace(entered.Get("login"))
	if !s.signIns.Allowed(r) {
		return s.askPerson(w, http.StatusTooManyRequests, a, login, "Too many attempts. Wait a minute, then try again.")
	}
	p, known, err := s.people.Authenticate(r.Context(), login, secret.New(entered.Get("password")))
	if err != nil {
		return err
	}
	if !known {
		s.signIns.Failed(r)
		s.log.WarnContext(r.Context(), "sign-in of a person refused", "remote", r.RemoteAddr)
		return s.askPerson(w, http.StatusUnauthorized, a, login, "This username and password do not match. Check both and try again.")
	}
	started, err := s.visitors.Start(r.Context(), w, p.ID)
	if err != nil {
		return err
	}
	return s.admit(w, r, a, p, started.Started)
}

// admit sends a person who has signed in back with a code, if the policies
// allow what the application asks for.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, a authorization, p directory.Person, signedIn time.Time) error {
	groups, err := s.people.Groups(r.Context(), p.ID)
	if err != nil {
		return err
	}
	_, allowed, err := s.decide(r.Context(), a.server.ID, asking{a.client, authorizationCodeGrant, a.Scopes, &p, groups})
	if err != nil {
		return err
	}
	if !allowed {
		s.log.InfoContext(r.Context(), "sign-in refused: no matching policy", "server", a.server.ID, "client_id", a.client.ClientID, "person", p.ID)
		return leave(w, r, a.Refused(&signin.Refusal{Code: "access_denied", Description: policyRefusal}))
	}
	code, err := s.codes.Issue(r.Context(), signin.Grant{
		Server: a.server.ID, Client: a.client.ID, Person: p.ID, SignedIn: signedIn,
		RedirectURI: a.RedirectURI, Scopes: a.Scopes, Nonce: a.Nonce, Challenge: a.Challenge,
	})
	if err != nil {
		return err
	}
	return leave(w, r, a.Accepted(code.Reveal()))
}

// redeem answers a code with tokens about who has signed in.
func (s *Server) redeem(w http.ResponseWriter, r *http.Request, asked time.Time, server authServer, c client, form url.Values) error {
	g, found, err := s.codes.Redeem(r.Context(), form.Get("code"))
	if err != nil {
		return err
	}
	if !found || g.Client != c.ID || g.Server != server.ID || g.RedirectURI != form.Get("redirect_uri") {
		return dialect.BadOAuth("invalid_grant", "The authorization code is invalid or has expired.")
	}
	if !g.Verifies(form.Get("code_verifier")) {
		return dialect.BadOAuth("invalid_grant", "PKCE verification failed.")
	}
	p, known, err := s.people.Person(r.Context(), g.Person)
	if err != nil {
		return err
	}
	if !known || !p.Live(g.SignedIn) {
		return dialect.BadOAuth("invalid_grant", "The user may not sign in any more.")
	}
	groups, err := s.people.Groups(r.Context(), p.ID)
	if err != nil {
		return err
	}
	access, err := s.accessGrant(r.Context(), asked, server, asking{c, authorizationCodeGrant, g.Scopes, &p, groups})
	if err != nil {
		return err
	}
	if slices.Contains(g.Scopes, "openid") {
		access.about = signin.IDToken(g, c.ClientID, signin.Claims(p, groups, g.Scopes), s.clock())
	}
	return s.issue(w, r, access)
}

// getUserInfo tells the bearer of an access token about the person it is of.
func (s *Server) getUserInfo(w http.ResponseWriter, r *http.Request) error {
	server, err := s.activeServer(r)
	if err != nil {
		return err
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	claims, live, err := s.verify(r.Context(), server, s.issuer(server.ID), strings.TrimSpace(token))
	if err != nil {
		return err
	}
	refuse := func(status int, code, description string) error {
		w.Header().Set("WWW-Authenticate", `Bearer error="`+code+`", error_description="`+description+`"`)
		w.WriteHeader(status)
		return nil
	}
	if !live {
		return refuse(http.StatusUnauthorized, "invalid_token", "The access token is invalid")
	}
	if claims.Person == "" || !slices.Contains(claims.Scopes, "openid") {
		return refuse(http.StatusForbidden, "insufficient_scope", "The access token must provide access to the scope openid")
	}
	p, _, err := s.people.Person(r.Context(), claims.Person) // verify has found them
	if err != nil {
		return err
	}
	groups, err := s.people.Groups(r.Context(), p.ID)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	dialect.WriteJSON(w, http.StatusOK, signin.Claims(p, groups, claims.Scopes))
	return nil
}
