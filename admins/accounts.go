package admins

import (
	"cmp"
	"context"
	"net/mail"
	"regexp"
	"strings"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Accounts are the organization, its admins and their access tokens.
type Accounts struct{ usecase.Deps }

// The prefixes of access tokens, of users and of system accounts, by which a
// leaked one is recognised.
const (
	tokenPrefix        = "kpat_"
	machineTokenPrefix = "spat_"
)

// Founding is what a new installation begins with.
type Founding struct {
	Organization  string
	Email         string      // the first admin's
	FullName      string      // empty: the address
	Password      secret.Text // empty: the admin cannot sign in by password
	NoToken       bool        // the admin gets no access token
	TokenName     string
	TokenLifetime time.Duration
}

// check refuses what no admin could work with.
func (f Founding) check() error {
	var faults []portico.InvalidParameter
	if address, err := mail.ParseAddress(f.Email); err != nil || address.Address != f.Email {
		faults = append(faults, portico.InvalidParameter{Field: "email", Rule: "invalid", Reason: "must be an e-mail address such as you@example.com"})
	}
	for field, value := range map[string]string{"name": f.TokenName, "organization": f.Organization} {
		if strings.TrimSpace(value) == "" && (field != "name" || !f.NoToken) {
			faults = append(faults, portico.InvalidParameter{Field: field, Rule: "min_length", Minimum: new(1), Reason: "must not be empty"})
		}
	}
	if f.TokenLifetime <= 0 && !f.NoToken {
		faults = append(faults, portico.InvalidParameter{Field: "life", Rule: "min", Minimum: new(1), Reason: "must be a time to come, such as 24h"})
	}
	if len(faults) > 0 {
		return portico.InvalidAll(faults...)
	}
	return nil
}

// Founded is a new installation. Token is the first admin's access token, if one
// was wanted; it is shown here and kept nowhere.
type Founded struct {
	Organization portico.Organization
	User         portico.User
	Token        secret.Text
}

// Bootstrap creates the organization, its first admin and his access token, all
// or nothing; KindConflict when there is an organization already, KindInvalid
// for what Founding's check refuses, and for a password that is too weak.
func (a Accounts) Bootstrap(ctx context.Context, in Founding) (Founded, error) {
	if err := in.check(); err != nil {
		return Founded{}, err
	}
	var hash string
	if !in.Password.Empty() {
		var err error
		if hash, err = newHash(in.Password, in.Email); err != nil {
			return Founded{}, err
		}
	}
	now := a.Now()
	user := portico.User{
		ID: portico.UserID(a.NewID()), Email: strings.ToLower(in.Email), FullName: cmp.Or(in.FullName, in.Email),
		Active: true, PasswordHash: hash, CreatedAt: now, UpdatedAt: now,
	}
	organization := portico.Organization{
		ID: portico.OrganizationID(a.NewID()), Name: in.Organization, OwnerID: user.ID, PasswordSignIn: true, TeamsByHand: true, CreatedAt: now, UpdatedAt: now,
	}
	member := portico.AdminTeamMember{ID: portico.AdminTeamMemberID(a.NewID()), TeamID: portico.OrganizationAdmins, UserID: &user.ID, CreatedAt: now}
	token := a.newToken(user.ID, in.TokenName, now.Add(in.TokenLifetime))
	err := a.Store.Update(ctx, func(tx portico.Tx) error {
		there, err := tx.Organizations().List(ctx, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return err
		}
		if there.Total > 0 {
			return portico.Errorf(portico.KindConflict, "The organization [%s] exists already; nothing was changed.", there.Items[0].Name)
		}
		if err := tx.Users().Insert(ctx, user); err != nil {
			return err
		}
		if err := tx.AdminTeamMembers().Insert(ctx, member); err != nil {
			return err
		}
		if err := tx.Organizations().Insert(ctx, organization); err != nil {
			return err
		}
		if in.NoToken {
			return nil
		}
		return tx.AccessTokens().Insert(ctx, token.AccessToken)
	})
	if err != nil {
		return Founded{}, err
	}
	if in.NoToken {
		return Founded{Organization: organization, User: user}, nil
	}
	return Founded{Organization: organization, User: user, Token: token.Value}, nil
}

// Organization returns the organization; KindNotFound before Bootstrap.
func (a Accounts) Organization(ctx context.Context) (portico.Organization, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Organization, error) { return usecase.Organization(ctx, tx) })
}

// Rename gives the organization another name; KindNotFound before Bootstrap.
func (a Accounts) Rename(ctx context.Context, name string) error {
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		o, err := usecase.Organization(ctx, tx)
		if err != nil {
			return err
		}
		_, err = tx.Organizations().Change(ctx, o.ID, func(to *portico.Organization) error {
			to.Name = name
			return nil
		})
		return err
	})
}

// IssuedToken is a new access token; Value is shown here and kept nowhere.
type IssuedToken struct {
	portico.AccessToken
	Value secret.Text
}

