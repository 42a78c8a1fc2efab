package localas

import (
	"context"
	"crypto/rand"
	"database/sql"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico/secret"
)

const (
	sessionCookie   = "localas_session"
	sessionLifetime = 12 * time.Hour
	// noticeLifetime is how long a value waits to be shown for the first time.
	noticeLifetime = 10 * time.Minute
)

// startSession starts a session of the administrator.
func (s *Server) startSession(ctx context.Context, w http.ResponseWriter) error {
	value := secret.Token("")
	digest, now := value.Digest(), s.now()
	err := s.db.Update(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `DELETE FROM session WHERE expires < $1`, now.UnixMicro()); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO session (digest, expires) VALUES ($1, $2)`, digest[:], now.Add(sessionLifetime).UnixMicro())
		return err
	})
	if err == nil {
		http.SetCookie(w, s.cookie(value, int(sessionLifetime.Seconds())))
	}
	return err
}

// cookie holds the session; a negative age removes it.
func (s *Server) cookie(value secret.Text, age int) *http.Cookie {
	return &http.Cookie{
		Name: sessionCookie, Value: value.Reveal(), Path: "/", MaxAge: age, HttpOnly: true,
		SameSite: http.SameSiteStrictMode, Secure: strings.HasPrefix(s.base, "https:"),
	}
}

// session returns the digest of a live session's cookie.
func (s *Server) session(r *http.Request) (secret.Digest, bool, error) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return secret.Digest{}, false, nil
	}
	digest, live := secret.New(cookie.Value).Digest(), false
	err = s.db.Reader().QueryRowContext(r.Context(), `SELECT EXISTS (SELECT 1 FROM session WHERE digest = $1 AND expires > $2)`,
		digest[:], s.now().UnixMicro()).Scan(&live)
	return digest, live, err
}

func (s *Server) endSession(ctx context.Context, w http.ResponseWriter, digest secret.Digest) error {
	http.SetCookie(w, s.cookie(secret.Text{}, -1))
	return s.db.Update(ctx, func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, `DELETE FROM session WHERE digest = $1`, digest[:])
		return err
	})
}

// signInThrottle slows guessing: ten failures at once from an address, then
// one every six seconds.
type signInThrottle struct {
	now       func() time.Time
	mu        sync.Mutex
	addresses map[string]*rate.Limiter
}

// maxThrottled bounds the memory; beyond it the throttle starts over.
const maxThrottled = 10_000

func newSignInThrottle(now func() time.Time) *signInThrottle {
	return &signInThrottle{now: now, addresses: map[string]*rate.Limiter{}}
}

// limiter is the one of the request's address.
func (t *signInThrottle) limiter(r *http.Request) *rate.Limiter {
	address, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		address = r.RemoteAddr
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.addresses) >= maxThrottled {
		clear(t.addresses)
	}
	limiter, known := t.addresses[address]
	if !known {
		limiter = rate.NewLimiter(rate.Every(6*time.Second), 10)
		t.addresses[address] = limiter
	}
	return limiter
}

func (t *signInThrottle) allowed(r *http.Request) bool { return t.limiter(r).TokensAt(t.now()) >= 1 }
func (t *signInThrottle) failed(r *http.Request)       { t.limiter(r).AllowN(t.now(), 1) }

// notices hold values between the request that made them and the one page that
// shows them. They are in memory only: a value is never written down.
type notices struct {
	now     func() time.Time
	mu      sync.Mutex
	waiting map[string]notice
}

type notice struct {
	session secret.Digest
	value   secret.Text
	expires time.Time
}

func newNotices(now func() time.Time) *notices {
	return &notices{now: now, waiting: map[string]notice{}}
}

// leave keeps a value for one session and returns the id to take it by.
func (n *notices) leave(session secret.Digest, value secret.Text) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, old := range n.waiting {
		if n.now().After(old.expires) {
			delete(n.waiting, id)
		}
	}
	id := rand.Text()
	n.waiting[id] = notice{session, value, n.now().Add(noticeLifetime)}
	return id
}

// take returns a value once, and only to the session it was left for.
func (n *notices) take(session secret.Digest, id string) (secret.Text, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	left, found := n.waiting[id]
	if !found || !left.session.Equal(session) || n.now().After(left.expires) {
		return secret.Text{}, false
	}
	delete(n.waiting, id)
	return left.value, true
}
