package admins

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
	"portico/throttle"
	"portico/usecase"
)

// Sessions are the users' sign-ins to the console. A session's token is random,
// in a cookie, and kept as a digest.
type Sessions struct {
	usecase.Deps
	tries *throttle.Throttles
}

// How long sessions last.
const (
	sessionLife = 7 * 24 * time.Hour
	sessionIdle = 12 * time.Hour
	codeLife    = 10 * time.Minute // to type the code of the second factor
	seenEvery   = 5 * time.Minute  // how exact LastSeenAt is
)

// IssuedSession is a session with its token. With NeedsCode it opens nothing
// until VerifyCode has seen the code of the second factor.
type IssuedSession struct {
	Token     secret.Text
	ExpiresAt time.Time
	NeedsCode bool
}

// Browser is where somebody signs in from, as the list of sessions shows it.
type Browser struct {
	UserAgent string // what it calls itself; only the beginning is kept
	Address   string // the network address
}

// maxUserAgent is how much of a browser's own name is kept, in bytes.
const maxUserAgent = 256

// SignIn opens a session by password. KindUnauthenticated: wrong address or
// password, which the answer does not tell apart, or the organization has
// switched passwords off. KindTooMany.
func (s Sessions) SignIn(ctx context.Context, email string, pass secret.Text, from Browser) (IssuedSession, error) {
	user, issued, err := s.byPassword(ctx, email, pass, from)
	if err != nil {
		s.SignInFailed(ctx, attempt(user, portico.SignInBasic), err)
	}
	return issued, err
}

// attempt is what the audit log knows of a sign-in; the user has no id if nobody
// was found.
func attempt(u portico.User, way portico.SignInType) portico.SignIn {
	return portico.SignIn{Principal: Principal{User: u}.Actor(), Way: way}
}

// succeeded records a sign-in in the transaction that completes it.
func succeeded(ctx context.Context, tx portico.Tx, u portico.User, way portico.SignInType) error {
	done := attempt(u, way)
	done.Outcome = portico.SignInSuccess
	return tx.RecordAudit(ctx, done.Entry(ctx))
}

// byPassword is SignIn; beside an error, too, it returns whose account it was.
func (s Sessions) byPassword(ctx context.Context, email string, pass secret.Text, from Browser) (portico.User, IssuedSession, error) {
	if err := s.tries.Account("", email); err != nil {
		return portico.User{}, IssuedSession{}, err
	}
	user, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.User, error) {
		if err := passwordsWork(ctx, tx, portico.KindUnauthenticated); err != nil {
			return portico.User{}, err
		}
		user, _, err := userBy(ctx, tx, email)
		return user, err
	})
	if err != nil {
		return user, IssuedSession{}, err
	}
	// An unknown address costs the same hash as a known one.
	if !password.Verify(user.PasswordHash, pass) || !user.Active {
		return user, IssuedSession{}, wrongPassword()
	}
	// The hash took its time: what has ended every session since ends this one.
	issued, err := s.open(ctx, user.ID, from, portico.SignInBasic, func(now portico.User) error {
		if now.PasswordHash != user.PasswordHash {
			return wrongPassword()
		}
		return nil
	})
	return user, issued, err
}

func wrongPassword() error {
	return portico.Errorf(portico.KindUnauthenticated, "The e-mail address or the password is wrong.").Named("wrong_password")
}

// passwordsWork refuses with the kind where nobody signs in by password.
func passwordsWork(ctx context.Context, tx portico.Tx, kind portico.Kind) error {
	o, err := usecase.Organization(ctx, tx)
	if err == nil && !o.PasswordSignIn {
		err = portico.Errorf(kind, "Passwords are switched off here: sign in with single sign-on.").Named("no_passwords")
	}
	return err
}

