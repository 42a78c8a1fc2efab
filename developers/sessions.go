package developers

import (
	"context"
	"slices"
	"strings"
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

// Browser is where somebody signs in from, as the list of sessions shows it.
type Browser struct {
	UserAgent string // what it calls itself; only the beginning is kept
	Address   string // the network address
}

// maxUserAgent is how much of a browser's own name is kept, in bytes.
const maxUserAgent = 256

// SignIn opens a session by password. KindUnauthenticated: wrong address or
// password, which the answer does not tell apart; or both are right, but the
// account is not (or no longer) approved, which it says; or the portal has
// switched passwords off.
func (s Sessions) SignIn(ctx context.Context, portal portico.PortalID, email string, pass secret.Text, from Browser) (IssuedSession, error) {
	developer, issued, err := s.byPassword(ctx, portal, email, pass, from)
	if err != nil {
		s.SignInFailed(ctx, attempt(portal, developer, portico.SignInBasic), err)
	}
	return issued, err
}

// attempt is what the audit log knows of a sign-in; the developer has no id if
// nobody was found.
func attempt(portal portico.PortalID, d portico.Developer, way portico.SignInType) portico.SignIn {
	return portico.SignIn{Principal: principal(d), PortalID: portal, Way: way}
}

// principal is a developer as the audit log names them.
func principal(d portico.Developer) portico.Principal {
	return portico.Principal{Kind: portico.PrincipalDeveloper, ID: string(d.ID), Name: d.Email}
}

// byPassword is SignIn; beside an error, too, it returns whose account it was.
func (s Sessions) byPassword(ctx context.Context, portal portico.PortalID, email string, pass secret.Text, from Browser) (portico.Developer, IssuedSession, error) {
	var developer portico.Developer
	err := s.Store.View(ctx, func(tx portico.Tx) error {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return err
		}
		if !p.BasicAuthEnabled {
			return noPasswords(portico.KindUnauthenticated)
		}
		developer, _, err = developerBy(ctx, tx, portal, email)
		return err
	})
	if err != nil {
		return developer, IssuedSession{}, err
	}
	// An unknown address costs the same hash as a known one.
	if !password.Verify(developer.PasswordHash, pass) {
		return developer, IssuedSession{}, wrongPassword()
	}
	if err := mayUse(developer); err != nil {
		return developer, IssuedSession{}, err
	}
	// The hash took its time: what has ended every session since ends this one.
	issued, err := s.open(ctx, developer, from, portico.SignInBasic, func(now portico.Developer) error {
		if now.PasswordHash != developer.PasswordHash {
			return wrongPassword()
		}
		return nil
	})
	return developer, issued, err
}

// open starts a session of a developer who has proved who they are, provided
// that the account may still be used and the proof still holds.
func (s Sessions) open(ctx context.Context, developer portico.Developer, from Browser, way portico.SignInType, holds func(portico.Developer) error) (IssuedSession, error) {
	now := s.Now()
	issued, session := s.issue(portico.Session{
		ID: portico.SessionID(s.NewID()), DeveloperID: developer.ID, PortalID: developer.PortalID,
		UserAgent: strings.ToValidUTF8(from.UserAgent[:min(len(from.UserAgent), maxUserAgent)], ""), Address: from.Address,
		LastSeenAt: now, CreatedAt: now, ExpiresAt: now.Add(sessionLife),
	})
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		account, err := tx.Developers().ByID(ctx, developer.ID)
		if portico.KindOf(err) == portico.KindNotFound {
			return wrongPassword()
		}
		if err == nil {
			err = holds(account)
		}
		if err == nil {
			err = mayUse(account)
		}
		if err != nil {
			return err
		}
		done := attempt(account.PortalID, account, way)
		done.Outcome = portico.SignInSuccess
		if err := tx.RecordAudit(ctx, done.Entry(ctx)); err != nil {
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
	_, developer, err := s.Current(ctx, portal, access, secret.Text{})
	return developer, err
}

// seenEvery is how exact the time is at which a session was last seen.
const seenEvery = 5 * time.Minute

// Current is whose session a browser holds the tokens of, and which session it
// is. The refresh token proves as much as the access token and works longer:
// pages accept it, because they cannot refresh by script, and leave it as it is.
// KindUnauthenticated.
func (s Sessions) Current(ctx context.Context, portal portico.PortalID, access, refresh secret.Text) (portico.Session, portico.Developer, error) {
	var session portico.Session
	developer, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Developer, error) {
		var developer portico.Developer
		var err error
		session, developer, err = s.lookUp(ctx, tx, portal, "access_digest", access)
		if err == nil && !s.Now().Before(session.AccessExpiresAt) {
			err = signedOut()
		}
		if portico.KindOf(err) == portico.KindUnauthenticated {
			session, developer, err = s.lookUp(ctx, tx, portal, "refresh_digest", refresh)
		}
		return developer, err
	})
	if err != nil {
		return portico.Session{}, portico.Developer{}, err
	}
	return session, developer, s.seen(ctx, session)
}

// seen notes that a session is in use. Nobody is kept out because that cannot be
// noted.
func (s Sessions) seen(ctx context.Context, session portico.Session) error {
	now := s.Now()
	if now.Sub(session.LastSeenAt) < seenEvery {
		return nil
	}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Sessions().Change(ctx, session.ID, func(stored *portico.Session) error {
			stored.LastSeenAt = now
			return nil
		})
		return err
	})
	if portico.KindOf(err) == portico.KindNotFound {
		return signedOut() // it was ended this very moment
	}
	if err != nil {
		s.Logger.WarnContext(ctx, "not noted that a session is in use", "session", session.ID, "err", err)
	}
	return nil
}

// List returns a developer's sessions that have not expired, the latest used
// first.
func (s Sessions) List(ctx context.Context, developer portico.DeveloperID) ([]portico.Session, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) ([]portico.Session, error) {
		found, err := tx.Sessions().List(ctx, portico.Everything(portico.Where("developer_id", developer)))
		if err != nil {
			return nil, err
		}
		open := slices.DeleteFunc(found.Items, func(session portico.Session) bool { return !s.Now().Before(session.ExpiresAt) })
		slices.SortStableFunc(open, func(a, b portico.Session) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
		return open, nil
	})
}

// End ends one of a developer's sessions. KindNotFound.
func (s Sessions) End(ctx context.Context, developer portico.DeveloperID, id portico.SessionID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		session, err := tx.Sessions().ByID(ctx, id)
		if err != nil {
			return err
		}
		if session.DeveloperID != developer {
			return portico.NotFound("session", id)
		}
		return tx.Sessions().Delete(ctx, id)
	})
}

// EndOthers ends every session of a developer but one.
func (s Sessions) EndOthers(ctx context.Context, developer portico.DeveloperID, keep portico.SessionID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error { return endSessions(ctx, tx, developer, keep) })
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
