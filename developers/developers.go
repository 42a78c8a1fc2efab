package developers

import (
	"context"
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

// resetPasswordPath is the page of a portal that sets a password.
const resetPasswordPath = "/reset-password"

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
		if err != nil {
			return nil, err
		}
		return d.letters().Write(ctx, tx, p, Letter{Template: "developer-invitation", To: developer, Path: resetPasswordPath, Token: token})
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
	return portico.Developer{ID: portico.DeveloperID(d.NewID()), PortalID: p.ID, Email: strings.ToLower(email), FullName: oneLine(fullName), Status: status, CreatedAt: now, UpdatedAt: now}
}

// Applicant is somebody who wants an account.
type Applicant struct {
	Email    string
	FullName string
	Language string // a BCP 47 tag for pages and mails; empty: the portal's
}

// SignUp is a developer's own wish for an account. It answers the same whether
// or not the address has one already: the mail tells its owner. KindNotFound
// (portal), KindForbidden (the portal has switched passwords off).
func (d Accounts) SignUp(ctx context.Context, portal portico.PortalID, in Applicant) error {
	return d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		if !p.BasicAuthEnabled {
			return nil, noPasswords(portico.KindForbidden)
		}
		developer, found, err := developerBy(ctx, tx, portal, in.Email)
		if err != nil {
			return nil, err
		}
		if !found {
			developer = d.account(p, in.Email, in.FullName)
			developer.Language = in.Language
			if err := tx.Developers().Insert(ctx, developer); err != nil {
				return nil, err
			}
		}
		if enough, err := d.mailedEnough(ctx, tx, developer); enough || err != nil {
			return nil, err
		}
		if developer.EmailVerified {
			return d.letters().Write(ctx, tx, p, Letter{Template: mailAccountExists, To: developer, Path: "/forgot-password"})
		}
		token, err := d.issueToken(ctx, tx, developer.ID, portico.PurposeVerifyEmail, verifyEmailLife)
		if err != nil {
			return nil, err
		}
		return d.letters().Write(ctx, tx, p, Letter{Template: "confirm-email-address", To: developer, Path: "/verify-email", Token: token})
	})
}

// mailsPerDay is how many mails of those that anybody can ask for an address
// gets from a portal within a day. Others are not counted, and not held back.
const mailsPerDay = 10

// mailedEnough says whether strangers have filled a mailbox enough for today.
// They are answered as ever: what is in a mailbox is not their business.
func (d Accounts) mailedEnough(ctx context.Context, tx portico.Tx, to portico.Developer) (bool, error) {
	sent, err := tx.Mails().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{
		portico.Where("portal_id", to.PortalID), portico.Where("recipient", to.Email),
		{Field: "kind", Op: portico.OpAnyEqual, Values: []string{"confirm-email-address", "reset-password", mailAccountExists}},
		{Field: "created_at", Op: portico.OpGreater, Values: []string{d.Now().Add(-24 * time.Hour).UTC().Format(time.RFC3339Nano)}},
	}})
	if err == nil && sent.Total >= mailsPerDay {
		d.Logger.WarnContext(ctx, "mail held back: its address has had enough for today", "developer", to.ID)
	}
	return sent.Total >= mailsPerDay, err
}

