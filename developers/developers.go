package developers

import (
	"context"
	"fmt"
	"strings"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
	"portico/usecase"
)

// Accounts are the developers of a portal, from sign-up to deletion. How they
// sign in is in sessions.go.
type Accounts struct {
	usecase.Deps
	Applications Releaser
}

// Releaser lets go of applications whose owner goes.
type Releaser interface {
	// Release removes the applications that the filter holds for and records,
	// in the same transaction, what has to go from the identity providers.
	Release(ctx context.Context, tx portico.Tx, filter portico.Filter) ([]portico.Task, error)
	// Settle does what was recorded, as far as the identity providers answer.
	Settle(ctx context.Context, tasks []portico.Task)
}

// NewAccount is the account that an admin creates.
type NewAccount struct {
	Email          string
	FullName       string
	Status         *portico.Status // nil: the portal's auto-approval decides
	SendInvitation bool            // mail a link to set a password
}

// How long a mailed token works, and the one a verified address is exchanged for.
const (
	verifyEmailLife   = 48 * time.Hour
	resetPasswordLife = time.Hour
	invitationLife    = 7 * 24 * time.Hour
)

// Create adds an account on behalf of an admin. KindNotFound (portal),
// KindConflict (the address has an account).
func (d Accounts) Create(ctx context.Context, portal portico.PortalID, in NewAccount) (portico.Developer, error) {
	var developer portico.Developer
	err := d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		developer = d.account(p, in.Email, in.FullName)
		if in.Status != nil {
			developer.Status = *in.Status
		}
		if err := tx.Developers().Insert(ctx, developer); err != nil || !in.SendInvitation {
			return nil, err
		}
		token, err := d.issueToken(ctx, tx, developer.ID, portico.PurposeResetPassword, invitationLife)
		return d.mail(p, developer, "developer-invitation", "You are invited to "+p.DisplayName,
			"you have been invited to the developer portal "+p.DisplayName+". Set a password to sign in:", "/reset-password", token), err
	})
	return developer, err
}

// account is a new account with the status that the portal gives by itself.
func (d Accounts) account(p portico.Portal, email, fullName string) portico.Developer {
	now := d.Now()
	status := portico.Pending
	if p.AutoApproveDevelopers {
		status = portico.Approved
	}
	return portico.Developer{ID: portico.DeveloperID(d.NewID()), PortalID: p.ID, Email: strings.ToLower(email), FullName: fullName, Status: status, CreatedAt: now, UpdatedAt: now}
}

// SignUp is a developer's own wish for an account. It answers the same whether
// or not the address has one already: the mail tells its owner. KindNotFound
// (portal).
func (d Accounts) SignUp(ctx context.Context, portal portico.PortalID, email, fullName string) error {
	return d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		developer, found, err := developerBy(ctx, tx, portal, email)
		if err != nil {
			return nil, err
		}
		if !found {
			developer = d.account(p, email, fullName)
			if err := tx.Developers().Insert(ctx, developer); err != nil {
				return nil, err
			}
		}
		if developer.EmailVerified {
			return d.mail(p, developer, "confirm-email-address", "You have an account in "+p.DisplayName,
				"somebody asked for an account with this address, and you have one already. If you forgot the password, set a new one:", "/forgot-password", ""), nil
		}
		token, err := d.issueToken(ctx, tx, developer.ID, portico.PurposeVerifyEmail, verifyEmailLife)
		return d.mail(p, developer, "confirm-email-address", "Confirm your address for "+p.DisplayName,
			"confirm that this address is yours to finish signing up:", "/verify-email", token), err
	})
}

// VerifyEmail confirms an address and returns it with the token that sets the
// first password. KindNotFound, KindGone.
func (d Accounts) VerifyEmail(ctx context.Context, portal portico.PortalID, token string) (email, next string, err error) {
	err = d.Commit(ctx, func(tx portico.Tx) error {
		developer, err := d.redeem(ctx, tx, portal, token, portico.PurposeVerifyEmail)
		if err != nil {
			return err
		}
		_, err = tx.Developers().Change(ctx, developer.ID, func(dev *portico.Developer) error {
			dev.EmailVerified = true
			return nil
		})
		if err != nil {
			return err
		}
		email = developer.Email
		next, err = d.issueToken(ctx, tx, developer.ID, portico.PurposeResetPassword, resetPasswordLife)
		return err
	})
	return email, next, err
}

