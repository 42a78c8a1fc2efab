package apitoken

import (
	"net/http"
	"strings"

	"portico/localas/dialect"
	"portico/secret"
)

const tokens = "/api/v1/api-tokens"

// Routes are the endpoints of tokens.
func (s Store) Routes() []dialect.Route {
	const read, manage = "okta.apiTokens.read", "okta.apiTokens.manage"
	return []dialect.Route{
		{Pattern: "GET " + tokens, Scope: read, Handle: s.list},
		{Pattern: "GET " + tokens + "/{token}", Scope: read, Handle: s.get},
		{Pattern: "DELETE " + tokens + "/current", Handle: s.deleteCurrent},
		{Pattern: "DELETE " + tokens + "/{token}", Scope: manage, Handle: s.delete},
	}
}

type view struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	UserID      string `json:"userId"`
	ClientName  string `json:"clientName"`
	TokenWindow string `json:"tokenWindow"`
	Network     struct {
		Connection string `json:"connection"`
	} `json:"network"`
	Created     string        `json:"created"`
	LastUpdated string        `json:"lastUpdated"`
	ExpiresAt   string        `json:"expiresAt"`
	Link        dialect.Links `json:"_link"`
}

// adminUser is the id of the one administrator, whose rights every token has.
const adminUser = "00u00000000000000000"

func (s Store) view(t Token) view {
	v := view{
		ID: t.ID, Name: t.Name, UserID: adminUser, ClientName: "Okta API", TokenWindow: "P30D", Created: dialect.Timestamp(t.Created),
		LastUpdated: dialect.Timestamp(t.LastUpdated), ExpiresAt: dialect.Timestamp(t.Expires),
		Link: dialect.Links{"self": dialect.Link(s.Base+tokens+"/"+t.ID, "GET", "DELETE")},
	}
	v.Network.Connection = "ANYWHERE"
	return v
}

func (s Store) list(w http.ResponseWriter, r *http.Request) error {
	all, err := s.All(r.Context())
	if err != nil {
		return err
	}
	views := []view{}
	for _, t := range all {
		views = append(views, s.view(t))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s Store) get(w http.ResponseWriter, r *http.Request) error {
	t, err := s.token(r.Context(), r.PathValue("token"))
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.view(t))
	return nil
}

func (s Store) delete(w http.ResponseWriter, r *http.Request) error {
	if err := s.Remove(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteCurrent revokes the token that the call itself carries.
func (s Store) deleteCurrent(w http.ResponseWriter, r *http.Request) error {
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t, known, err := s.Use(r.Context(), secret.New(strings.TrimSpace(value)))
	if err != nil {
		return err
	}
	if !known {
		return dialect.InvalidToken()
	}
	if err := s.Remove(r.Context(), t.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
