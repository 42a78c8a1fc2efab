package session

import (
	"context"
	"database/sql"
	"errors"
	"net/http"
	"time"

	"portico/localas/litedb"
	"portico/secret"
)

// Kind is a sort of session. One never passes for another.
type Kind struct {
	Name     string // in the database
	Cookie   string
	SameSite http.SameSite
	Lifetime time.Duration
}

// Store keeps the sessions of one kind.
type Store struct {
	Kind
	DB     *litedb.DB
	Secure bool // the browser sends the cookie over https only
	Now    func() time.Time
}

// Session is one that is alive.
type Session struct {
	Digest  secret.Digest
	Person  string // the id of who has signed in
	Started time.Time
}

// Start starts a session of a person and sets its cookie.
func (s Store) Start(ctx context.Context, w http.ResponseWriter, person string) (Session, error) {
	value := secret.Token("")
	started := Session{value.Digest(), person, s.Now()}
	err := s.DB.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE expires < $1`, started.Started.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO session (digest, kind, person, started, expires) VALUES ($1, $2, $3, $4, $5)`,
			started.Digest[:], s.Name, person, started.Started.UnixMicro(), started.Started.Add(s.Lifetime).UnixMicro())
		return err
	})
	if err == nil {
		http.SetCookie(w, s.cookie(value, int(s.Lifetime.Seconds())))
	}
	return started, err
}

// cookie holds the session; a negative age removes it.
func (s Store) cookie(value secret.Text, age int) *http.Cookie {
	return &http.Cookie{
		Name: s.Cookie, Value: value.Reveal(), Path: "/", MaxAge: age, HttpOnly: true, SameSite: s.SameSite, Secure: s.Secure,
	}
}

// Of returns the live session of a request; found is false without one.
func (s Store) Of(r *http.Request) (live Session, found bool, err error) {
	cookie, err := r.Cookie(s.Cookie)
	if err != nil {
		return Session{}, false, nil
	}
	live.Digest = secret.New(cookie.Value).Digest()
	err = s.DB.Reader().QueryRowContext(r.Context(), `SELECT person, started FROM session WHERE digest = $1 AND kind = $2 AND expires > $3`,
		live.Digest[:], s.Name, s.Now().UnixMicro()).Scan(&live.Person, litedb.Time(&live.Started))
	if errors.Is(err, sql.ErrNoRows) {
		return Session{}, false, nil
	}
	return live, err == nil, err
}

// End ends a session and removes its cookie.
func (s Store) End(ctx context.Context, w http.ResponseWriter, digest secret.Digest) error {
	http.SetCookie(w, s.cookie(secret.Text{}, -1))
	return s.DB.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE digest = $1`, digest[:])
		return err
	})
}