// noPasswords says that developers of a portal sign in elsewhere.
func noPasswords(kind portico.Kind) error {
	return portico.Errorf(kind, "This portal has no passwords: developers sign in with single sign-on.").Named("no_passwords")
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
			verified(dev)
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

// verified notes that a developer has the mailbox. Whoever came by single
// sign-on with an address that nobody had vouched for is let go of: it may be
// somebody else's.
func verified(developer *portico.Developer) {
	if !developer.EmailVerified {
		developer.ExternalID = ""
	}
	developer.EmailVerified = true
}

// ForgotPassword mails a token to set a new password, if the address has an
// account; it answers the same if not. KindNotFound (portal), KindForbidden (the
// portal has switched passwords off).
func (d Accounts) ForgotPassword(ctx context.Context, portal portico.PortalID, email string) error {
	return d.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		p, err := tx.Portals().ByID(ctx, portal)
		if err != nil {
			return nil, err
		}
		if !p.BasicAuthEnabled {
			return nil, noPasswords(portico.KindForbidden)
		}
		developer, found, err := developerBy(ctx, tx, portal, email)
		if err != nil || !found {
			return nil, err
		}
		if enough, err := d.mailedEnough(ctx, tx, developer); enough || err != nil {
			return nil, err
		}
		token, err := d.issueToken(ctx, tx, developer.ID, portico.PurposeResetPassword, resetPasswordLife)
		if err != nil {
			return nil, err
		}
		return d.letters().Write(ctx, tx, p, Letter{Template: "reset-password", To: developer, Path: resetPasswordPath, Token: token})
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
		if err := endSessions(ctx, tx, developer.ID, ""); err != nil {
			return err
		}
		_, err := tx.Developers().Change(ctx, developer.ID, func(dev *portico.Developer) error {
			verified(dev)
			dev.PasswordHash = hash
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

// ListAll returns a page of the developers of all portals.
func (d Accounts) ListAll(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Developer], error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[portico.Developer], error) {
		return tx.Developers().List(ctx, q)
	})
}

// Find returns a developer of whatever portal. KindNotFound.
func (d Accounts) Find(ctx context.Context, id portico.DeveloperID) (portico.Developer, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Developer, error) { return tx.Developers().ByID(ctx, id) })
}

// ByID returns a developer of a portal. KindNotFound.
func (d Accounts) ByID(ctx context.Context, portal portico.PortalID, id portico.DeveloperID) (portico.Developer, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Developer, error) { return developerIn(ctx, tx, portal, id) })
}

// SetStatus decides about an account, with a reason for its developer; whoever
// is no longer approved is signed out. Credentials that were issued go on
// working. KindNotFound.
func (d Accounts) SetStatus(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, status portico.Status, reason string) (portico.Developer, error) {
	return d.decide(ctx, portal, id, "", status, reason)
}

// Decide is SetStatus on an account that has a status now, so that nobody undoes
// what somebody else has just decided. KindConflict if it has another.
func (d Accounts) Decide(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, now, next portico.Status, reason string) (portico.Developer, error) {
	return d.decide(ctx, portal, id, now, next, reason)
}

func (d Accounts) decide(ctx context.Context, portal portico.PortalID, id portico.DeveloperID, expected, status portico.Status, reason string) (portico.Developer, error) {
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
			if err := endSessions(ctx, tx, id, ""); err != nil {
				return nil, err
			}
		}
		developer, err = tx.Developers().Change(ctx, id, func(dev *portico.Developer) error {
			if err := dev.Status.Expect(expected); err != nil {
				return err
			}
			dev.Status, dev.Reason = status, reason
			return nil
		})
		if err != nil || before.Status == status || status == portico.Pending {
			return nil, err
		}
		letter := Letter{Template: "account-access-" + string(status), To: developer, Reason: reason, Values: map[string]string{"developer_status": string(status)}}
		if status == portico.Approved {
			letter.Path = "/login"
		}
		return d.letters().Write(ctx, tx, p, letter)
	})
	return developer, err
}

// Delete removes a developer with everything that is theirs: the gateways
// refuse their applications when Delete returns, and the clients go from the
// identity provider. What belongs to a team stays with it as long as the team
// has another member. KindNotFound.
func (d Accounts) Delete(ctx context.Context, portal portico.PortalID, id portico.DeveloperID) error {
	var tasks []portico.Task
	err := d.Commit(ctx, func(tx portico.Tx) error {
		if _, err := developerIn(ctx, tx, portal, id); err != nil {
			return err
		}
		if err := handOver(ctx, tx, id); err != nil {
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

// endSessions ends every session of a developer but one; an empty id keeps none.
func endSessions(ctx context.Context, tx portico.Tx, id portico.DeveloperID, keep portico.SessionID) error {
	found, err := tx.Sessions().List(ctx, portico.Everything(portico.Where("developer_id", id)))
	for i := 0; err == nil && i < len(found.Items); i++ {
		if found.Items[i].ID != keep {
			err = tx.Sessions().Delete(ctx, found.Items[i].ID)
		}
	}
	return err
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

func (d Accounts) letters() Letters { return Letters{d.Deps} }

func sessionID(s portico.Session) portico.SessionID         { return s.ID }
func tokenID(t portico.OneTimeToken) portico.OneTimeTokenID { return t.ID }