// ForgotPassword mails a token to set a new password, if the address has an
// account; it answers the same if not. KindNotFound (portal).
func (d Accounts) ForgotPassword(ctx context.Context, portal portico.PortalID, email string) error {
	return d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		developer, found, err := developerBy(ctx, tx, portal, email)
		if err != nil || !found {
			return nil, err
		}
		token, err := d.issueToken(ctx, tx, developer.ID, portico.PurposeResetPassword, resetPasswordLife)
		return d.mail(p, developer, "reset-password", "Set a new password for "+p.DisplayName, "set a new password here:", "/reset-password", token), err
	})
}

// ResetPassword sets a password and ends every session of the developer. Who
// holds the token has the mailbox, so the address counts as verified.
// KindNotFound, KindGone, KindInvalid (the password).
func (d Accounts) ResetPassword(ctx context.Context, portal portico.PortalID, token string, pass secret.Text) error {
	// Read before the hash is made: making one is expensive, on purpose.
	var developer portico.Developer
	err := d.Store.View(ctx, func(tx portico.Tx) error {
		_, dev, err := d.lookUp(ctx, tx, portal, token, portico.PurposeResetPassword)
		developer = dev
		return err
	})
	if err != nil {
		return err
	}
	if err := password.Check("password", pass, developer.Email); err != nil {
		return err
	}
	hash, err := password.Hash(pass)
	if err != nil {
		return err
	}
	return d.Commit(ctx, func(tx portico.Tx) error {
		if _, err := d.redeem(ctx, tx, portal, token, portico.PurposeResetPassword); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, developer.ID); err != nil {
			return err
		}
		_, err := tx.Developers().Change(ctx, developer.ID, func(dev *portico.Developer) error {
			dev.PasswordHash, dev.EmailVerified = hash, true
			return nil
		})
		return err
	})
}

// List returns a page of a portal's developers.
func (d Accounts) List(ctx context.Context, portal portico.PortalID, q portico.ListQuery) (portico.Page[portico.Developer], error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[portico.Developer], error) {
		if _, err := tx.Portals().ByID(ctx, portal); err != nil {
			return portico.Page[portico.Developer]{}, err
		}
		q.Filters = append(q.Filters, portico.Where("portal_id", portal))
		return tx.Developers().List(ctx, q)
	})
}

// ByID returns a developer of a portal. KindNotFound.
func (d Accounts) ByID(ctx context.Context, portal portico.PortalID, id portico.DeveloperID) (portico.Developer, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Developer, error) { return developerIn(ctx, tx, portal, id) })
}

// SetStatus decides about an account; whoever is no longer approved is signed
// out. Credentials that were issued go on working. KindNotFound.
func (d Accounts) SetStatus(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, status portico.Status) (portico.Developer, error) {
	var developer portico.Developer
	err := d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		before, err := developerIn(ctx, tx, portal, id)
		if err != nil {
			return nil, err
		}
		if status != portico.Approved {
			if err := endSessions(ctx, tx, id); err != nil {
				return nil, err
			}
		}
		developer, err = tx.Developers().Change(ctx, id, func(dev *portico.Developer) error {
			dev.Status = status
			return nil
		})
		if before.Status == status || status == portico.Pending {
			return nil, err
		}
		return d.mail(p, developer, "account-access-"+string(status), fmt.Sprintf("Your account in %s is %s", p.DisplayName, status),
			fmt.Sprintf("your account in the developer portal %s is now %s.", p.DisplayName, status), "", ""), err
	})
	return developer, err
}

// Delete removes a developer with everything that is theirs: the gateways
// refuse their applications when Delete returns, and the clients go from the
// identity provider. KindNotFound.
func (d Accounts) Delete(ctx context.Context, portal portico.PortalID, id portico.DeveloperID) error {
	var tasks []portico.Task
	err := d.Commit(ctx, func(tx portico.Tx) error {
		if _, err := developerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		var err error
		if tasks, err = d.Applications.Release(ctx, tx, portico.Where("developer_id", id)); err != nil {
			return err
		}
		return tx.Developers().Delete(ctx, id)
	})
	if err != nil {
		return err
	}
	d.Applications.Settle(ctx, tasks)
	return nil
}

