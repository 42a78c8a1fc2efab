package localas

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/secret"
)

// tokenWindow is how long an API token lives without being used.
const tokenWindow = 30 * 24 * time.Hour

// apiToken is a token of the management API; of its value only a digest is kept.
type apiToken struct {
	ID          string
	Name        string
	Created     time.Time
	LastUpdated time.Time
	Expires     time.Time
}

const apiTokenColumns = `id, name, created, last_updated, expires`

func scanAPIToken(row litedb.Scanner) (apiToken, error) {
	var t apiToken
	err := row.Scan(&t.ID, &t.Name, litedb.Time(&t.Created), litedb.Time(&t.LastUpdated), litedb.Time(&t.Expires))
	return t, err
}

// apiTokens are the tokens that are alive.
func (s *Server) apiTokens(ctx context.Context) ([]apiToken, error) {
	return litedb.QueryAll(ctx, s.db.Reader(), scanAPIToken,
		`SELECT `+apiTokenColumns+` FROM api_token WHERE expires > $1 ORDER BY seq`, s.now().UnixMicro())
}

func (s *Server) createAPIToken(ctx context.Context, name string) (apiToken, secret.Text, error) {
	name = strings.TrimSpace(name)
	if name == "" || utf8.RuneCountInString(name) > 100 || !dialect.CleanText(name) {
		return apiToken{}, secret.Text{}, dialect.Invalid("name", "name: must have 1 to 100 characters.")
	}
	now := s.now().UTC()
	t := apiToken{dialect.NewID("00T"), name, now, now, now.Add(tokenWindow)}
	value := secret.Token("00")
	digest := value.Digest()
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO api_token (id, name, digest, created, last_updated, expires)
			VALUES ($1, $2, $3, $4, $4, $5)`, t.ID, t.Name, digest[:], now.UnixMicro(), t.Expires.UnixMicro())
		return err
	})
	if err == nil {
		s.log.InfoContext(ctx, "API token created", "token", t.ID, "name", t.Name)
	}
	return t, value, err
}

func (s *Server) removeAPIToken(ctx context.Context, id string) error {
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		return orNotFound(litedb.Affected(tx.ExecContext(ctx, `DELETE FROM api_token WHERE id = $1`, id)), "ApiToken", id)
	})
	if err == nil {
		s.log.InfoContext(ctx, "API token revoked", "token", id)
	}
	return err
}

// useAPIToken finds the live token with this value and moves its expiry. The
// expiry is written at most once a minute, however often the token is used.
func (s *Server) useAPIToken(ctx context.Context, value secret.Text) (apiToken, bool, error) {
	digest, now := value.Digest(), s.now()
	t, err := scanAPIToken(s.db.Reader().QueryRowContext(ctx,
		`SELECT `+apiTokenColumns+` FROM api_token WHERE digest = $1 AND expires > $2`, digest[:], now.UnixMicro()))
	if errors.Is(err, sql.ErrNoRows) {
		return apiToken{}, false, nil
	}
	if err != nil {
		return apiToken{}, false, err
	}
	if expires := now.Add(tokenWindow); expires.Sub(t.Expires) >= time.Minute {
		err = s.db.Update(ctx, func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, `UPDATE api_token SET expires = $2, last_updated = $3 WHERE id = $1`,
				t.ID, expires.UnixMicro(), now.UnixMicro())
			return err
		})
	}
	return t, err == nil, err
}

// authenticateManagement admits a call of the management API by an API token,
// which may do everything, or by an access token with the scope.
func (s *Server) authenticateManagement(r *http.Request, scope string) error {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	switch {
	case value == "":
		return dialect.InvalidToken()
	case strings.EqualFold(scheme, "SSWS"):
		_, known, err := s.useAPIToken(r.Context(), secret.New(value))
		if err == nil && !known {
			err = dialect.InvalidToken()
		}
		return err
	case strings.EqualFold(scheme, "Bearer"):
		claims, live, err := s.verify(r.Context(), s.org(), s.base, value)
		if err != nil {
			return err
		}
		if !live {
			return dialect.InvalidToken()
		}
		if scope == "" || !slices.Contains(claims.Scopes, scope) && !slices.Contains(claims.Scopes, manageForm(scope)) {
			return dialect.Forbidden()
		}
		return nil
	}
	return dialect.InvalidToken()
}

// manageForm is the scope that includes the given one.
func manageForm(scope string) string {
	area, _ := strings.CutSuffix(scope, ".read")
	area, _ = strings.CutSuffix(area, ".register")
	return strings.TrimSuffix(area, ".manage") + ".manage"
}

type apiTokenView struct {
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

func (s *Server) apiTokenView(t apiToken) apiTokenView {
	view := apiTokenView{
		ID: t.ID, Name: t.Name, UserID: adminUser, ClientName: "Okta API", TokenWindow: "P30D", Created: dialect.Timestamp(t.Created),
		LastUpdated: dialect.Timestamp(t.LastUpdated), ExpiresAt: dialect.Timestamp(t.Expires),
		Link: dialect.Links{"self": dialect.Link(s.base+"/api/v1/api-tokens/"+t.ID, "GET", "DELETE")},
	}
	view.Network.Connection = "ANYWHERE"
	return view
}

func (s *Server) listAPITokens(w http.ResponseWriter, r *http.Request) error {
	all, err := s.apiTokens(r.Context())
	if err != nil {
		return err
	}
	views := []apiTokenView{}
	for _, t := range all {
		views = append(views, s.apiTokenView(t))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) getAPIToken(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("token")
	t, err := scanAPIToken(s.db.Reader().QueryRowContext(r.Context(),
		`SELECT `+apiTokenColumns+` FROM api_token WHERE id = $1 AND expires > $2`, id, s.now().UnixMicro()))
	if err != nil {
		return orNotFound(err, "ApiToken", id)
	}
	dialect.WriteJSON(w, http.StatusOK, s.apiTokenView(t))
	return nil
}

func (s *Server) deleteAPIToken(w http.ResponseWriter, r *http.Request) error {
	if err := s.removeAPIToken(r.Context(), r.PathValue("token")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// deleteCurrentAPIToken revokes the token that the call itself carries.
func (s *Server) deleteCurrentAPIToken(w http.ResponseWriter, r *http.Request) error {
	_, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	t, known, err := s.useAPIToken(r.Context(), secret.New(strings.TrimSpace(value)))
	if err != nil {
		return err
	}
	if !known {
		return dialect.InvalidToken()
	}
	if err := s.removeAPIToken(r.Context(), t.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