func (a Accounts) newToken(user portico.UserID, name string, expires time.Time) IssuedToken {
	now, value := a.Now(), secret.Token(tokenPrefix)
	return IssuedToken{Value: value, AccessToken: portico.AccessToken{
		ID: portico.AccessTokenID(a.NewID()), UserID: user, Name: name, Digest: value.Digest(),
		ExpiresAt: expires, CreatedAt: now, UpdatedAt: now,
	}}
}

var tokenName = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N} _\-.']*[\p{L}\p{N}]$`)

// TokenName is how the name of a user's access token is written (contract:
// identity v3, create-personal-access-token).
func TokenName() *regexp.Regexp { return tokenName }

// CreateToken issues an access token; KindConflict for a name the user has
// given already, or when the user has as many as allowed.
func (a Accounts) CreateToken(ctx context.Context, user portico.UserID, name string, expires time.Time) (IssuedToken, error) {
	token := a.newToken(user, name, expires)
	err := a.Store.Update(ctx, func(tx portico.Tx) error { return insertToken(ctx, tx, token.AccessToken) })
	if err != nil {
		return IssuedToken{}, err
	}
	return token, nil
}

// insertToken keeps a new token, if its user may have it.
func insertToken(ctx context.Context, tx portico.Tx, token portico.AccessToken) error {
	tokens, err := otherTokens(ctx, tx, token)
	if err != nil {
		return err
	}
	if len(tokens) >= portico.MaxAccessTokens {
		return portico.Errorf(portico.KindConflict, "The user has %d access tokens, the most that one user may have; nothing was created. Delete one first.", len(tokens)).Named("token_limit")
	}
	return tx.AccessTokens().Insert(ctx, token)
}

// tokenNameTaken names the refusal of an access token whose owner has another
// one of that name.
const tokenNameTaken = "token_name_taken"

// otherTokens returns the user's other tokens; KindConflict when one of them
// has the same name.
func otherTokens(ctx context.Context, tx portico.Tx, t portico.AccessToken) ([]portico.AccessToken, error) {
	all, err := tx.AccessTokens().List(ctx, portico.Everything(portico.Where("user_id", t.UserID)))
	if err != nil {
		return nil, err
	}
	var others []portico.AccessToken
	for _, other := range all.Items {
		if other.ID == t.ID {
			continue
		}
		if other.Name == t.Name {
			return nil, portico.Errorf(portico.KindConflict, "The user has an access token named [%s] already; nothing was changed. Choose another name.", t.Name).Named(tokenNameTaken)
		}
		others = append(others, other)
	}
	return others, nil
}

// Tokens returns a page of a user's access tokens.
func (a Accounts) Tokens(ctx context.Context, user portico.UserID, q portico.ListQuery) (portico.Page[portico.AccessToken], error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.Page[portico.AccessToken], error) {
		q.Filters = append(q.Filters, portico.Where("user_id", user))
		return tx.AccessTokens().List(ctx, q)
	})
}

// Token returns a user's access token; KindNotFound.
func (a Accounts) Token(ctx context.Context, user portico.UserID, id portico.AccessTokenID) (portico.AccessToken, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.AccessToken, error) {
		t, err := tx.AccessTokens().ByID(ctx, id)
		if err == nil && t.UserID != user {
			return portico.AccessToken{}, portico.NotFound("access token", id)
		}
		return t, err
	})
}

// RenameToken gives a user's access token another name; KindNotFound, KindConflict.
func (a Accounts) RenameToken(ctx context.Context, user portico.UserID, id portico.AccessTokenID, name string) (portico.AccessToken, error) {
	return a.changeToken(ctx, user, id, func(t *portico.AccessToken) { t.Name = name })
}

// RevokeToken ends a user's access token for good; KindNotFound.
func (a Accounts) RevokeToken(ctx context.Context, user portico.UserID, id portico.AccessTokenID) (portico.AccessToken, error) {
	return a.changeToken(ctx, user, id, func(t *portico.AccessToken) { t.Revoked = true })
}

func (a Accounts) changeToken(ctx context.Context, user portico.UserID, id portico.AccessTokenID, write func(*portico.AccessToken)) (portico.AccessToken, error) {
	var changed portico.AccessToken
	err := a.Store.Update(ctx, func(tx portico.Tx) error {
		var err error
		changed, err = tx.AccessTokens().Change(ctx, id, func(t *portico.AccessToken) error {
			if t.UserID != user {
				return portico.NotFound("access token", id)
			}
			write(t)
			return nil
		})
		if err != nil {
			return err
		}
		_, err = otherTokens(ctx, tx, changed)
		return err
	})
	return changed, err
}

// DeleteToken removes a user's access token; KindNotFound.
func (a Accounts) DeleteToken(ctx context.Context, user portico.UserID, id portico.AccessTokenID) error {
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		t, err := tx.AccessTokens().ByID(ctx, id)
		if err != nil {
			return err
		}
		if t.UserID != user {
			return portico.NotFound("access token", id)
		}
		return tx.AccessTokens().Delete(ctx, id)
	})
}