func developerIn(ctx context.Context, tx portico.Tx, portal portico.PortalID, id portico.DeveloperID) (portico.Developer, error) {
	developer, err := tx.Developers().ByID(ctx, id)
	if err == nil && developer.PortalID != portal {
		return portico.Developer{}, portico.NotFound("developer", id)
	}
	return developer, err
}

func developerBy(ctx context.Context, tx portico.Tx, portal portico.PortalID, email string) (portico.Developer, bool, error) {
	found, err := tx.Developers().List(ctx, portico.Everything(portico.Where("portal_id", portal), portico.Where("email", strings.ToLower(email))))
	if err != nil || len(found.Items) == 0 {
		return portico.Developer{}, false, err
	}
	return found.Items[0], true, nil
}

func endSessions(ctx context.Context, tx portico.Tx, id portico.DeveloperID) error {
	return usecase.DeleteAll(ctx, tx.Sessions(), sessionID, portico.Where("developer_id", id))
}

// issueToken replaces the developer's tokens of this purpose by a new one.
func (d Accounts) issueToken(ctx context.Context, tx portico.Tx, id portico.DeveloperID, purpose portico.TokenPurpose, life time.Duration) (string, error) {
	if err := usecase.DeleteAll(ctx, tx.OneTimeTokens(), tokenID, portico.Where("developer_id", id), portico.Where("purpose", purpose)); err != nil {
		return "", err
	}
	token := portico.NewRandomID() // the contract wants a UUID
	now := d.Now()
	return token, tx.OneTimeTokens().Insert(ctx, portico.OneTimeToken{
		ID: portico.OneTimeTokenID(d.NewID()), DeveloperID: id, Purpose: purpose,
		Digest: secret.New(token).Digest(), ExpiresAt: now.Add(life), CreatedAt: now,
	})
}

// lookUp finds a token that still works, and whose it is.
func (d Accounts) lookUp(ctx context.Context, tx portico.Tx, portal portico.PortalID, token string, purpose portico.TokenPurpose) (portico.OneTimeToken, portico.Developer, error) {
	unknown := portico.Errorf(portico.KindNotFound, "This link is not valid, or it was used before. Ask for a new one.").Named("link_unknown")
	found, err := tx.OneTimeTokens().List(ctx, portico.Everything(portico.Where("digest", secret.New(token).Digest().Hex()), portico.Where("purpose", purpose)))
	if err != nil {
		return portico.OneTimeToken{}, portico.Developer{}, err
	}
	if len(found.Items) == 0 {
		return portico.OneTimeToken{}, portico.Developer{}, unknown
	}
	t := found.Items[0]
	developer, err := developerIn(ctx, tx, portal, t.DeveloperID)
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.OneTimeToken{}, portico.Developer{}, unknown
	}
	if err == nil && !d.Now().Before(t.ExpiresAt) {
		err = portico.Errorf(portico.KindGone, "This link has expired. Ask for a new one.").Named("link_expired")
	}
	return t, developer, err
}

// redeem uses a token up.
func (d Accounts) redeem(ctx context.Context, tx portico.Tx, portal portico.PortalID, token string, purpose portico.TokenPurpose) (portico.Developer, error) {
	t, developer, err := d.lookUp(ctx, tx, portal, token, purpose)
	if err != nil {
		return portico.Developer{}, err
	}
	return developer, tx.OneTimeTokens().Delete(ctx, t.ID)
}

// mail writes to a developer; path and token make the link, if there is one.
func (d Accounts) mail(p portico.Portal, to portico.Developer, kind, subject, text, path, token string) *portico.Message {
	m := &portico.Message{Kind: kind, To: to.Email, Subject: subject, Text: fmt.Sprintf("Hello %s,\n\n%s\n", to.FullName, text)}
	if path != "" {
		m.Link = d.PortalURL(p.Subdomain+"."+d.PortalDomain) + path
		if token != "" {
			m.Link += "?token=" + token
		}
		m.Text += "\n" + m.Link + "\n"
	}
	return m
}

func sessionID(s portico.Session) portico.SessionID         { return s.ID }
func tokenID(t portico.OneTimeToken) portico.OneTimeTokenID { return t.ID }
