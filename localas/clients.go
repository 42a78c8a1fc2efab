package localas

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"slices"
	"time"

	"github.com/go-jose/go-jose/v4"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/secret"
)

const (
	active   = "ACTIVE"
	inactive = "INACTIVE"

	maxSecrets = 2
	// secretRounds slows a search for a weak secret that the caller chose,
	// while a token request stays at a few milliseconds.
	secretRounds = 10_000
)

// client is an application: one OAuth client.
type client struct {
	seq         int64
	ID          string
	ClientID    string
	Label       string
	Status      string
	AuthMethod  string
	Settings    clientSettings
	Profile     json.RawMessage
	Created     time.Time
	LastUpdated time.Time
	TokensFrom  time.Time
}

func (c client) Sequence() int64 { return c.seq }

// clientSettings are the members that both faces of a client, the apps API and
// dynamic registration, call by the same names.
type clientSettings struct {
	ApplicationType        string              `json:"application_type"`
	GrantTypes             []string            `json:"grant_types"`
	ResponseTypes          []string            `json:"response_types"`
	RedirectURIs           []string            `json:"redirect_uris"`
	PostLogoutRedirectURIs []string            `json:"post_logout_redirect_uris,omitempty"`
	ClientURI              *string             `json:"client_uri,omitempty"`
	LogoURI                *string             `json:"logo_uri,omitempty"`
	PolicyURI              *string             `json:"policy_uri,omitempty"`
	TermsURI               *string             `json:"tos_uri,omitempty"`
	InitiateLoginURI       *string             `json:"initiate_login_uri,omitempty"`
	ConsentMethod          string              `json:"consent_method,omitempty"`
	JWKS                   *jose.JSONWebKeySet `json:"jwks,omitempty"`
	JWKSURI                string              `json:"jwks_uri,omitempty"`
}

// usesSecret reports whether the client authenticates with a secret.
func (c client) usesSecret() bool {
	return c.AuthMethod == "client_secret_basic" || c.AuthMethod == "client_secret_post"
}

func (c client) allows(grantType string) bool {
	return slices.Contains(c.Settings.GrantTypes, grantType)
}

const clientColumns = `seq, id, client_id, label, status, auth_method, settings, profile, created, last_updated, tokens_from`

func scanClient(row litedb.Scanner) (client, error) {
	var c client
	err := row.Scan(&c.seq, &c.ID, &c.ClientID, &c.Label, &c.Status, &c.AuthMethod, litedb.JSON(&c.Settings), litedb.JSON(&c.Profile),
		litedb.Time(&c.Created), litedb.Time(&c.LastUpdated), litedb.Time(&c.TokensFrom))
	return c, err
}

func clientByID(ctx context.Context, q litedb.Querier, id string) (client, error) {
	c, err := scanClient(q.QueryRowContext(ctx, `SELECT `+clientColumns+` FROM client WHERE id = $1`, id))
	return c, orNotFound(err, "AppInstance", id)
}

func clientByClientID(ctx context.Context, q litedb.Querier, clientID string) (client, error) {
	c, err := scanClient(q.QueryRowContext(ctx, `SELECT `+clientColumns+` FROM client WHERE client_id = $1`, clientID))
	return c, orNotFound(err, "PublicClientApp", clientID)
}

// clientFilter narrows a list; empty members do not.
type clientFilter struct{ LabelPrefix, ID, Status string }

// clients returns one element more than the page holds, if there is one.
func (s *Server) clients(ctx context.Context, f clientFilter, p dialect.Page) ([]client, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanClient, `SELECT `+clientColumns+` FROM client
		WHERE seq > $1 AND label LIKE $2 ESCAPE '\' AND ($3 = '' OR id = $3) AND ($4 = '' OR status = $4)
		ORDER BY seq LIMIT $5`, p.After, litedb.PrefixPattern(f.LabelPrefix), f.ID, f.Status, p.Limit+1)
}

// searchClients finds clients by a part of their label or by their client_id.
func (s *Server) searchClients(ctx context.Context, text string, p dialect.Page) ([]client, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanClient, `SELECT `+clientColumns+` FROM client
		WHERE seq > $1 AND (label LIKE $2 ESCAPE '\' OR client_id = $3) ORDER BY seq LIMIT $4`,
		p.After, "%"+litedb.PrefixPattern(text), text, p.Limit+1)
}

// createClient validates and stores a client. When the client authenticates
// with a secret and chosen is empty, one is made; the returned secret is the
// only sight of it.
func (s *Server) createClient(ctx context.Context, c client, chosen secret.Text) (client, secret.Text, error) {
	now := s.now().UTC()
	c.ID, c.Created, c.LastUpdated, c.TokensFrom = dialect.NewID("0oa"), now, now, now
	if c.ClientID == "" {
		c.ClientID = c.ID
	}
	c = withDefaults(c)
	if causes := append(checkClient(c), checkSecret(c, chosen)...); len(causes) > 0 {
		return client{}, secret.Text{}, dialect.Invalid("client", causes...)
	}
	if c.usesSecret() && chosen.Empty() {
		chosen = newClientSecret()
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `INSERT INTO client
			(id, client_id, label, status, auth_method, settings, profile, created, last_updated, tokens_from)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, $8)`, c.ID, c.ClientID, c.Label, c.Status, c.AuthMethod,
			litedb.ToJSON(c.Settings), string(c.Profile), now.UnixMicro()); err != nil {
			return err
		}
		if !c.usesSecret() {
			return nil
		}
		_, err := insertSecret(ctx, tx, c, chosen, active, now)
		return err
	})
	if litedb.IsDuplicate(err) {
		return client{}, secret.Text{}, dialect.Invalid("client_id", "client_id: An application with this client_id already exists.")
	}
	if err != nil {
		return client{}, secret.Text{}, err
	}
	s.log.InfoContext(ctx, "application created", "app", c.ID, "client_id", c.ClientID)
	return c, chosen, nil
}

