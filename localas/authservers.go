package localas

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/localas/signing"
)

// defaultServer is the id of the authorization server that is always there.
const defaultServer = "default"

// authServer is a custom authorization server: an issuer with scopes, claims
// and access policies of its own.
type authServer struct {
	seq          int64
	ID           string
	Name         string
	Description  string
	Audience     string
	Status       string
	RotationMode string
	Created      time.Time
	LastUpdated  time.Time
}

func (as authServer) Sequence() int64 { return as.seq }

// rotates reports whether the server's keys rotate by themselves.
func (as authServer) rotates() bool { return as.RotationMode == "AUTO" }

// issuer is the iss of the server's tokens and the base of its endpoints.
func (s *Server) issuer(id string) string { return s.base + "/oauth2/" + id }

// org stands for the organisation's own authorization server, which issues
// nothing but tokens for the management API.
func (s *Server) org() authServer {
	return authServer{ID: orgServer, Status: active, RotationMode: "AUTO", Audience: s.base}
}

const serverColumns = `seq, id, name, description, audience, status, rotation_mode, created, last_updated`

func scanServer(row litedb.Scanner) (authServer, error) {
	var as authServer
	err := row.Scan(&as.seq, &as.ID, &as.Name, &as.Description, &as.Audience, &as.Status, &as.RotationMode,
		litedb.Time(&as.Created), litedb.Time(&as.LastUpdated))
	return as, err
}

func (s *Server) authServer(ctx context.Context, id string) (authServer, error) {
	as, err := scanServer(s.db.Reader().QueryRowContext(ctx, `SELECT `+serverColumns+` FROM auth_server WHERE id = $1`, id))
	return as, orNotFound(err, "AuthorizationServer", id)
}

// activeServer is the authorization server in the path of an OAuth request; an
// inactive one answers as if it did not exist.
func (s *Server) activeServer(r *http.Request) (authServer, error) {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	if err == nil && as.Status != active {
		err = dialect.NotFound("AuthorizationServer", as.ID)
	}
	return as, err
}

func (s *Server) authServers(ctx context.Context, q string, p dialect.Page) ([]authServer, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanServer, `SELECT `+serverColumns+` FROM auth_server
		WHERE seq > $1 AND (name LIKE $2 ESCAPE '\' OR audience LIKE $2 ESCAPE '\') ORDER BY seq LIMIT $3`,
		p.After, litedb.PrefixPattern(q), p.Limit+1)
}

func checkServer(as authServer) error {
	var causes []string
	if as.Name == "" || utf8.RuneCountInString(as.Name) > 100 {
		causes = append(causes, "name: must have 1 to 100 characters.")
	}
	if as.Audience == "" || utf8.RuneCountInString(as.Audience) > 255 || strings.ContainsAny(as.Audience, " \t\r\n") {
		causes = append(causes, "audiences: must hold exactly one audience of 1 to 255 characters without spaces.")
	}
	if utf8.RuneCountInString(as.Description) > 255 {
		causes = append(causes, "description: must have at most 255 characters.")
	}
	if as.RotationMode != "AUTO" && as.RotationMode != "MANUAL" {
		causes = append(causes, "credentials.signing.rotationMode: must be AUTO or MANUAL.")
	}
	if len(causes) > 0 {
		return dialect.Invalid("authorizationServer", causes...)
	}
	return nil
}

