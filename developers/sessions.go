package developers

import (
	"context"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
	"portico/usecase"
)

// Sessions are the developers' sign-ins: a short-lived access token and a
// refresh token that is replaced at every use, both kept as digests.
type Sessions struct{ usecase.Deps }

// How long the tokens of a session work.
const (
	accessLife  = time.Hour
	sessionLife = 14 * 24 * time.Hour
)

// IssuedSession is a session with its tokens.
type IssuedSession struct {
	Access, Refresh                   secret.Text
	AccessExpiresAt, RefreshExpiresAt time.Time
}

// SignIn opens a session. KindUnauthenticated: wrong address or password, which
// the answer does not tell apart; or both are right, but the account is not (or
// no longer) approved, which it says.
func (s Sessions) SignIn(ctx context.Context, portal portico.PortalID, email string, pass secret.Text) (IssuedSession, error) {
	var developer portico.Developer
	err := s.Store.View(ctx, func(tx portico.Tx) error {
		var err error
		developer, _, err = developerBy(ctx, tx, portal, email)
		return err
	})
	if err != nil {
		return IssuedSession{}, err
	}
	// An unknown address costs the same hash as a known one.
	if !password.Verify(developer.PasswordHash, pass) {
		return IssuedSession{}, wrongPassword()
	}
	if err := mayUse(developer); err != nil {
		return IssuedSession{}, err
	}
	now := s.Now()
	issued, session := s.issue(portico.Session{ID: portico.SessionID(s.NewID()), DeveloperID: developer.ID, PortalID: portal, CreatedAt: now, ExpiresAt: now.Add(sessionLife)})
	err = s.Store.Update(ctx, func(tx portico.Tx) error {
		// The hash took its time: what has ended every session since ends this one.
		now, _, err := developerBy(ctx, tx, portal, email)
		switch {
		case err != nil:
			return err
		case now.ID != developer.ID || now.PasswordHash != developer.PasswordHash:
			return wrongPassword()
		}
		if err := mayUse(now); err != nil {
			return err
		}
		return tx.Sessions().Insert(ctx, session)
	})
	if err != nil {
		return IssuedSession{}, err
	}
	return issued, nil
}

func wrongPassword() error {
	return portico.Errorf(portico.KindUnauthenticated, "The e-mail address or the password is wrong.").Named("wrong_password")
}

// mayUse says why an account may not be used, if it may not.
func mayUse(d portico.Developer) error {
	switch {
	case d.Status == portico.Pending:
		return portico.Errorf(portico.KindUnauthenticated, "The account is waiting for approval. You get a mail once an administrator has decided.").Named("account_pending")
	case d.Status != portico.Approved:
		return portico.Errorf(portico.KindUnauthenticated, "The account has no access to this portal. Ask its administrators if you think that it should.").Named("account_refused")
	}
	return nil
}

// issue gives a session new tokens.
func (s Sessions) issue(session portico.Session) (IssuedSession, portico.Session) {
	out := IssuedSession{Access: secret.Token(""), Refresh: secret.Token(""), AccessExpiresAt: s.Now().Add(accessLife), RefreshExpiresAt: session.ExpiresAt}
	if out.AccessExpiresAt.After(session.ExpiresAt) {
		out.AccessExpiresAt = session.ExpiresAt
	}
	session.AccessDigest, session.RefreshDigest, session.AccessExpiresAt = out.Access.Digest(), out.Refresh.Digest(), out.AccessExpiresAt
	return out, session
}

// Refresh replaces both tokens of a session. KindUnauthenticated: the token is
// unknown, used up or expired, or the account is no longer approved.
func (s Sessions) Refresh(ctx context.Context, portal portico.PortalID, refresh secret.Text) (IssuedSession, error) {
	var issued IssuedSession
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		session, _, err := s.lookUp(ctx, tx, portal, "refresh_digest", refresh)
		if err != nil {
			return err
		}
		_, err = tx.Sessions().Change(ctx, session.ID, func(stored *portico.Session) error {
			issued, *stored = s.issue(*stored)
			return nil
		})
		return err
	})
	return issued, err
}

// Developer is who holds an access token. KindUnauthenticated.
func (s Sessions) Developer(ctx context.Context, portal portico.PortalID, access secret.Text) (portico.Developer, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Developer, error) {
		session, developer, err := s.lookUp(ctx, tx, portal, "access_digest", access)
		if err == nil && !s.Now().Before(session.AccessExpiresAt) {
			err = signedOut()
		}
		return developer, err
	})
}

// SignOut ends the session that a token belongs to; a session that has ended
// already is a success.
func (s Sessions) SignOut(ctx context.Context, portal portico.PortalID, access, refresh secret.Text) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		for field, token := range map[string]secret.Text{"access_digest": access, "refresh_digest": refresh} {
			session, _, err := s.lookUp(ctx, tx, portal, field, token)
			if portico.KindOf(err) == portico.KindUnauthenticated {
				continue
			}
			if err != nil {
				return err
			}
			if err := tx.Sessions().Delete(ctx, session.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sweep forgets the sessions and one-time tokens that have expired.
func (s Sessions) Sweep(ctx context.Context) error {
	expired := portico.Filter{Field: "expires_at", Op: portico.OpLess, Values: []string{s.Now().UTC().Format(time.RFC3339Nano)}}
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		if err := usecase.DeleteAll(ctx, tx.Sessions(), sessionID, expired); err != nil {
			return err
		}
		return usecase.DeleteAll(ctx, tx.OneTimeTokens(), tokenID, expired)
	})
}

func (s Sessions) lookUp(ctx context.Context, tx portico.Tx, portal portico.PortalID, field string, token secret.Text) (portico.Session, portico.Developer, error) {
	if token.Empty() {
		return portico.Session{}, portico.Developer{}, signedOut()
	}
	found, err := tx.Sessions().List(ctx, portico.Everything(portico.Where(field, token.Digest().Hex())))
	if err != nil {
		return portico.Session{}, portico.Developer{}, err
	}
	if len(found.Items) == 0 || found.Items[0].PortalID != portal || !s.Now().Before(found.Items[0].ExpiresAt) {
		return portico.Session{}, portico.Developer{}, signedOut()
	}
	session := found.Items[0]
	developer, err := tx.Developers().ByID(ctx, session.DeveloperID)
	if err == nil && developer.Status != portico.Approved {
		err = signedOut()
	}
	return session, developer, err
}

func signedOut() error {
	return portico.Errorf(portico.KindUnauthenticated, "You are not signed in, or the session has ended. Sign in again.").Named("signed_out")
}
