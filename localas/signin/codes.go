package signin

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"time"

	"portico/localas/litedb"
	"portico/secret"
)

// codeLifetime is how long an application may take to redeem its code.
const codeLifetime = time.Minute

// Grant is what a code stands for.
type Grant struct {
	Server      string // id of the authorization server
	Client      string // id of the application
	Person      string
	SignedIn    time.Time
	RedirectURI string
	Scopes      []string
	Nonce       string
	Challenge   string
}

// Verifies reports whether a PKCE verifier is the challenge's. Without a
// challenge there must be no verifier: somebody has taken the challenge away
// (RFC 9700 section 2.1.1).
func (g Grant) Verifies(verifier string) bool {
	if g.Challenge == "" || verifier == "" {
		return g.Challenge == verifier
	}
	sum := sha256.Sum256([]byte(verifier))
	return secret.New(base64.RawURLEncoding.EncodeToString(sum[:])).Equal(secret.New(g.Challenge))
}

// Codes keeps the codes that wait to be redeemed, by their digests.
type Codes struct {
	DB  *litedb.DB
	Now func() time.Time
}

// Issue makes a code.
func (c Codes) Issue(ctx context.Context, g Grant) (secret.Text, error) {
	code := secret.Token("")
	digest, now := code.Digest(), c.Now()
	err := c.DB.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM authorization_code WHERE expires < $1`, now.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO authorization_code (digest, client, person, content, expires) VALUES ($1, $2, $3, $4, $5)`,
			digest[:], g.Client, g.Person, litedb.ToJSON(g), now.Add(codeLifetime).UnixMicro())
		return err
	})
	return code, err
}

// Redeem uses a code up, whoever brings it; found is false for one that is not
// live.
func (c Codes) Redeem(ctx context.Context, code string) (g Grant, found bool, err error) {
	digest := secret.New(code).Digest()
	var expires time.Time
	err = c.DB.Update(ctx, func(tx *sql.Tx) error {
		return tx.QueryRowContext(ctx, `DELETE FROM authorization_code WHERE digest = $1 RETURNING content, expires`, digest[:]).
			Scan(litedb.JSON(&g), litedb.Time(&expires))
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Grant{}, false, nil
	}
	return g, err == nil && c.Now().Before(expires), err
}