// createServer stores an authorization server with the system's scopes and the
// sub claim. As at Okta it has no access policy, so that it issues nothing yet.
func (s *Server) createServer(ctx context.Context, as authServer) (authServer, error) {
	now := s.now().UTC()
	as.Name, as.Status, as.Created, as.LastUpdated = strings.TrimSpace(as.Name), active, now, now
	if as.ID == "" {
		as.ID = dialect.NewID("aus")
	}
	if as.RotationMode == "" {
		as.RotationMode = "AUTO"
	}
	if err := checkServer(as); err != nil {
		return authServer{}, err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO auth_server
			(id, name, description, audience, status, rotation_mode, created, last_updated)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $7)`,
			as.ID, as.Name, as.Description, as.Audience, as.Status, as.RotationMode, now.UnixMicro()); err != nil {
			return err
		}
		for _, sc := range systemScopes() {
			if _, err := insertScope(ctx, tx, as.ID, sc); err != nil {
				return err
			}
		}
		_, err := insertClaim(ctx, tx, as.ID, subClaim())
		return err
	})
	if litedb.IsDuplicate(err) {
		return authServer{}, dialect.Invalid("name", "name: An authorization server with this name already exists.")
	}
	if err == nil {
		s.log.InfoContext(ctx, "authorization server created", "server", as.ID, "issuer", s.issuer(as.ID))
	}
	return as, err
}

func (s *Server) replaceServer(ctx context.Context, as authServer) (authServer, error) {
	as.LastUpdated = s.now().UTC()
	if err := checkServer(as); err != nil {
		return authServer{}, err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `UPDATE auth_server SET name = $2, description = $3, audience = $4,
			rotation_mode = $5, last_updated = $6 WHERE id = $1`, as.ID, as.Name, as.Description, as.Audience,
			as.RotationMode, as.LastUpdated.UnixMicro())), "AuthorizationServer", as.ID)
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: An authorization server with this name already exists.")
	}
	return as, err
}

// provision creates the default authorization server in a fresh database.
func (s *Server) provision(ctx context.Context) error {
	_, err := s.authServer(ctx, defaultServer)
	if missing, ok := errors.AsType[*dialect.APIError](err); !ok || missing.Status != http.StatusNotFound {
		return err
	}
	if _, err := s.createServer(ctx, authServer{
		ID: defaultServer, Name: "default", Audience: "api://default",
		Description: "Default authorization server for your applications",
	}); err != nil {
		return err
	}
	_, err = s.createOpenPolicy(ctx, defaultServer, "Default Policy")
	return err
}

type serverView struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Audiences   []string `json:"audiences"`
	Issuer      string   `json:"issuer"`
	IssuerMode  string   `json:"issuerMode"`
	Status      string   `json:"status"`
	Created     string   `json:"created"`
	LastUpdated string   `json:"lastUpdated"`
	Credentials struct {
		Signing signingView `json:"signing"`
	} `json:"credentials"`
	Links dialect.Links `json:"_links"`
}

type signingView struct {
	KID          string `json:"kid,omitempty"`
	Use          string `json:"use"`
	RotationMode string `json:"rotationMode"`
	LastRotated  string `json:"lastRotated"`
	NextRotation string `json:"nextRotation,omitempty"`
}

func (s *Server) serverView(ctx context.Context, as authServer) (serverView, error) {
	keys, err := s.keys.Of(ctx, as.ID)
	if err != nil {
		return serverView{}, err
	}
	key := signing.Active(keys)
	view := serverView{
		ID: as.ID, Name: as.Name, Description: as.Description, Audiences: []string{as.Audience}, Issuer: s.issuer(as.ID),
		IssuerMode: "ORG_URL", Status: as.Status, Created: dialect.Timestamp(as.Created), LastUpdated: dialect.Timestamp(as.LastUpdated),
	}
	view.Credentials.Signing = signingView{key.KID, "sig", as.RotationMode, dialect.Timestamp(key.Changed), ""}
	if as.RotationMode == "AUTO" {
		view.Credentials.Signing.NextRotation = dialect.Timestamp(key.Changed.Add(signing.RotationPeriod))
	}
	self := s.base + "/api/v1/authorizationServers/" + as.ID
	view.Links = dialect.Links{
		"self": dialect.Link(self, "GET", "DELETE", "PUT"), "scopes": dialect.Link(self+"/scopes", "GET"), "claims": dialect.Link(self+"/claims", "GET"),
		"policies": dialect.Link(self+"/policies", "GET"), "rotateKey": dialect.Link(self+"/credentials/lifecycle/keyRotate", "POST"),
		lifecycle(as.Status): dialect.Link(self+"/lifecycle/"+lifecycle(as.Status), "POST"),
		"metadata": []dialect.Href{
			{Name: "oauth-authorization-server", Href: s.issuer(as.ID) + "/.well-known/oauth-authorization-server", Hints: &dialect.Hints{Allow: []string{"GET"}}},
			{Name: "openid-configuration", Href: s.issuer(as.ID) + "/.well-known/openid-configuration", Hints: &dialect.Hints{Allow: []string{"GET"}}},
		},
	}
	return view, nil
}

func (s *Server) writeServer(w http.ResponseWriter, r *http.Request, status int, as authServer) error {
	view, err := s.serverView(r.Context(), as)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, status, view)
	return nil
}

type serverBody struct {
	Name        string   `json:"name"`
	Description string   `json:"description"`
	Audiences   []string `json:"audiences"`
	Credentials struct {
		Signing struct {
			RotationMode string `json:"rotationMode"`
		} `json:"signing"`
	} `json:"credentials"`
}

// server applies the body to as.
func (b serverBody) server(as authServer) authServer {
	as.Name, as.Description = strings.TrimSpace(b.Name), b.Description
	as.Audience = strings.Join(b.Audiences, " ") // more than one fails the check
	if mode := b.Credentials.Signing.RotationMode; mode != "" {
		as.RotationMode = mode
	}
	return as
}

func (s *Server) listServers(w http.ResponseWriter, r *http.Request) error {
	p, err := dialect.ReadPage(r, 200)
	if err != nil {
		return err
	}
	servers, err := s.authServers(r.Context(), r.URL.Query().Get("q"), p)
	if err != nil {
		return err
	}
	views := []serverView{}
	for _, as := range dialect.CutPage(s.base, w, r, p, servers) {
		view, err := s.serverView(r.Context(), as)
		if err != nil {
			return err
		}
		views = append(views, view)
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) postServer(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[serverBody](w, r)
	if err != nil {
		return err
	}
	as, err := s.createServer(r.Context(), in.server(authServer{}))
	if err != nil {
		return err
	}
	return s.writeServer(w, r, http.StatusCreated, as)
}

func (s *Server) getServer(w http.ResponseWriter, r *http.Request) error {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	return s.writeServer(w, r, http.StatusOK, as)
}

func (s *Server) putServer(w http.ResponseWriter, r *http.Request) error {
	as, err := s.authServer(r.Context(), r.PathValue("as"))
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[serverBody](w, r)
	if err != nil {
		return err
	}
	if as, err = s.replaceServer(r.Context(), in.server(as)); err != nil {
		return err
	}
	return s.writeServer(w, r, http.StatusOK, as)
}

func (s *Server) deleteServer(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("as")
	if id == defaultServer {
		return dialect.Forbidden()
	}
	err := s.db.Update(r.Context(), func(tx *sql.Tx) error {
		err := litedb.Affected(tx.ExecContext(r.Context(), `DELETE FROM auth_server WHERE id = $1`, id))
		if err != nil {
			return orNotFound(err, "AuthorizationServer", id)
		}
		_, err = tx.ExecContext(r.Context(), `DELETE FROM signing_key WHERE server = $1`, id)
		return err
	})
	if err != nil {
		return err
	}
	s.keys.Forget(id)
	s.log.InfoContext(r.Context(), "authorization server deleted", "server", id)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setServerStatus is the handler of both lifecycle operations.
func (s *Server) setServerStatus(status string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		id := r.PathValue("as")
		err := s.db.Update(r.Context(), func(tx *sql.Tx) error {
			return orNotFound(litedb.Affected(tx.ExecContext(r.Context(), `UPDATE auth_server SET status = $2, last_updated = $3 WHERE id = $1`,
				id, status, s.now().UnixMicro())), "AuthorizationServer", id)
		})
		if err == nil {
			w.WriteHeader(http.StatusNoContent)
		}
		return err
	}
}
