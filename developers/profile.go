package developers

import (
	"context"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
)

// deleteAccountLife is how long a deletion can be confirmed.
const deleteAccountLife = time.Hour

// ProfileChange is what a developer changes of their own account.
type ProfileChange struct {
	FullName portico.Opt[string]
	Language portico.Opt[string] // null: the browser's
	Theme    portico.Opt[portico.ThemeMode]
}

// ChangeProfile changes what a developer can choose freely. KindNotFound.
func (d Accounts) ChangeProfile(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, ch ProfileChange) (portico.Developer, error) {
	var developer portico.Developer
	err := d.Commit(ctx, func(tx portico.Tx) error {
		if _, err := developerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		var err error
		developer, err = tx.Developers().Change(ctx, id, func(dev *portico.Developer) error {
			ch.FullName.Apply(&dev.FullName)
			dev.FullName = oneLine(dev.FullName)
			if ch.Language.Set {
				dev.Language = ch.Language.Value
			}
			if ch.Theme.Set {
				dev.Theme = ch.Theme.Value
			}
			return nil
		})
		return err
	})
	return developer, err
}

// ChangePassword sets a new password for who knows the current one, and ends
// every session but the one that keep names. KindNotFound, KindInvalid (the
// current password, or the new one).
func (d Accounts) ChangePassword(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, current, next secret.Text, keep portico.SessionID) error {
	developer, err := d.ByID(ctx, portal, id)
	if err != nil {
		return err
	}
	if !password.Verify(developer.PasswordHash, current) {
		return wrongCurrentPassword()
	}
	if err := password.Check("password", next, developer.Email); err != nil {
		return err
	}
	hash, err := password.Hash(next)
	if err != nil {
		return err
	}
	return d.Commit(ctx, func(tx portico.Tx) error {
		if err := endSessions(ctx, tx, id, keep); err != nil {
			return err
		}
		_, err := tx.Developers().Change(ctx, id, func(dev *portico.Developer) error {
			if dev.PasswordHash != developer.PasswordHash {
				return wrongCurrentPassword() // it was changed while the new one was hashed
			}
			dev.PasswordHash = hash
			return nil
		})
		return err
	})
}

func wrongCurrentPassword() error {
	return portico.Invalid("current_password", "invalid", "is not your password; nothing was changed").Named("wrong_current_password")
}

// DeleteOwn is Delete by the developer, who proves it with the password. Who has
// none confirms by mail: RequestDeletion. KindNotFound, KindInvalid (the
// password).
func (d Accounts) DeleteOwn(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, pass secret.Text) error {
	developer, err := d.ByID(ctx, portal, id)
	if err != nil {
		return err
	}
	if !password.Verify(developer.PasswordHash, pass) {
		return wrongCurrentPassword()
	}
	return d.Delete(ctx, portal, id)
}

// RequestDeletion mails a developer the link that deletes the account.
// KindNotFound.
func (d Accounts) RequestDeletion(ctx context.Context, portal portico.PortalID, id portico.DeveloperID) error {
	return d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		developer, err := developerIn(ctx, tx, portal, id)
		if err != nil {
			return nil, err
		}
		token, err := d.issueToken(ctx, tx, id, portico.PurposeDeleteAccount, deleteAccountLife)
		if err != nil {
			return nil, err
		}
		return d.letters().Write(ctx, tx, p, Letter{Template: mailConfirmDeletion, To: developer, Path: "/delete-account", Token: token})
	})
}

// ConfirmDeletion is Delete by whoever holds the token of RequestDeletion.
// KindNotFound, KindGone.
func (d Accounts) ConfirmDeletion(ctx context.Context, portal portico.PortalID, token string) error {
	var developer portico.Developer
	err := d.Store.View(ctx, func(tx portico.Tx) error {
		var err error
		_, developer, err = d.lookUp(ctx, tx, portal, token, portico.PurposeDeleteAccount)
		return err
	})
	if err != nil {
		return err
	}
	return d.Delete(ctx, portal, developer.ID) // the token goes with the account
}
