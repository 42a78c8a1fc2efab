package localas

import (
	"context"
	"database/sql"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"portico/localas/dialect"
	"portico/localas/expression"
	"portico/localas/litedb"
)

// claim is a claim that one authorization server puts into tokens.
type claim struct {
	ID                   string          `json:"id"`
	Name                 string          `json:"name"`
	Status               string          `json:"status"`
	ClaimType            string          `json:"claimType"`
	ValueType            string          `json:"valueType"`
	Value                string          `json:"value"`
	Conditions           claimConditions `json:"conditions"`
	System               bool            `json:"system"`
	AlwaysIncludeInToken bool            `json:"alwaysIncludeInToken"`
}

// claimConditions holds the scopes that bring the claim in; none means any.
type claimConditions struct {
	Scopes []string `json:"scopes"`
}

// defaultSub names the user, or without one the client.
const defaultSub = "(appuser != null) ? appuser.userName : app.clientId"

func subClaim() claim {
	return claim{Name: "sub", Status: active, ClaimType: "RESOURCE", ValueType: "EXPRESSION", Value: defaultSub, System: true}
}

var claimNamePattern = regexp.MustCompile(`^[A-Za-z0-9_\-.:/]{1,100}$`)

// reservedClaims belong to the token itself.
var reservedClaims = []string{
	"acr", "active", "aid", "amr", "app_id", "app_type", "at_hash", "aud", "auth_time", "azp", "c_hash", "cid", "cnf",
	"device_id", "exp", "group", "groups", "iat", "idp", "iss", "jti", "nbf", "nonce", "okta_emailVerified", "okta_lastUpdatedAt",
	"orig", "permissions", "purpose", "rpt", "rsi", "scope", "scopes", "scp", "sid", "sub", "term", "token_query", "token_type",
	"token_uri", "uid", "username", "user_id", "ver",
}

const claimColumns = `id, name, claim_type, value_type, value, status, scopes, system`

func scanClaim(row litedb.Scanner) (claim, error) {
	var c claim
	err := row.Scan(&c.ID, &c.Name, &c.ClaimType, &c.ValueType, &c.Value, &c.Status, litedb.JSON(&c.Conditions.Scopes), &c.System)
	c.AlwaysIncludeInToken = true
	return c, err
}

func (s *Server) claims(ctx context.Context, server string) ([]claim, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanClaim, `SELECT `+claimColumns+` FROM claim WHERE server = $1 ORDER BY seq`, server)
}

func (s *Server) claim(ctx context.Context, server, id string) (claim, error) {
	c, err := scanClaim(s.db.Reader().QueryRowContext(ctx, `SELECT `+claimColumns+` FROM claim WHERE server = $1 AND id = $2`, server, id))
	return c, orNotFound(err, "OAuth2Claim", id)
}

func insertClaim(ctx context.Context, tx *sql.Tx, server string, c claim) (claim, error) {
	c.ID, c.AlwaysIncludeInToken = dialect.NewID("ocl"), true
	if c.Conditions.Scopes == nil {
		c.Conditions.Scopes = []string{}
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO claim (id, server, name, claim_type, value_type, value, status, scopes, system)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, c.ID, server, c.Name, c.ClaimType, c.ValueType, c.Value, c.Status,
		litedb.ToJSON(c.Conditions.Scopes), c.System)
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A claim with this name already exists.")
	}
	return c, err
}

func (s *Server) createClaim(ctx context.Context, server string, c claim) (claim, error) {
	c.System = false
	c = claimDefaults(c)
	if err := s.checkClaim(ctx, server, c); err != nil {
		return claim{}, err
	}
	return c, s.db.Update(ctx, func(tx *sql.Tx) (err error) {
		c, err = insertClaim(ctx, tx, server, c)
		return err
	})
}

// replaceClaim changes a claim. Of a system claim only the value changes.
func (s *Server) replaceClaim(ctx context.Context, server string, old, c claim) (claim, error) {
	c.ID, c.System, c.AlwaysIncludeInToken = old.ID, old.System, true
	c = claimDefaults(c)
	if old.System {
		c.Name, c.ClaimType, c.Status, c.Conditions = old.Name, old.ClaimType, old.Status, old.Conditions
	}
	if err := s.checkClaim(ctx, server, c); err != nil {
		return claim{}, err
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		return litedb.Affected(tx.ExecContext(ctx, `UPDATE claim SET name = $2, claim_type = $3, value_type = $4, value = $5,
			status = $6, scopes = $7 WHERE id = $1`, c.ID, c.Name, c.ClaimType, c.ValueType, c.Value, c.Status, litedb.ToJSON(c.Conditions.Scopes)))
	})
	if litedb.IsDuplicate(err) {
		err = dialect.Invalid("name", "name: A claim with this name already exists.")
	}
	return c, orNotFound(err, "OAuth2Claim", c.ID)
}