// replaceClient stores new settings of a client and returns it. The id, the
// client_id, the status and the secrets stay.
func (s *Server) replaceClient(ctx context.Context, old, c client) (client, error) {
	c.ID, c.ClientID, c.Status, c.Created, c.TokensFrom = old.ID, old.ClientID, old.Status, old.Created, old.TokensFrom
	c.LastUpdated = s.now().UTC()
	c = withDefaults(c)
	if causes := checkClient(c); len(causes) > 0 {
		return client{}, dialect.Invalid("client", causes...)
	}
	return c, s.db.Update(ctx, func(tx *sql.Tx) error {
		err := litedb.Affected(tx.ExecContext(ctx,
			`UPDATE client SET label = $2, auth_method = $3, settings = $4, profile = $5, last_updated = $6 WHERE id = $1`,
			c.ID, c.Label, c.AuthMethod, litedb.ToJSON(c.Settings), string(c.Profile), c.LastUpdated.UnixMicro()))
		return orNotFound(err, "AppInstance", c.ID)
	})
}

// setClientStatus activates or deactivates a client. A deactivation kills the
// tokens issued so far; activating again does not bring them back.
func (s *Server) setClientStatus(ctx context.Context, id, status string) error {
	now := s.now().UnixMicro()
	tokensFrom := int64(0)
	if status == inactive {
		tokensFrom = now + 1
	}
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		err := litedb.Affected(tx.ExecContext(ctx, `UPDATE client SET status = $2, last_updated = $3, tokens_from = max(tokens_from, $4)
			WHERE id = $1`, id, status, now, tokensFrom))
		return orNotFound(err, "AppInstance", id)
	})
	if err == nil {
		s.log.InfoContext(ctx, "application status changed", "app", id, "status", status)
	}
	return err
}

// deleteClient removes a client with its secrets; its tokens die with it.
func (s *Server) deleteClient(ctx context.Context, id string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM client WHERE id = $1`, id)), "AppInstance", id)
	})
	if err == nil {
		s.log.InfoContext(ctx, "application deleted", "app", id)
	}
	return err
}

// clientSecret is one of a client's secrets; the value itself is not kept.
type clientSecret struct {
	ID          string
	Status      string
	Created     time.Time
	LastUpdated time.Time
	salt, hash  []byte
}

func (cs clientSecret) matches(value string) bool {
	return subtle.ConstantTimeCompare(cs.hash, hashSecret(value, cs.salt)) == 1
}

// fingerprint tells two secrets apart without saying anything about them.
func (cs clientSecret) fingerprint() string {
	return base64.RawURLEncoding.EncodeToString(cs.hash[:16])
}

func newClientSecret() secret.Text { return secret.New(dialect.RandomText(64)) }

func hashSecret(value string, salt []byte) []byte {
	hash, err := pbkdf2.Key(sha256.New, value, salt, secretRounds, sha256.Size)
	if err != nil {
		panic(err) // only for key lengths that FIPS 140 refuses
	}
	return hash
}

func insertSecret(ctx context.Context, tx *sql.Tx, c client, value secret.Text, status string, now time.Time) (clientSecret, error) {
	cs := clientSecret{ID: dialect.NewID("ocs"), Status: status, Created: now, LastUpdated: now, salt: make([]byte, 16)}
	rand.Read(cs.salt) // never fails
	cs.hash = hashSecret(value.Reveal(), cs.salt)
	_, err := tx.ExecContext(ctx, `INSERT INTO client_secret (id, client, salt, hash, status, created, last_updated)
		VALUES ($1, $2, $3, $4, $5, $6, $6)`, cs.ID, c.ID, cs.salt, cs.hash, status, now.UnixMicro())
	return cs, err
}

func scanSecret(row litedb.Scanner) (clientSecret, error) {
	var cs clientSecret
	err := row.Scan(&cs.ID, &cs.Status, litedb.Time(&cs.Created), litedb.Time(&cs.LastUpdated), &cs.salt, &cs.hash)
	return cs, err
}

func secretsOf(ctx context.Context, q litedb.Querier, id string) ([]clientSecret, error) {
	return litedb.QueryAll(ctx, q, scanSecret,
		`SELECT id, status, created, last_updated, salt, hash FROM client_secret WHERE client = $1 ORDER BY seq`, id)
}

// replaceSecrets gives the client one new secret in place of all it has.
func (s *Server) replaceSecrets(ctx context.Context, c client) (secret.Text, error) {
	value := newClientSecret()
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM client_secret WHERE client = $1`, c.ID); err != nil {
			return err
		}
		_, err := insertSecret(ctx, tx, c, value, active, s.now().UTC())
		return err
	})
	return value, err
}
