package admins

import (
	"context"
	"strings"

	"portico"
	"portico/usecase"
)

// Users are the organization's people. They come by invitation (Invites) or by
// single sign-on.
type Users struct{ usecase.Deps }

// UserChange is a partial update of how a user is called.
type UserChange struct{ FullName, PreferredName portico.Opt[string] }

// List returns a page of the users. They can be filtered by all fields of the
// contract, and by name_and_email, where a part of either can be looked for.
func (u Users) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.User], error) {
	return usecase.View(ctx, u.Store, func(tx portico.Tx) (portico.Page[portico.User], error) { return tx.Users().List(ctx, q) })
}

// ByID returns a user. KindNotFound.
func (u Users) ByID(ctx context.Context, id portico.UserID) (portico.User, error) {
	return usecase.View(ctx, u.Store, func(tx portico.Tx) (portico.User, error) { return tx.Users().ByID(ctx, id) })
}

// Change changes how a user is called. KindNotFound.
func (u Users) Change(ctx context.Context, id portico.UserID, ch UserChange) (portico.User, error) {
	return u.change(ctx, id, func(to *portico.User) {
		ch.FullName.Apply(&to.FullName)
		ch.PreferredName.Apply(&to.PreferredName)
	})
}

// SetActive lets a user in or keeps him out; whoever is kept out is signed out,
// and his access tokens open nothing until he is let in again. KindNotFound,
// KindConflict (the last organization admin).
func (u Users) SetActive(ctx context.Context, id portico.UserID, active bool) (portico.User, error) {
	return u.change(ctx, id, func(to *portico.User) { to.Active = active })
}

func (u Users) change(ctx context.Context, id portico.UserID, write func(*portico.User)) (portico.User, error) {
	var user portico.User
	err := u.Store.Update(ctx, func(tx portico.Tx) (err error) {
		user, err = tx.Users().Change(ctx, id, func(to *portico.User) error {
			write(to)
			return nil
		})
		if err != nil || user.Active {
			return err
		}
		if err := endSessions(ctx, tx, id, ""); err != nil {
			return err
		}
		return keepsAdmin(ctx, tx)
	})
	return user, err
}

// Delete removes a user with his sessions, access tokens and roles. What he has
// made stays. If he owns the organization, another of its admins does from now
// on. KindNotFound, KindConflict (the last organization admin).
func (u Users) Delete(ctx context.Context, id portico.UserID) error {
	return u.Store.Update(ctx, func(tx portico.Tx) error {
		if err := tx.Users().Delete(ctx, id); err != nil {
			return err
		}
		if err := keepsAdmin(ctx, tx); err != nil {
			return err
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil || o.OwnerID != id {
			return err
		}
		admins, err := activeAdmins(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.Organizations().Change(ctx, o.ID, func(to *portico.Organization) error {
			to.OwnerID = *admins[0].UserID
			return nil
		})
		return err
	})
}

// activeAdmins are the organization admins who may sign in, by membership.
func activeAdmins(ctx context.Context, tx portico.Tx) ([]portico.AdminTeamMember, error) {
	found, err := tx.AdminTeamMembers().List(ctx, portico.Everything(portico.Where("team_id", portico.OrganizationAdmins), portico.Where("active", "true")))
	return found.Items, err
}

// keepsAdmin refuses a change after which nobody could administer the
// organization: KindConflict.
func keepsAdmin(ctx context.Context, tx portico.Tx) error {
	admins, err := activeAdmins(ctx, tx)
	if err == nil && len(admins) == 0 {
		err = portico.Errorf(portico.KindConflict, "This is the last active organization admin; nothing was changed. Make somebody else an organization admin first.").Named("last_admin")
	}
	return err
}

// userBy finds the user with an address.
func userBy(ctx context.Context, tx portico.Tx, email string) (user portico.User, found bool, err error) {
	same, err := tx.Users().List(ctx, first(portico.Where("email", strings.ToLower(email))))
	if err != nil || len(same.Items) == 0 {
		return portico.User{}, false, err
	}
	return same.Items[0], true, nil
}

// byAddress is userBy for somebody who must be there: KindNotFound.
func byAddress(ctx context.Context, tx portico.Tx, email string) (portico.User, error) {
	user, found, err := userBy(ctx, tx, email)
	if err == nil && !found {
		err = portico.Errorf(portico.KindNotFound, "There is no admin with the address [%s].", email)
	}
	return user, err
}
