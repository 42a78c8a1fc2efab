package localas

import (
	"context"
	"database/sql"
	"net/http"
	"slices"
	"time"

	"portico/localas/dialect"
	"portico/localas/litedb"
)

// managementScopes are the scopes of the management API that a service app can
// be granted.
var managementScopes = []string{
	"okta.apiTokens.manage", "okta.apiTokens.read", "okta.appGrants.manage", "okta.appGrants.read", "okta.apps.manage",
	"okta.apps.read", "okta.authorizationServers.manage", "okta.authorizationServers.read", "okta.clients.manage",
	"okta.clients.read", "okta.clients.register", "okta.groups.manage", "okta.groups.read", "okta.users.manage", "okta.users.read",
}

type appGrant struct {
	ID      string
	Scope   string
	Created time.Time
}

func scanGrant(row litedb.Scanner) (appGrant, error) {
	var g appGrant
	err := row.Scan(&g.ID, &g.Scope, litedb.Time(&g.Created))
	return g, err
}

func (s *Server) grants(ctx context.Context, app string) ([]appGrant, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanGrant, `SELECT id, scope, created FROM client_grant WHERE client = $1 ORDER BY seq`, app)
}

func (s *Server) grantedScopes(ctx context.Context, app string) ([]string, error) {
	all, err := s.grants(ctx, app)
	var names []string
	for _, g := range all {
		names = append(names, g.Scope)
	}
	return names, err
}

type grantView struct {
	ID       string `json:"id"`
	Status   string `json:"status"`
	Created  string `json:"created"`
	Issuer   string `json:"issuer"`
	ClientID string `json:"clientId"`
	ScopeID  string `json:"scopeId"`
	Source   string `json:"source"`
}

func (s *Server) grantView(c client, g appGrant) grantView {
	return grantView{g.ID, active, dialect.Timestamp(g.Created), s.base, c.ClientID, g.Scope, "ADMIN"}
}

func (s *Server) listGrants(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	all, err := s.grants(r.Context(), c.ID)
	if err != nil {
		return err
	}
	views := []grantView{}
	for _, g := range all {
		views = append(views, s.grantView(c, g))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) postGrant(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[struct {
		ScopeID string `json:"scopeId"`
		Issuer  string `json:"issuer"`
	}](w, r)
	if err != nil {
		return err
	}
	if !slices.Contains(managementScopes, in.ScopeID) {
		return dialect.Invalid("scopeId", "scopeId: is not a scope of the management API.")
	}
	if in.Issuer != s.base {
		return dialect.Invalid("issuer", "issuer: must be "+s.base+".")
	}
	g := appGrant{dialect.NewID("oag"), in.ScopeID, s.now().UTC()}
	err = s.db.Update(r.Context(), func(tx *sql.Tx) error {
		_, err := tx.ExecContext(r.Context(), `INSERT INTO client_grant (id, client, scope, created) VALUES ($1, $2, $3, $4)`,
			g.ID, c.ID, g.Scope, g.Created.UnixMicro())
		return err
	})
	if litedb.IsDuplicate(err) {
		return dialect.Invalid("scopeId", "scopeId: The scope is granted already.")
	}
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.grantView(c, g))
	return nil
}

func (s *Server) deleteGrant(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("grant")
	if err := s.db.Update(r.Context(), func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(r.Context(), `DELETE FROM client_grant WHERE client = $1 AND id = $2`,
			r.PathValue("app"), id)), "OAuth2ScopeConsentGrant", id)
	}); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
