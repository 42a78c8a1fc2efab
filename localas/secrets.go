package localas

import (
	"context"
	"database/sql"
	"net/http"
	"slices"

	"portico/localas/dialect"
	"portico/localas/litedb"
	"portico/secret"
)

var (
	errTooManySecrets = dialect.Invalid("client_secret", "You've reached the maximum number of client secrets per client.")
	errSecretActive   = dialect.Invalid("client_secret", "You can't delete an active client secret.")
	errOnlySecret     = dialect.Invalid("client_secret", "You can't deactivate the only active client secret.")
)

// addSecret gives a client a second secret; an empty value lets one be made.
func (s *Server) addSecret(ctx context.Context, app string, value secret.Text, status string) (clientSecret, secret.Text, error) {
	c, err := clientByID(ctx, s.db.Reader(), app)
	if err != nil {
		return clientSecret{}, secret.Text{}, err
	}
	if !c.usesSecret() {
		return clientSecret{}, secret.Text{}, dialect.Invalid("client_secret", "The authentication method "+c.AuthMethod+" uses no secret.")
	}
	if causes := checkSecret(c, value); len(causes) > 0 {
		return clientSecret{}, secret.Text{}, dialect.Invalid("client_secret", causes...)
	}
	if value.Empty() {
		value = newClientSecret()
	}
	var cs clientSecret
	err = s.db.Update(ctx, func(tx *sql.Tx) error {
		have, err := secretsOf(ctx, tx, c.ID)
		if err != nil {
			return err
		}
		if len(have) >= maxSecrets {
			return errTooManySecrets
		}
		cs, err = insertSecret(ctx, tx, c, value, status, s.now().UTC())
		return err
	})
	return cs, value, err
}

// setSecretStatus activates or deactivates one secret of a client.
func (s *Server) setSecretStatus(ctx context.Context, app, id, status string) (clientSecret, error) {
	var changed clientSecret
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		all, err := secretsOf(ctx, tx, app)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(cs clientSecret) bool { return cs.ID == id })
		if i < 0 {
			return dialect.NotFound("OAuth2ClientSecret", id)
		}
		others := slices.ContainsFunc(all, func(cs clientSecret) bool { return cs.ID != id && cs.Status == active })
		if status == inactive && !others {
			return errOnlySecret
		}
		changed = all[i]
		changed.Status, changed.LastUpdated = status, s.now().UTC()
		_, err = tx.ExecContext(ctx, `UPDATE client_secret SET status = $2, last_updated = $3 WHERE id = $1`,
			id, status, changed.LastUpdated.UnixMicro())
		return err
	})
	return changed, err
}

// removeSecret deletes an inactive secret.
func (s *Server) removeSecret(ctx context.Context, app, id string) error {
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		cs, err := secretByID(ctx, tx, app, id)
		if err != nil {
			return err
		}
		if cs.Status == active {
			return errSecretActive
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM client_secret WHERE id = $1`, id)
		return err
	})
}

func secretByID(ctx context.Context, q litedb.Querier, app, id string) (clientSecret, error) {
	cs, err := scanSecret(q.QueryRowContext(ctx,
		`SELECT id, status, created, last_updated, salt, hash FROM client_secret WHERE client = $1 AND id = $2`, app, id))
	return cs, orNotFound(err, "OAuth2ClientSecret", id)
}

type secretView struct {
	ID           string        `json:"id"`
	Status       string        `json:"status"`
	ClientSecret string        `json:"client_secret,omitempty"` // only when it has just been made
	SecretHash   string        `json:"secret_hash"`
	Created      string        `json:"created"`
	LastUpdated  string        `json:"lastUpdated"`
	Links        dialect.Links `json:"_links"`
}

func (s *Server) secretView(app string, cs clientSecret, value secret.Text) secretView {
	self := s.base + "/api/v1/apps/" + app + "/credentials/secrets/" + cs.ID
	l := dialect.Links{lifecycle(cs.Status): dialect.Link(self+"/lifecycle/"+lifecycle(cs.Status), "POST")}
	if cs.Status == inactive {
		l["delete"] = dialect.Link(self, "DELETE")
	}
	return secretView{cs.ID, cs.Status, value.Reveal(), cs.fingerprint(), dialect.Timestamp(cs.Created), dialect.Timestamp(cs.LastUpdated), l}
}

func (s *Server) listSecrets(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	all, err := secretsOf(r.Context(), s.db.Reader(), c.ID)
	if err != nil {
		return err
	}
	views := []secretView{}
	for _, cs := range all {
		views = append(views, s.secretView(c.ID, cs, secret.Text{}))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

type secretBody struct {
	ClientSecret secret.Text `json:"client_secret"`
	Status       string      `json:"status"`
}

func (s *Server) postSecret(w http.ResponseWriter, r *http.Request) error {
	body, err := dialect.ReadBody(w, r)
	if err != nil {
		return err
	}
	in := secretBody{}
	if len(body) > 0 { // the body is optional
		if in, err = dialect.ParseJSON[secretBody](body); err != nil {
			return err
		}
	}
	switch in.Status {
	case "":
		in.Status = active
	case active, inactive:
	default:
		return dialect.Invalid("status", "status: must be ACTIVE or INACTIVE.")
	}
	cs, value, err := s.addSecret(r.Context(), r.PathValue("app"), in.ClientSecret, in.Status)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusCreated, s.secretView(r.PathValue("app"), cs, value))
	return nil
}

func (s *Server) getSecret(w http.ResponseWriter, r *http.Request) error {
	cs, err := secretByID(r.Context(), s.db.Reader(), r.PathValue("app"), r.PathValue("secret"))
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.secretView(r.PathValue("app"), cs, secret.Text{}))
	return nil
}

func (s *Server) deleteSecret(w http.ResponseWriter, r *http.Request) error {
	if err := s.removeSecret(r.Context(), r.PathValue("app"), r.PathValue("secret")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// changeSecretStatus is the handler of both lifecycle operations.
func (s *Server) changeSecretStatus(status string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		cs, err := s.setSecretStatus(r.Context(), r.PathValue("app"), r.PathValue("secret"), status)
		if err != nil {
			return err
		}
		dialect.WriteJSON(w, http.StatusOK, s.secretView(r.PathValue("app"), cs, secret.Text{}))
		return nil
	}
}