// open starts a session of a user who has proved who he is, provided that he is
// let in and the proof still holds. After a password the second factor counts, if
// there is one; an identity provider has asked for its own.
func (s Sessions) open(ctx context.Context, id portico.UserID, from Browser, way portico.SignInType, holds func(portico.User) error) (IssuedSession, error) {
	now, token := s.Now(), secret.Token("")
	session := portico.AdminSession{
		ID: portico.AdminSessionID(s.NewID()), UserID: id, Digest: token.Digest(),
		UserAgent: strings.ToValidUTF8(from.UserAgent[:min(len(from.UserAgent), maxUserAgent)], ""), Address: from.Address, LastSeenAt: now, CreatedAt: now,
	}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		user, err := tx.Users().ByID(ctx, id)
		if portico.KindOf(err) == portico.KindNotFound {
			return wrongPassword()
		}
		if err == nil {
			err = holds(user)
		}
		if err == nil && !user.Active {
			err = wrongPassword()
		}
		if err != nil {
			return err
		}
		session.SecondFactor, session.ExpiresAt = true, now.Add(sessionLife)
		if way == portico.SignInBasic && user.TOTPConfirmedAt != nil {
			session.SecondFactor, session.ExpiresAt = false, now.Add(codeLife)
		} else if err := errors.Join(signedIn(ctx, tx, id, now), succeeded(ctx, tx, user, way)); err != nil {
			return err
		}
		return tx.AdminSessions().Insert(ctx, session)
	})
	if err != nil {
		return IssuedSession{}, err
	}
	return IssuedSession{Token: token, ExpiresAt: session.ExpiresAt, NeedsCode: !session.SecondFactor}, nil
}

// signedIn notes when a user has signed in.
func signedIn(ctx context.Context, tx portico.Tx, id portico.UserID, at time.Time) error {
	_, err := tx.Users().Change(ctx, id, func(u *portico.User) error {
		u.LastSignInAt = &at
		return nil
	})
	return err
}

// VerifyCode completes a session that needs the code of the second factor, or a
// recovery code, under a new token. KindUnauthenticated (no such session),
// KindInvalid (the code), KindTooMany.
func (s Sessions) VerifyCode(ctx context.Context, token secret.Text, code string) (IssuedSession, error) {
	factors := SecondFactors(s)
	now, next := s.Now(), secret.Token("")
	waiting, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.AdminSession, error) { return s.lookUp(ctx, tx, token, false) })
	if err != nil {
		return IssuedSession{}, err
	}
	if err := factors.try(waiting.UserID); err != nil {
		return IssuedSession{}, err
	}
	issued := IssuedSession{Token: next, ExpiresAt: now.Add(sessionLife)}
	err = s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := s.lookUp(ctx, tx, token, false); err != nil {
			return err
		}
		user, err := tx.Users().Change(ctx, waiting.UserID, func(u *portico.User) error {
			u.LastSignInAt = &now
			if u.TOTPConfirmedAt == nil {
				return nil // it was switched off this very moment
			}
			return factors.check(u, code)
		})
		if err != nil {
			return err
		}
		_, err = tx.AdminSessions().Change(ctx, waiting.ID, func(stored *portico.AdminSession) error {
			stored.Digest, stored.SecondFactor, stored.LastSeenAt, stored.ExpiresAt = next.Digest(), true, now, issued.ExpiresAt
			return nil
		})
		if err != nil {
			return err
		}
		return succeeded(ctx, tx, user, portico.SignInBasic)
	})
	if err != nil {
		s.SignInFailed(ctx, attempt(portico.User{ID: waiting.UserID}, portico.SignInBasic), err)
		return IssuedSession{}, err
	}
	return issued, nil
}

// Current is who holds the token of a session, and what he may do.
// KindUnauthenticated, with the code second_factor when the session waits for one.
func (s Sessions) Current(ctx context.Context, token secret.Text) (Principal, error) {
	p, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (Principal, error) {
		session, err := s.lookUp(ctx, tx, token, true)
		if err != nil {
			return Principal{}, err
		}
		user, err := tx.Users().ByID(ctx, session.UserID)
		if err != nil {
			return Principal{}, err
		}
		if !user.Active {
			return Principal{}, signedOut()
		}
		granted, err := grantsOf(ctx, tx, OfUser(user.ID))
		return Principal{User: user, Session: session, Grants: granted}, err
	})
	if err != nil {
		return Principal{}, err
	}
	return p, s.seen(ctx, p.Session)
}

