package admins

import (
	"context"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
	"portico/throttle"
	"portico/usecase"
)

// Passwords are how users change theirs, and come by a new one.
type Passwords struct {
	usecase.Deps
	tries *throttle.Throttles
}

const resetLife = time.Hour

// Forgot mails a link to set a new password, if the address has a user who is let
// in; it answers the same if not. KindForbidden (there are no passwords),
// KindTooMany.
func (p Passwords) Forgot(ctx context.Context, email string) error {
	if err := p.tries.Account("", email); err != nil {
		return err
	}
	return p.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		if err := passwordsWork(ctx, tx, portico.KindForbidden); err != nil {
			return nil, err
		}
		user, found, err := userBy(ctx, tx, email)
		if err != nil || !found || !user.Active {
			return nil, err
		}
		if err := usecase.DeleteAll(ctx, tx.PasswordResets(), resetID, portico.Where("user_id", user.ID)); err != nil {
			return nil, err
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return nil, err
		}
		now, token := p.Now(), secret.Token("")
		return compose(p.Deps, o, user.Email, resetPassword(ctx), token), tx.PasswordResets().Insert(ctx, portico.PasswordReset{
			ID: portico.PasswordResetID(p.NewID()), UserID: user.ID, Digest: token.Digest(), ExpiresAt: now.Add(resetLife), CreatedAt: now,
		})
	})
}

// Reset sets a password by the token of a mail and ends every session of the
// user. KindNotFound, KindGone, KindInvalid (the password).
func (p Passwords) Reset(ctx context.Context, token, pass secret.Text) error {
	// Read before the hash is made: making one is expensive, on purpose.
	user, err := usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.User, error) {
		reset, err := p.byToken(ctx, tx, token)
		if err != nil {
			return portico.User{}, err
		}
		return tx.Users().ByID(ctx, reset.UserID)
	})
	if err != nil {
		return err
	}
	hash, err := newHash(pass, user.Email)
	if err != nil {
		return err
	}
	return p.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := p.byToken(ctx, tx, token); err != nil {
			return err
		}
		return setPassword(ctx, tx, user.ID, hash, "")
	})
}

func (p Passwords) byToken(ctx context.Context, tx portico.Tx, token secret.Text) (portico.PasswordReset, error) {
	found, err := tx.PasswordResets().List(ctx, first(portico.Where("digest", token.Digest().Hex())))
	switch {
	case err != nil:
		return portico.PasswordReset{}, err
	case len(found.Items) == 0:
		return portico.PasswordReset{}, unknownLink()
	case !p.Now().Before(found.Items[0].ExpiresAt):
		return portico.PasswordReset{}, expiredLink()
	}
	return found.Items[0], nil
}

// Change sets another password, for who knows the present one, and ends the
// user's other sessions. KindInvalid (either password), KindTooMany.
func (p Passwords) Change(ctx context.Context, id portico.UserID, keep portico.AdminSessionID, present, next secret.Text) error {
	user, err := usecase.View(ctx, p.Store, func(tx portico.Tx) (portico.User, error) { return tx.Users().ByID(ctx, id) })
	if err != nil {
		return err
	}
	if err := p.tries.Account("", user.Email); err != nil {
		return err
	}
	if !password.Verify(user.PasswordHash, present) {
		return portico.Invalid("current_password", "invalid", "This is not your present password; nothing was changed.")
	}
	hash, err := newHash(next, user.Email)
	if err != nil {
		return err
	}
	return p.Store.Update(ctx, func(tx portico.Tx) error { return setPassword(ctx, tx, id, hash, keep) })
}

// setPassword gives a user another password; links that would set one work no
// longer, and his sessions end but one.
func setPassword(ctx context.Context, tx portico.Tx, id portico.UserID, hash string, keep portico.AdminSessionID) error {
	if err := endSessions(ctx, tx, id, keep); err != nil {
		return err
	}
	if err := usecase.DeleteAll(ctx, tx.PasswordResets(), resetID, portico.Where("user_id", id)); err != nil {
		return err
	}
	_, err := tx.Users().Change(ctx, id, func(u *portico.User) error {
		u.PasswordHash = hash
		return nil
	})
	return err
}

// Issue gives a user a new random password, lets him in, and lets people sign in
// by password: for whoever runs the machine, to help somebody who is locked out.
// KindNotFound.
func (p Passwords) Issue(ctx context.Context, email string) (secret.Text, error) {
	pass := secret.Token("")
	hash, err := password.Hash(pass)
	if err != nil {
		return secret.Text{}, err
	}
	err = p.Store.Update(ctx, func(tx portico.Tx) error {
		user, err := byAddress(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := setPassword(ctx, tx, user.ID, hash, ""); err != nil {
			return err
		}
		if _, err := tx.Users().Change(ctx, user.ID, func(u *portico.User) error {
			u.Active = true
			return nil
		}); err != nil {
			return err
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil || o.PasswordSignIn {
			return err
		}
		_, err = tx.Organizations().Change(ctx, o.ID, func(to *portico.Organization) error {
			to.PasswordSignIn = true
			return nil
		})
		return err
	})
	if err != nil {
		return secret.Text{}, err
	}
	return pass, nil
}
