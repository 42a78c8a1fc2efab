package apitoken

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/secret"
)

// Store is the tokens in the database.
type Store struct {
	DB     *litedb.DB
	Base   string // URL of the server
	Now    func() time.Time
	Logger *slog.Logger
}

// window is how long a token lives without being used.
const window = 30 * 24 * time.Hour

// Token is one that lives; of its value only a digest is kept.
type Token struct {
	ID          string
	Name        string
	Created     time.Time
	LastUpdated time.Time
	Expires     time.Time
}

const columns = `id, name, created, last_updated, expires`

func scanToken(row litedb.Scanner) (Token, error) {
	var t Token
	err := row.Scan(&t.ID, &t.Name, litedb.Time(&t.Created), litedb.Time(&t.LastUpdated), litedb.Time(&t.Expires))
	return t, err
}

// All are the tokens that are alive, the oldest first.
func (s Store) All(ctx context.Context) ([]Token, error) {
	return litedb.QueryAll(ctx, s.DB.Reader(), scanToken,
		`SELECT `+columns+` FROM api_token WHERE expires > $1 ORDER BY seq`, s.Now().UnixMicro())
}

// Create makes a token of a name with 1 to 100 characters; names may repeat.
// The value is not kept.
func (s Store) Create(ctx context.Context, name string) (secret.Text, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 100 || !dialect.CleanText(name) {
		return secret.Text{}, dialect.Invalid("name", "name: must have 1 to 100 characters.")
	}
	now := s.Now().UTC()
	t := Token{dialect.NewID("00T"), name, now, now, now.Add(window)}
	value := secret.Token("00")
	digest := value.Digest()
	err := s.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO api_token (id, name, digest, created, last_updated, expires)
			VALUES ($1, $2, $3, $4, $4, $5)`, t.ID, t.Name, digest[:], now.UnixMicro(), t.Expires.UnixMicro())
		return err
	})
	if err == nil {
		s.Logger.InfoContext(ctx, "API token created", "token", t.ID, "name", t.Name)
	}
	return value, err
}

// Replace is Create that revokes earlier tokens of the name.
func (s Store) Replace(ctx context.Context, name string) (secret.Text, error) {
	known, err := s.All(ctx)
	if err != nil {
		return secret.Text{}, err
	}
	for _, t := range known {
		if t.Name == name {
			if err := s.Remove(ctx, t.ID); err != nil {
				return secret.Text{}, err
			}
		}
	}
	return s.Create(ctx, name)
}

// Remove revokes a token at once; where there is none, the error is a 404.
func (s Store) Remove(ctx context.Context, id string) error {
	err := s.DB.Update(ctx, func(tx *sql.Tx) error {
		return litedb.OrAbsent(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM api_token WHERE id = $1`, id)), absent(id))
	})
	if err == nil {
		s.Logger.InfoContext(ctx, "API token revoked", "token", id)
	}
	return err
}

// token returns the live token with an id, or a 404.
func (s Store) token(ctx context.Context, id string) (Token, error) {
	t, err := scanToken(s.DB.Reader().QueryRowContext(ctx,
		`SELECT `+columns+` FROM api_token WHERE id = $1 AND expires > $2`, id, s.Now().UnixMicro()))
	return t, litedb.OrAbsent(err, absent(id))
}

func absent(id string) error { return dialect.NotFound("ApiToken", id) }

// Use finds the live token with this value and moves its expiry; known is false
// when there is none. The expiry is written at most once a minute, however often the token is used.
func (s Store) Use(ctx context.Context, value secret.Text) (t Token, known bool, err error) {
	digest, now := value.Digest(), s.Now()
	t, err = scanToken(s.DB.Reader().QueryRowContext(ctx,
		`SELECT `+columns+` FROM api_token WHERE digest = $1 AND expires > $2`, digest[:], now.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return Token{}, false, nil
	}
	if err != nil {
		return Token{}, false, err
	}
	if expires := now.Add(window); expires.Sub(t.Expires) >= time.Minute {
		err = s.DB.Update(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE api_token SET expires = $2, last_updated = $3 WHERE id = $1`,
				t.ID, expires.UnixMicro(), now.UnixMicro())
			return err
		})
	}
	return t, err == nil, err
}
