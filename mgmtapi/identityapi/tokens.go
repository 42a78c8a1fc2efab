package identityapi

import (
	"net/http"
	"strings"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// tokenRoutes: users' access tokens. Their own they create, rename and delete;
// others' an organization admin sees and revokes.
func (s server) tokenRoutes() []route.Route {
	const tokens = "/v3/users/{userId}/access-tokens"
	return []route.Route{
		route.On("POST", tokens, "create-personal-access-token", s.createToken, access.Own()),
		route.On("GET", tokens, "list-users-personal-access-tokens", s.listTokens, access.Own()),
		route.On("GET", tokens+"/{tokenId}", "get-personal-access-token-details", s.token, access.Own()),
		route.On("PATCH", tokens+"/{tokenId}", "update-personal-access-token-details", s.renameToken, access.Own()),
		route.On("DELETE", tokens+"/{tokenId}", "delete-personal-access-token", s.deleteToken, access.Own()),
		route.On("PATCH", tokens+"/{tokenId}/revoke", "revoke-personal-access-token", s.revokeToken, access.Own()),
	}
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

func (s server) viewToken(t portico.AccessToken) tokenView {
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

// userFor reads the user in the path: the caller, or anybody for a caller who may
// do this to the organization.
func (s server) userFor(r *http.Request, action access.Action) (portico.UserID, error) {
	if !access.From(r.Context()).May(access.Organization, action, access.Everything) {
		return ownUser(r)
	}
	id, err := httpkit.PathID[portico.UserID](r, "userId")
	if err == nil {
		_, err = s.Users.ByID(r.Context(), id)
	}
	return id, err
}

// inUser reads the token in the path after its user.
func inUser(r *http.Request, user portico.UserID, err error) (portico.UserID, portico.AccessTokenID, error) {
	if err != nil {
		return "", "", err
	}
	id, err := httpkit.PathID[portico.AccessTokenID](r, "tokenId")
	return user, id, err
}

// ownToken reads the user, who must be the caller, and the token in the path.
func ownToken(r *http.Request) (portico.UserID, portico.AccessTokenID, error) {
	user, err := ownUser(r)
	return inUser(r, user, err)
}

func readTokenName(o *httpkit.Object) string {
	return o.String("name", httpkit.Required, httpkit.Length(1, 256),
		httpkit.Pattern(admins.TokenName(), "made of letters, digits, spaces, underscores, hyphens, dots and apostrophes, with a letter or digit at each end"))
}

// readExpiry reads ttl_seconds, or the deprecated expires_at in its place.
func (s server) readExpiry(o *httpkit.Object) time.Time {
	const day, year = 24 * 60 * 60, 365 * 24 * 60 * 60
	switch both := o.Has("ttl_seconds") && o.Has("expires_at"); {
	case both:
		o.Ignore("ttl_seconds", "expires_at")
		o.Invalid("expires_at", "invalid", "cannot be given together with ttl_seconds")
	case o.Has("expires_at"):
		return s.readFuture(o)
	}
	return s.now().Add(time.Duration(o.Int("ttl_seconds", 0, httpkit.Required, httpkit.Range(day, year))) * time.Second)
}

func (s server) createToken(w http.ResponseWriter, r *http.Request) error {
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
	t, err := s.accounts.CreateToken(r.Context(), user, name, expires)
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

func (s server) listTokens(w http.ResponseWriter, r *http.Request) error {
	user, err := s.userFor(r, access.View)
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.accounts.Tokens(r.Context(), user, q)
	if err != nil {
		return err
	}
	list := listing.Envelope(page, q, s.viewToken)
	return httpkit.JSON(w, http.StatusOK, tokenList{Data: list.Data, Meta: list.Meta.Page})
}

func (s server) token(w http.ResponseWriter, r *http.Request) error {
	user, err := s.userFor(r, access.View)
	user, id, err := inUser(r, user, err)
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, s.viewToken)(s.accounts.Token(r.Context(), user, id))
}

func (s server) renameToken(w http.ResponseWriter, r *http.Request) error {
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
	return one(w, http.StatusOK, s.viewToken)(s.accounts.RenameToken(r.Context(), user, id, name))
}

func (s server) revokeToken(w http.ResponseWriter, r *http.Request) error {
	user, err := s.userFor(r, access.Edit)
	user, id, err := inUser(r, user, err)
	if err != nil {
		return err
	}
	return one(w, http.StatusOK, s.viewToken)(s.accounts.RevokeToken(r.Context(), user, id))
}

func (s server) deleteToken(w http.ResponseWriter, r *http.Request) error {
	user, id, err := ownToken(r)
	if err != nil {
		return err
	}
	return gone(w, s.accounts.DeleteToken(r.Context(), user, id))
}