func (s *Server) removeClaim(ctx context.Context, server, id string) error {
	c, err := s.claim(ctx, server, id)
	if err != nil {
		return err
	}
	if c.System {
		return dialect.Forbidden()
	}
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM claim WHERE id = $1`, id)), "OAuth2Claim", id)
	})
}

func claimDefaults(c claim) claim {
	c.Name = strings.TrimSpace(c.Name)
	if c.Status == "" {
		c.Status = active
	}
	if c.ClaimType == "" {
		c.ClaimType = "RESOURCE"
	}
	if c.ValueType == "" {
		c.ValueType = "EXPRESSION"
	}
	if c.Conditions.Scopes == nil {
		c.Conditions.Scopes = []string{}
	}
	return c
}

func (s *Server) checkClaim(ctx context.Context, server string, c claim) error {
	var causes []string
	if !claimNamePattern.MatchString(c.Name) {
		causes = append(causes, "name: must be 1 to 100 letters, digits or any of _ - . : /")
	}
	if !c.System && slices.Contains(reservedClaims, c.Name) {
		causes = append(causes, "name: '"+c.Name+"' is a reserved claim name.")
	}
	if c.ClaimType != "RESOURCE" && c.ClaimType != "IDENTITY" {
		causes = append(causes, "claimType: must be RESOURCE or IDENTITY.")
	}
	if c.Status != active && c.Status != inactive {
		causes = append(causes, "status: must be ACTIVE or INACTIVE.")
	}
	if c.ValueType != "EXPRESSION" {
		causes = append(causes, "valueType: only EXPRESSION is supported.")
	} else if _, err := expression.Parse(c.Value); err != nil {
		causes = append(causes, "value: invalid expression: "+err.Error()+".")
	}
	scopes, err := s.scopes(ctx, server, "", everyScope)
	if err != nil {
		return err
	}
	for _, name := range c.Conditions.Scopes {
		if !slices.ContainsFunc(scopes, func(sc scope) bool { return sc.Name == name }) {
			causes = append(causes, "conditions.scopes: '"+name+"' is not a scope of this authorization server.")
		}
	}
	if len(causes) > 0 {
		return dialect.Invalid("claim", causes...)
	}
	return nil
}

// claimValues evaluates the claims that a token with these scopes carries.
// A claim whose value is null is left out.
func claimValues(claims []claim, a asking) (map[string]any, error) {
	app := expression.App{ID: a.client.ID, ClientID: a.client.ClientID}
	if a.person != nil {
		app.UserName = &a.person.Login
	}
	values := map[string]any{}
	for _, c := range claims {
		wanted := len(c.Conditions.Scopes) == 0 ||
			slices.ContainsFunc(c.Conditions.Scopes, func(name string) bool { return slices.Contains(a.scopes, name) })
		if c.Status != active || c.ClaimType != "RESOURCE" || !wanted {
			continue
		}
		parsed, err := expression.Parse(c.Value)
		if err != nil {
			return nil, err
		}
		if text, present := parsed.Value(app); present {
			values[c.Name] = text
		}
	}
	return values, nil
}

type claimView struct {
	claim
	Links dialect.Links `json:"_links"`
}

func (s *Server) claimView(r *http.Request, c claim) any {
	self := s.base + "/api/v1/authorizationServers/" + r.PathValue("as") + "/claims/" + c.ID
	return claimView{c, dialect.Links{"self": dialect.Link(self, "GET", "PUT", "DELETE")}}
}

func (s *Server) claimResource() resource[claim] {
	return resource[claim]{
		wildcard: "claim", owner: s.serverID, find: s.claim,
		list: func(_ http.ResponseWriter, r *http.Request, server string) ([]claim, error) {
			return s.claims(r.Context(), server)
		},
		create: s.createClaim, replace: s.replaceClaim, remove: s.removeClaim, view: s.claimView,
	}
}
