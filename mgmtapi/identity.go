package mgmtapi

import (
	"net/http"
	"regexp"
	"strings"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// identityRoutes: the organization, the caller, and the caller's access tokens
// (contract: identity v3).
func (s *server) identityRoutes() []route.Route {
	const tokens = "/v3/users/{userId}/access-tokens"
	return []route.Route{
		route.On("GET", "/v3/organizations/me", "get-organizations-me", s.organization, access.Own()),
		route.On("GET", "/v3/users/me", "get-users-me", s.user, access.Own()),
		route.On("POST", tokens, "create-personal-access-token", s.createToken, access.Own()),
		route.On("GET", tokens, "list-users-personal-access-tokens", s.listTokens, access.Own()),
		route.On("GET", tokens+"/{tokenId}", "get-personal-access-token-details", s.token, access.Own()),
		route.On("PATCH", tokens+"/{tokenId}", "update-personal-access-token-details", s.renameToken, access.Own()),
		route.On("DELETE", tokens+"/{tokenId}", "delete-personal-access-token", s.deleteToken, access.Own()),
		route.On("PATCH", tokens+"/{tokenId}/revoke", "revoke-personal-access-token", s.revokeToken, access.Own()),
	}
}

// organizationView is the contract's MeOrganization.
type organizationView struct {
	ID        portico.OrganizationID `json:"id"`
	Name      string                 `json:"name"`
	OwnerID   portico.UserID         `json:"owner_id"`
	State     string                 `json:"state"`
	CreatedAt httpkit.Timestamp      `json:"created_at"`
	UpdatedAt httpkit.Timestamp      `json:"updated_at"`
}

func (s *server) organization(w http.ResponseWriter, r *http.Request) error {
	o, err := s.Accounts.Organization(r.Context())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, organizationView{
		ID: o.ID, Name: o.Name, OwnerID: o.OwnerID, State: "active",
		CreatedAt: httpkit.Timestamp(o.CreatedAt), UpdatedAt: httpkit.Timestamp(o.UpdatedAt),
	})
}

// userView is the contract's User.
type userView struct {
	ID            portico.UserID    `json:"id"`
	Email         string            `json:"email"`
	FullName      string            `json:"full_name"`
	PreferredName string            `json:"preferred_name"`
	Active        bool              `json:"active"`
	CreatedAt     httpkit.Timestamp `json:"created_at"`
	UpdatedAt     httpkit.Timestamp `json:"updated_at"`
}

func (s *server) user(w http.ResponseWriter, r *http.Request) error {
	if !admins.From(r.Context()).IsUser() {
		return portico.Errorf(portico.KindForbidden, "The access token is a system account's, and this is about users; nothing was done.")
	}
	u := admins.From(r.Context()).User
	return httpkit.JSON(w, http.StatusOK, userView{
		ID: u.ID, Email: u.Email, FullName: u.FullName, PreferredName: u.PreferredName, Active: u.Active,
		CreatedAt: httpkit.Timestamp(u.CreatedAt), UpdatedAt: httpkit.Timestamp(u.UpdatedAt),
	})
}

// tokenView is the contract's PersonalAccessToken.
type tokenView struct {
	ID         portico.AccessTokenID `json:"id"`
	UserID     portico.UserID        `json:"user_id"`
	Name       string                `json:"name"`
	State      string                `json:"state"` // in capitals
	LastUsedAt *httpkit.Timestamp    `json:"last_used_at"`
	ExpiresAt  httpkit.Timestamp     `json:"expires_at"`
	CreatedAt  httpkit.Timestamp     `json:"created_at"`
	UpdatedAt  httpkit.Timestamp     `json:"updated_at"`
}

// createdTokenView is the one answer that has the token itself.
type createdTokenView struct {
	tokenView
	Token string `json:"konnect_token"`
}

func (s *server) viewToken(t portico.AccessToken) tokenView {
	return tokenView{
		ID: t.ID, UserID: t.UserID, Name: t.Name, State: strings.ToUpper(string(t.State(s.now()))), LastUsedAt: httpkit.OptTimestamp(t.LastUsedAt),
		ExpiresAt: httpkit.Timestamp(t.ExpiresAt), CreatedAt: httpkit.Timestamp(t.CreatedAt), UpdatedAt: httpkit.Timestamp(t.UpdatedAt),
	}
}

