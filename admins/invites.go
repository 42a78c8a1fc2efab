package admins

import (
	"context"
	"strings"
	"time"

	"portico"
	"portico/password"
	"portico/secret"
	"portico/usecase"
)

// Invites are how somebody becomes a user: an admin invites, a mail brings the
// link, and whoever follows it sets his name and password.
type Invites struct{ usecase.Deps }

const (
	inviteLife  = 7 * 24 * time.Hour
	inviteAgain = time.Minute // until the same address can be mailed again
)

// NewInvite is somebody to invite.
type NewInvite struct {
	Email   string
	TeamIDs []portico.AdminTeamID // the new user will be in
}

// Invited is a new invitation. Link opens it where no mail brings it, because
// there is no mail server; it is empty otherwise, and kept nowhere.
type Invited struct {
	portico.Invite
	Link secret.Text
}

// Create invites somebody, again if he was invited before: then only the newest
// link works. KindConflict (the address has a user), KindInvalid (a team),
// KindTooMany (invited a moment ago).
func (i Invites) Create(ctx context.Context, in NewInvite) (Invited, error) {
	now, token := i.Now(), secret.Token("")
	invite := portico.Invite{
		ID: portico.InviteID(i.NewID()), Email: strings.ToLower(in.Email), Digest: token.Digest(), TeamIDs: in.TeamIDs,
		ExpiresAt: now.Add(inviteLife), CreatedAt: now, UpdatedAt: now,
	}
	if by := From(ctx); by.IsUser() {
		invite.InviterID = &by.User.ID
	}
	var letter *portico.Message
	err := i.CommitAndMail(ctx, func(tx portico.Tx) (*portico.Message, error) {
		if _, found, err := userBy(ctx, tx, invite.Email); err != nil {
			return nil, err
		} else if found {
			return nil, portico.Errorf(portico.KindConflict, "There is a user with the address [%s] already; nobody was invited.", invite.Email)
		}
		for _, team := range invite.TeamIDs {
			if _, err := tx.AdminTeams().ByID(ctx, team); err != nil {
				return nil, usecase.Missing(err, "team_ids", "There is no team with the id ["+string(team)+"].")
			}
		}
		before, err := tx.Invites().List(ctx, first(portico.Where("email", invite.Email)))
		if err != nil {
			return nil, err
		}
		for _, old := range before.Items {
			if wait := old.CreatedAt.Add(inviteAgain).Sub(now); wait > 0 {
				return nil, &portico.Error{Kind: portico.KindTooMany, RetryAfter: wait, Code: "too_many_tries",
					Detail: "This address was invited a moment ago; no further mail was sent. Try again in a minute."}
			}
			if err := tx.Invites().Delete(ctx, old.ID); err != nil {
				return nil, err
			}
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return nil, err
		}
		letter = compose(i.Deps, o, invite.Email, invitation(ctx), token)
		return letter, tx.Invites().Insert(ctx, invite)
	})
	if err != nil {
		return Invited{}, err
	}
	made := Invited{Invite: invite}
	if i.NoMail {
		made.Link = secret.New(letter.Link)
	}
	return made, nil
}

// List returns a page of the invitations that nobody has accepted yet. They can
// be filtered by email.
func (i Invites) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.Invite], error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Page[portico.Invite], error) { return tx.Invites().List(ctx, q) })
}

// Delete takes an invitation back: its link opens nothing. KindNotFound.
func (i Invites) Delete(ctx context.Context, id portico.InviteID) error {
	return i.Store.Update(ctx, func(tx portico.Tx) error { return tx.Invites().Delete(ctx, id) })
}

// ByToken is the invitation of a link. KindNotFound, KindGone (too old).
func (i Invites) ByToken(ctx context.Context, token secret.Text) (portico.Invite, error) {
	return usecase.View(ctx, i.Store, func(tx portico.Tx) (portico.Invite, error) { return i.byToken(ctx, tx, token) })
}

func (i Invites) byToken(ctx context.Context, tx portico.Tx, token secret.Text) (portico.Invite, error) {
	found, err := tx.Invites().List(ctx, first(portico.Where("digest", token.Digest().Hex())))
	switch {
	case err != nil:
		return portico.Invite{}, err
	case len(found.Items) == 0:
		return portico.Invite{}, unknownLink()
	case !i.Now().Before(found.Items[0].ExpiresAt):
		return portico.Invite{}, expiredLink()
	}
	return found.Items[0], nil
}

func unknownLink() error {
	return portico.Errorf(portico.KindNotFound, "This link is not valid, or it was used before. Ask for a new one.").Named("link_unknown")
}

func expiredLink() error {
	return portico.Errorf(portico.KindGone, "This link has expired. Ask for a new one.").Named("link_expired")
}

// Accept makes the user who was invited, a member of the teams that are still
// there. KindNotFound, KindGone, KindInvalid (the password), KindConflict (the
// address has a user meanwhile), KindForbidden (there are no passwords: whoever
// is invited signs in by single sign-on).
func (i Invites) Accept(ctx context.Context, token secret.Text, fullName string, pass secret.Text) (portico.User, error) {
	// Read before the hash is made: making one is expensive, on purpose.
	invite, err := i.ByToken(ctx, token)
	if err != nil {
		return portico.User{}, err
	}
	hash, err := newHash(pass, invite.Email)
	if err != nil {
		return portico.User{}, err
	}
	now := i.Now()
	user := portico.User{
		ID: portico.UserID(i.NewID()), Email: invite.Email, FullName: fullName, Active: true, PasswordHash: hash, CreatedAt: now, UpdatedAt: now,
	}
	return user, i.Store.Update(ctx, func(tx portico.Tx) error {
		invite, err := i.byToken(ctx, tx, token)
		if err != nil {
			return err
		}
		if err := passwordsWork(ctx, tx, portico.KindForbidden); err != nil {
			return err
		}
		if err := tx.Users().Insert(ctx, user); err != nil {
			return err
		}
		return i.welcome(ctx, tx, invite, user.ID)
	})
}

// welcome uses an invitation up.
func (i Invites) welcome(ctx context.Context, tx portico.Tx, invite portico.Invite, user portico.UserID) error {
	for _, team := range invite.TeamIDs {
		switch _, err := tx.AdminTeams().ByID(ctx, team); {
		case portico.KindOf(err) == portico.KindNotFound:
			continue
		case err != nil:
			return err
		}
		if err := join(ctx, tx, i.Deps, team, OfUser(user)); err != nil {
			return err
		}
	}
	return tx.Invites().Delete(ctx, invite.ID)
}

// newHash is the hash of a password that is good enough. KindInvalid.
func newHash(pass secret.Text, email string) (string, error) {
	if err := password.Check("password", pass, email); err != nil {
		return "", err
	}
	return password.Hash(pass)
}