// lookUp finds the session of a token that is complete, or that waits for a code.
func (s Sessions) lookUp(ctx context.Context, tx portico.Tx, token secret.Text, complete bool) (portico.AdminSession, error) {
	if token.Empty() {
		return portico.AdminSession{}, signedOut()
	}
	found, err := tx.AdminSessions().List(ctx, first(portico.Where("digest", token.Digest().Hex())))
	if err != nil {
		return portico.AdminSession{}, err
	}
	if len(found.Items) == 0 || s.over(found.Items[0]) {
		return portico.AdminSession{}, signedOut()
	}
	switch session := found.Items[0]; {
	case complete && !session.SecondFactor:
		return portico.AdminSession{}, portico.Errorf(portico.KindUnauthenticated, "The code of your second factor is still missing.").Named("second_factor")
	case !complete && session.SecondFactor:
		return portico.AdminSession{}, signedOut()
	}
	return found.Items[0], nil
}

// over says whether a session has ended by itself.
func (s Sessions) over(session portico.AdminSession) bool {
	now := s.Now()
	return !now.Before(session.ExpiresAt) || now.Sub(session.LastSeenAt) >= sessionIdle
}

// seen notes that a session is in use. Nobody is kept out because that cannot be
// noted.
func (s Sessions) seen(ctx context.Context, session portico.AdminSession) error {
	now := s.Now()
	if now.Sub(session.LastSeenAt) < seenEvery {
		return nil
	}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.AdminSessions().Change(ctx, session.ID, func(stored *portico.AdminSession) error {
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

// List returns a user's sessions that have not ended, the latest used first.
func (s Sessions) List(ctx context.Context, user portico.UserID) ([]portico.AdminSession, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) ([]portico.AdminSession, error) {
		found, err := tx.AdminSessions().List(ctx, portico.Everything(portico.Where("user_id", user), portico.Where("second_factor", "true")))
		if err != nil {
			return nil, err
		}
		open := slices.DeleteFunc(found.Items, s.over)
		slices.SortStableFunc(open, func(a, b portico.AdminSession) int { return b.LastSeenAt.Compare(a.LastSeenAt) })
		return open, nil
	})
}

// End ends one of a user's sessions. KindNotFound.
func (s Sessions) End(ctx context.Context, user portico.UserID, id portico.AdminSessionID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		session, err := tx.AdminSessions().ByID(ctx, id)
		if err != nil {
			return err
		}
		if session.UserID != user {
			return portico.NotFound("session", id)
		}
		return tx.AdminSessions().Delete(ctx, id)
	})
}

// EndOthers ends every session of a user but one; an empty id keeps none.
func (s Sessions) EndOthers(ctx context.Context, user portico.UserID, keep portico.AdminSessionID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error { return endSessions(ctx, tx, user, keep) })
}

func endSessions(ctx context.Context, tx portico.Tx, user portico.UserID, keep portico.AdminSessionID) error {
	others := portico.Filter{Field: "id", Op: portico.OpNotEqual, Values: []string{string(keep)}}
	return usecase.DeleteAll(ctx, tx.AdminSessions(), sessionID, portico.Where("user_id", user), others)
}

// SignOut ends the session of a token; one that has ended already is a success.
func (s Sessions) SignOut(ctx context.Context, token secret.Text) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		return usecase.DeleteAll(ctx, tx.AdminSessions(), sessionID, portico.Where("digest", token.Digest().Hex()))
	})
}

// Sweep forgets the sessions, password resets and invitations that have expired.
func (s Sessions) Sweep(ctx context.Context) error {
	expired := portico.Filter{Field: "expires_at", Op: portico.OpLess, Values: []string{s.Now().UTC().Format(time.RFC3339Nano)}}
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		if err := usecase.DeleteAll(ctx, tx.AdminSessions(), sessionID, expired); err != nil {
			return err
		}
		if err := usecase.DeleteAll(ctx, tx.PasswordResets(), resetID, expired); err != nil {
			return err
		}
		return usecase.DeleteAll(ctx, tx.Invites(), func(i portico.Invite) portico.InviteID { return i.ID }, expired)
	})
}

func signedOut() error {
	return portico.Errorf(portico.KindUnauthenticated, "You are not signed in, or the session has ended. Sign in again.").Named("signed_out")
}

func sessionID(s portico.AdminSession) portico.AdminSessionID { return s.ID }
func resetID(p portico.PasswordReset) portico.PasswordResetID { return p.ID }
