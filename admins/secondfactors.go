package admins

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"slices"
	"strings"

	"portico"
	"portico/secret"
	"portico/throttle"
	"portico/usecase"
)

// SecondFactors are what users prove besides their passwords: that they hold a
// device with an authenticator app (TOTP, RFC 6238), or a recovery code.
type SecondFactors struct {
	usecase.Deps
	tries *throttle.Throttles
}

const (
	recoveryCodes = 10
	totpKeySize   = 20 // bytes, as RFC 4226 §4 recommends
)

// Enrolment is a second factor to set up: the key to type into an authenticator
// app, and the same as an address to be shown as a QR code.
type Enrolment struct{ Key, URI secret.Text }

// Enrol begins to set up a second factor; it counts once Confirm has seen a code
// of it. KindNotFound, KindConflict (there is one already).
func (s SecondFactors) Enrol(ctx context.Context, id portico.UserID) (Enrolment, error) {
	key := make([]byte, totpKeySize)
	rand.Read(key) // never fails: crypto/rand aborts the program instead
	text := secret.New(totpEncoding.EncodeToString(key))
	var out Enrolment
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return err
		}
		user, err := tx.Users().Change(ctx, id, func(u *portico.User) error {
			if u.TOTPConfirmedAt != nil {
				return portico.Errorf(portico.KindConflict, "The account has a second factor already; nothing was changed. Switch it off first.")
			}
			sealed, err := s.Sealer.Seal(text, u.TOTPPlace())
			u.SealedTOTP, u.TOTPLastStep = sealed, 0
			return err
		})
		out = Enrolment{Key: text, URI: totpURI(o.Name, user.Email, text)}
		return err
	})
	if err != nil {
		return Enrolment{}, err
	}
	return out, nil
}

// Pending is the second factor that Enrol has begun to set up, for a page that
// asks for its first code. KindNotFound: there is none.
func (s SecondFactors) Pending(ctx context.Context, id portico.UserID) (Enrolment, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (Enrolment, error) {
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return Enrolment{}, err
		}
		user, err := tx.Users().ByID(ctx, id)
		if err == nil && (len(user.SealedTOTP) == 0 || user.TOTPConfirmedAt != nil) {
			err = portico.Errorf(portico.KindNotFound, "No second factor is being set up. Begin anew.").Named("no_second_factor")
		}
		if err != nil {
			return Enrolment{}, err
		}
		key, err := s.Sealer.Open(user.SealedTOTP, user.TOTPPlace())
		return Enrolment{Key: key, URI: totpURI(o.Name, user.Email, key)}, err
	})
}

// Confirm switches the second factor on, by its first code, and returns the
// recovery codes; they are shown here and kept as digests. KindInvalid (the
// code), KindNotFound (Enrol was not called), KindTooMany.
func (s SecondFactors) Confirm(ctx context.Context, id portico.UserID, code string) ([]secret.Text, error) {
	if err := s.try(id); err != nil {
		return nil, err
	}
	codes := newRecoveryCodes()
	now := s.Now()
	return codes, s.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Users().Change(ctx, id, func(u *portico.User) error {
			if len(u.SealedTOTP) == 0 || u.TOTPConfirmedAt != nil {
				return portico.Errorf(portico.KindNotFound, "No second factor is being set up. Begin anew.").Named("no_second_factor")
			}
			if err := s.check(u, code); err != nil {
				return err
			}
			u.TOTPConfirmedAt, u.RecoveryCodes = &now, digests(codes)
			return nil
		})
		return err
	})
}

// Renew replaces the recovery codes, by a code of the app. KindInvalid (the
// code), KindTooMany.
func (s SecondFactors) Renew(ctx context.Context, id portico.UserID, code string) ([]secret.Text, error) {
	codes := newRecoveryCodes()
	return codes, s.prove(ctx, id, code, func(u *portico.User) { u.RecoveryCodes = digests(codes) })
}

// Disable switches the second factor off, by a code of the app or a recovery
// code. KindInvalid (the code), KindTooMany.
func (s SecondFactors) Disable(ctx context.Context, id portico.UserID, code string) error {
	return s.prove(ctx, id, code, withoutSecondFactor)
}

// Reset switches a user's second factor off, for an admin, or for whoever runs
// the machine, to help somebody who has lost his device; his sessions end.
// KindNotFound.
func (s SecondFactors) Reset(ctx context.Context, email string) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		user, err := byAddress(ctx, tx, email)
		if err != nil {
			return err
		}
		if err := endSessions(ctx, tx, user.ID, ""); err != nil {
			return err
		}
		_, err = tx.Users().Change(ctx, user.ID, func(u *portico.User) error {
			withoutSecondFactor(u)
			return nil
		})
		return err
	})
}

func withoutSecondFactor(u *portico.User) {
	u.SealedTOTP, u.TOTPConfirmedAt, u.TOTPLastStep, u.RecoveryCodes = nil, nil, 0, nil
}

// prove changes a user whose code is right.
func (s SecondFactors) prove(ctx context.Context, id portico.UserID, code string, write func(*portico.User)) error {
	if err := s.try(id); err != nil {
		return err
	}
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Users().Change(ctx, id, func(u *portico.User) error {
			if u.TOTPConfirmedAt == nil {
				return portico.Errorf(portico.KindNotFound, "The account has no second factor.").Named("no_second_factor")
			}
			if err := s.check(u, code); err != nil {
				return err
			}
			write(u)
			return nil
		})
		return err
	})
}

// try uses up one of the tries that an account has per minute. KindTooMany.
func (s SecondFactors) try(id portico.UserID) error {
	return s.tries.Account("", "second factor "+string(id))
}

// check accepts a code of the app, or a recovery code, and uses it up.
// KindInvalid.
func (s SecondFactors) check(u *portico.User, code string) error {
	code = strings.ToLower(strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' {
			return -1
		}
		return c
	}, code))
	key, err := s.Sealer.Open(u.SealedTOTP, u.TOTPPlace())
	if err != nil {
		return err
	}
	raw, err := totpEncoding.DecodeString(key.Reveal())
	if err != nil {
		return err
	}
	if step, ok := totpMatch(raw, code, s.Now(), u.TOTPLastStep); ok {
		u.TOTPLastStep = step
		return nil
	}
	digest, found := secret.New(code).Digest(), -1
	for i, left := range u.RecoveryCodes { // all of them, so that the time tells nothing
		if subtle.ConstantTimeCompare(left[:], digest[:]) == 1 {
			found = i
		}
	}
	if found < 0 {
		return portico.Invalid("code", "invalid", "The code is wrong, or it was used before. Wait for the next one, and check the clock of your device.")
	}
	u.RecoveryCodes = slices.Delete(slices.Clone(u.RecoveryCodes), found, found+1)
	return nil
}

// newRecoveryCodes are codes of 80 random bits, in groups that can be copied by
// hand.
func newRecoveryCodes() []secret.Text {
	codes := make([]secret.Text, recoveryCodes)
	for i := range codes {
		letters := secret.Token("").Reveal()[:16]
		codes[i] = secret.New(letters[:4] + "-" + letters[4:8] + "-" + letters[8:12] + "-" + letters[12:])
	}
	return codes
}

// digests are what is kept of recovery codes.
func digests(codes []secret.Text) []secret.Digest {
	out := make([]secret.Digest, len(codes))
	for i, c := range codes {
		out[i] = secret.New(strings.ReplaceAll(c.Reveal(), "-", "")).Digest()
	}
	return out
}
