package portalapi

import (
	"net/http"
	"strings"

	"portico"
	"portico/developers"
	"portico/httpkit"
	"portico/secret"
)

func (s *server) developerRoutes() []route {
	return []route{
		on(anyone, "GET", "/api/v3/portal", "get-portal-context", s.context),
		on(guessing, "POST", "/api/v3/developer", "register", s.signUp),
		on(guessing, "POST", "/api/v3/developer/verify-email", "verify-email", s.verifyEmail),
		on(guessing, "POST", "/api/v3/developer/forgot-password", "forgot-password", s.forgotPassword),
		on(guessing, "POST", "/api/v3/developer/reset-password", "reset-password", s.resetPassword),
		on(guessing, "POST", "/api/v3/developer/authenticate", "authenticate", s.signIn),
		on(guessing, "POST", "/api/v3/developer/refresh", "refresh", s.refresh),
		on(anyone, "POST", "/api/v3/developer/logout", "logout", s.signOut),
		on(developer, "GET", "/api/v3/developer/me", "get-developer-me", s.me),
	}
}

// contextView is the contract's PortalContext.
type contextView struct {
	PortalID              portico.PortalID       `json:"portal_id"`
	OrgID                 portico.OrganizationID `json:"org_id"`
	BasicAuthEnabled      bool                   `json:"basic_auth_enabled"`
	OIDCAuthEnabled       bool                   `json:"oidc_auth_enabled"`
	SAMLAuthEnabled       bool                   `json:"saml_auth_enabled"`
	AuthenticationEnabled bool                   `json:"authentication_enabled"`
	RBACEnabled           bool                   `json:"rbac_enabled"`
	Name                  string                 `json:"name"`
	CanonicalDomain       string                 `json:"canonical_domain"`
}

func (s *server) context(w http.ResponseWriter, c call) error {
	out, err := s.portalContext(c)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, out)
}

func (s *server) portalContext(c call) (contextView, error) {
	organization, err := s.Accounts.Organization(c.Context())
	if err != nil {
		return contextView{}, err
	}
	settings, err := s.IdentityProviders.Settings(c.Context(), c.portal.ID)
	return contextView{
		PortalID: c.portal.ID, OrgID: organization.ID, BasicAuthEnabled: settings.Passwords(), OIDCAuthEnabled: settings.SingleSignOn(),
		AuthenticationEnabled: c.portal.AuthenticationEnabled, RBACEnabled: c.portal.RBACEnabled,
		Name: c.portal.Name, CanonicalDomain: s.Portals.Domain(c.portal),
	}, err
}

// account reads a body with an address, and counts a try for its account.
func (s *server) account(c call, field string) (*httpkit.Object, string, error) {
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return nil, "", err
	}
	email := strings.ToLower(in.Email(field, httpkit.Required, httpkit.MaxLength(maxPerson)))
	if email == "" {
		return in, "", nil // there is a fault to tell of
	}
	return in, email, s.throttles.Account(c.portal.ID, email)
}

// maxPerson is the length of an address and of a name that the contract's
// Developer can show; its RegisterPayload would let in a little more.
const maxPerson = 250

func (s *server) signUp(w http.ResponseWriter, c call) error {
	in, email, err := s.account(c, "email")
	if err != nil {
		return err
	}
	name := in.String("full_name", httpkit.Required, httpkit.Length(1, maxPerson))
	if !c.portal.AuthenticationEnabled {
		in.Invalid("email", "invalid", "cannot have an account: this portal has none")
	}
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.Developers.SignUp(c.Context(), c.portal.ID, developers.Applicant{Email: email, FullName: name}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusCreated)
	return nil
}

func (s *server) verifyEmail(w http.ResponseWriter, c call) error {
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	token := in.UUID("token", httpkit.Required)
	if err := in.Err(); err != nil {
		return err
	}
	email, next, err := s.Developers.VerifyEmail(c.Context(), c.portal.ID, token)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusAccepted, struct {
		Email string `json:"email"`
		Token string `json:"token"`
	}{email, next})
}

func (s *server) forgotPassword(w http.ResponseWriter, c call) error {
	in, email, err := s.account(c, "email")
	if err != nil {
		return err
	}
	if err := in.Err(); err != nil || !c.portal.AuthenticationEnabled {
		return err
	}
	return s.Developers.ForgotPassword(c.Context(), c.portal.ID, email)
}

func (s *server) resetPassword(w http.ResponseWriter, c call) error {
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	token, password := in.UUID("token", httpkit.Required), secret.New(in.String("password", httpkit.Required))
	if err := in.Err(); err != nil {
		return err
	}
	if err := s.Developers.ResetPassword(c.Context(), c.portal.ID, token, password); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s *server) signIn(w http.ResponseWriter, c call) error {
	in, email, err := s.account(c, "username")
	if err != nil {
		return err
	}
	password := secret.New(in.String("password", httpkit.Required))
	if err := in.Err(); err != nil {
		return err
	}
	if !c.portal.AuthenticationEnabled {
		return portico.Errorf(portico.KindNotFound, "This portal has no developer accounts, so there is nothing to sign in to.")
	}
	session, err := s.Sessions.SignIn(c.Context(), c.portal.ID, email, password, c.browser())
	if err != nil {
		return err
	}
	s.setCookies(w, c, session)
	return httpkit.NoContent(w)
}

func (s *server) refresh(w http.ResponseWriter, c call) error {
	if !c.portal.AuthenticationEnabled {
		return portico.Errorf(portico.KindUnauthenticated, "This portal has no developer accounts, so there is nothing to sign in to.")
	}
	session, err := s.Sessions.Refresh(c.Context(), c.portal.ID, httpkit.Cookie(c.Request, httpkit.RefreshCookie))
	if err != nil {
		return err
	}
	s.setCookies(w, c, session)
	return httpkit.NoContent(w)
}

func (s *server) signOut(w http.ResponseWriter, c call) error {
	if err := s.Sessions.SignOut(c.Context(), c.portal.ID, httpkit.Cookie(c.Request, httpkit.AccessCookie), httpkit.Cookie(c.Request, httpkit.RefreshCookie)); err != nil {
		return err
	}
	s.setCookies(w, c, developers.IssuedSession{})
	return httpkit.NoContent(w)
}

// browser is where the caller signs in from.
func (c call) browser() developers.Browser {
	return developers.Browser{UserAgent: c.UserAgent(), Address: httpkit.ClientAddr(c.Request).String()}
}

// setCookies hands a session to the browser; the zero session takes it away.
func (s *server) setCookies(w http.ResponseWriter, c call, session developers.IssuedSession) {
	httpkit.SetSession(w, s.secure(c), httpkit.SessionTokens(session))
}

// secure says whether the portal is reached by https, here or at the proxy
// before it.
func (s *server) secure(c call) bool {
	return c.TLS != nil || strings.HasPrefix(s.Portals.PortalURL(s.Portals.Domain(c.portal)), "https://")
}

// meView is the contract's DeveloperMe.
type meView struct {
	ID        portico.DeveloperID `json:"id"`
	Email     string              `json:"email"`
	FullName  string              `json:"full_name"`
	CreatedAt httpkit.Timestamp   `json:"created_at"`
	UpdatedAt httpkit.Timestamp   `json:"updated_at"`
}

func (s *server) me(w http.ResponseWriter, c call) error {
	return httpkit.JSON(w, http.StatusOK, viewPerson(*c.developer))
}