// ownUser reads the user in the path, who must be the caller: of other users'
// tokens nothing is told.
func ownUser(r *http.Request) (portico.UserID, error) {
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err == nil && id != admins.From(r.Context()).User.ID {
		return "", portico.NotFound("user", id)
	}
	return id, err
}

// ownToken reads the user and the token in the path.
func ownToken(r *http.Request) (portico.UserID, portico.AccessTokenID, error) {
	user, err := ownUser(r)
	if err != nil {
		return "", "", err
	}
	id, err := httpkit.PathID[portico.AccessTokenID](r, "tokenId")
	return user, id, err
}

var tokenName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} _\-.']*[\p{L}\p{N}]$`)

func readTokenName(o *httpkit.Object) string {
	return o.String("name", httpkit.Required, httpkit.Length(1, 256),
		httpkit.Pattern(tokenName, "made of letters, digits, spaces, underscores, hyphens, dots and apostrophes, with a letter or digit at each end"))
}

// readExpiry reads ttl_seconds, or the deprecated expires_at in its place.
func (s *server) readExpiry(o *httpkit.Object) time.Time {
	const day, year = 24 * 60 * 60, 365 * 24 * 60 * 60
	now := s.now()
	switch both := o.Has("ttl_seconds") && o.Has("expires_at"); {
	case both:
		o.Ignore("ttl_seconds", "expires_at")
		o.Invalid("expires_at", "invalid", "cannot be given together with ttl_seconds")
	case o.Has("expires_at"):
		at := o.Time("expires_at", httpkit.Required)
		if !at.IsZero() && (!at.After(now) || at.Year() > 9999) {
			o.Invalid("expires_at", "invalid", "must be in the future")
		}
		return at
	}
	return now.Add(time.Duration(o.Int("ttl_seconds", 0, httpkit.Required, httpkit.Range(day, year))) * time.Second)
}

func (s *server) createToken(w http.ResponseWriter, r *http.Request) error {
	user, err := ownUser(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	name, expires := readTokenName(o), s.readExpiry(o)
	if err := o.Err(); err != nil {
		return err
	}
	t, err := s.Accounts.CreateToken(r.Context(), user, name, expires)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, createdTokenView{tokenView: s.viewToken(t.AccessToken), Token: t.Value.Reveal()})
}

// tokenList differs from every other list of the contract: its meta is the page.
type tokenList struct {
	Data []tokenView      `json:"data"`
	Meta listing.PageMeta `json:"meta"`
}

func (s *server) listTokens(w http.ResponseWriter, r *http.Request) error {
	user, err := ownUser(r)
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Accounts.Tokens(r.Context(), user, q)
	if err != nil {
		return err
	}
	list := listing.Envelope(page, q, s.viewToken)
	return httpkit.JSON(w, http.StatusOK, tokenList{Data: list.Data, Meta: list.Meta.Page})
}

func (s *server) token(w http.ResponseWriter, r *http.Request) error {
	user, id, err := ownToken(r)
	if err != nil {
		return err
	}
	t, err := s.Accounts.Token(r.Context(), user, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, s.viewToken(t))
}

func (s *server) renameToken(w http.ResponseWriter, r *http.Request) error {
	user, id, err := ownToken(r)
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	name := readTokenName(o)
	if err := o.Err(); err != nil {
		return err
	}
	t, err := s.Accounts.RenameToken(r.Context(), user, id, name)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, s.viewToken(t))
}

func (s *server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	user, id, err := ownToken(r)
	if err != nil {
		return err
	}
	t, err := s.Accounts.RevokeToken(r.Context(), user, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, s.viewToken(t))
}

func (s *server) deleteToken(w http.ResponseWriter, r *http.Request) error {
	user, id, err := ownToken(r)
	if err != nil {
		return err
	}
	if err := s.Accounts.DeleteToken(r.Context(), user, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
