package localas

import (
	"context"
	"database/sql"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/localas/litedb"
)

// scope is a scope of one authorization server.
type scope struct {
	seq             int64
	ID              string `json:"id"`
	Name            string `json:"name"`
	DisplayName     string `json:"displayName,omitempty"`
	Description     string `json:"description,omitempty"`
	Consent         string `json:"consent"`
	MetadataPublish string `json:"metadataPublish"`
	Default         bool   `json:"default"`
	Optional        bool   `json:"optional"`
	System          bool   `json:"system"`
}

func (sc scope) Sequence() int64 { return sc.seq }

// scopePattern is the scope-token of RFC 6749 section 3.3.
var scopePattern = regexp.MustCompile(`^[!#-\[\]-~]{1,100}$`)

// userScopes are about a person, whom a client credentials request has not.
var userScopes = []string{"openid", "profile", "email", "address", "phone", "offline_access", "device_sso", "groups"}

func systemScopes() []scope {
	var all []scope
	for _, name := range userScopes {
		all = append(all, scope{Name: name, Consent: "IMPLICIT", MetadataPublish: "ALL_CLIENTS", System: true})
	}
	return all
}

const scopeColumns = `seq, id, name, display_name, description, consent, metadata_publish, is_default, optional, system`

func scanScope(row litedb.Scanner) (scope, error) {
	var sc scope
	err := row.Scan(&sc.seq, &sc.ID, &sc.Name, &sc.DisplayName, &sc.Description, &sc.Consent, &sc.MetadataPublish,
		&sc.Default, &sc.Optional, &sc.System)
	return sc, err
}

func (s *Server) scopes(ctx context.Context, server, q string, p dialect.Page) ([]scope, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanScope, `SELECT `+scopeColumns+` FROM scope
		WHERE server = $1 AND seq > $2 AND name LIKE $3 ESCAPE '\' ORDER BY seq LIMIT $4`, server, p.After, litedb.PrefixPattern(q), p.Limit+1)
}

// everyScope is the page that holds all scopes of a server.
var everyScope = dialect.Page{Limit: 100_000}

func (s *Server) scope(ctx context.Context, server, id string) (scope, error) {
	sc, err := scanScope(s.db.Reader().QueryRowContext(ctx, `SELECT `+scopeColumns+` FROM scope WHERE server = $1 AND id = $2`, server, id))
	return sc, orNotFound(err, "OAuth2Scope", id)
}

func insertScope(ctx context.Context, tx *sql.Tx, server string, sc scope) (scope, error) {
	sc.ID = dialect.NewID("scp")
	_, err := tx.ExecContext(ctx, `INSERT INTO scope
		(id, server, name, display_name, description, consent, metadata_publish, is_default, optional, system)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`, sc.ID, server, sc.Name, sc.DisplayName, sc.Description,
		sc.Consent, sc.MetadataPublish, sc.Default, sc.Optional, sc.System)
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A scope with this name already exists.")
	}
	return sc, err
}

func (s *Server) createScope(ctx context.Context, server string, sc scope) (scope, error) {
	sc.System = false
	sc = scopeDefaults(sc)
	if err := checkScope(sc); err != nil {
		return scope{}, err
	}
	return sc, s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		sc, err = insertScope(ctx, tx, server, sc)
		return err
	})
}

func (s *Server) replaceScope(ctx context.Context, _ string, old, sc scope) (scope, error) {
	sc.ID, sc.System = old.ID, old.System
	sc = scopeDefaults(sc)
	if err := checkScope(sc); err != nil {
		return scope{}, err
	}
	if old.System && sc.Name != old.Name {
		return scope{}, dialect.Invalid("name", "name: The name of a system scope cannot be changed.")
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		return litedb.Affected(tx.ExecContext(ctx, `UPDATE scope SET name = $2, display_name = $3, description = $4, consent = $5,
			metadata_publish = $6, is_default = $7, optional = $8 WHERE id = $1`, sc.ID, sc.Name, sc.DisplayName, sc.Description,
			sc.Consent, sc.MetadataPublish, sc.Default, sc.Optional))
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A scope with this name already exists.")
	}
	return sc, orNotFound(err, "OAuth2Scope", sc.ID)
}

func (s *Server) removeScope(ctx context.Context, server, id string) error {
	sc, err := s.scope(ctx, server, id)
	if err != nil {
		return err
	}
	if sc.System {
		return dialect.Forbidden()
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM scope WHERE id = $1`, id)), "OAuth2Scope", id)
	})
}

func scopeDefaults(sc scope) scope {
	sc.Name = strings.TrimSpace(sc.Name)
	if sc.Consent == "" {
		sc.Consent = "IMPLICIT"
	}
	if sc.MetadataPublish == "" {
		sc.MetadataPublish = "NO_CLIENTS"
	}
	return sc
}

func checkScope(sc scope) error {
	var causes []string
	if !scopePattern.MatchString(sc.Name) {
		causes = append(causes, `name: must be 1 to 100 printable ASCII characters without space, " and \.`)
	}
	if strings.HasPrefix(sc.Name, "okta.") {
		causes = append(causes, "name: The prefix okta. is reserved.")
	}
	if !slices.Contains([]string{"IMPLICIT", "REQUIRED", "FLEXIBLE"}, sc.Consent) {
		causes = append(causes, "consent: must be IMPLICIT, REQUIRED or FLEXIBLE.")
	}
	if sc.MetadataPublish != "ALL_CLIENTS" && sc.MetadataPublish != "NO_CLIENTS" {
		causes = append(causes, "metadataPublish: must be ALL_CLIENTS or NO_CLIENTS.")
	}
	if utf8.RuneCountInString(sc.Description) > 255 || utf8.RuneCountInString(sc.DisplayName) > 255 {
		causes = append(causes, "description and displayName: must have at most 255 characters.")
	}
	if len(causes) > 0 {
		return dialect.Invalid("scope", causes...)
	}
	return nil
}

type scopeView struct {
	scope
	Links dialect.Links `json:"_links"`
}

func (s *Server) scopeView(r *http.Request, sc scope) any {
	self := s.base + "/api/v1/authorizationServers/" + r.PathValue("as") + "/scopes/" + sc.ID
	return scopeView{sc, dialect.Links{"self": dialect.Link(self, "GET", "PUT", "DELETE")}}
}

func (s *Server) scopeResource() resource[scope] {
	return resource[scope]{
		wildcard: "scope", owner: s.serverID, list: s.scopePage, find: s.scope,
		create: s.createScope, replace: s.replaceScope, remove: s.removeScope, view: s.scopeView,
	}
}

// scopePage is the part of the list that a request asks for.
func (s *Server) scopePage(w http.ResponseWriter, r *http.Request, server string) ([]scope, error) {
	p, err := dialect.ReadPage(r, 200)
	if err != nil {
		return nil, err
	}
	all, err := s.scopes(r.Context(), server, r.URL.Query().Get("q"), p)
	if err != nil {
		return nil, err
	}
	return dialect.CutPage(s.base, w, r, p, all), nil
}
