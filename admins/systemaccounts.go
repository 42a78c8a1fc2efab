package admins

import (
	"context"
	"errors"
	"slices"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// SystemAccounts are the machines that use the management API, and their access
// tokens.
type SystemAccounts struct{ usecase.Deps }

// NewSystemAccount is a system account to create.
type NewSystemAccount struct{ Name, Description string }

// SystemAccountChange is a partial update of a system account.
type SystemAccountChange struct{ Name, Description portico.Opt[string] }

// List returns a page of the system accounts.
func (s SystemAccounts) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.SystemAccount], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[portico.SystemAccount], error) {
		return tx.SystemAccounts().List(ctx, q)
	})
}

// ByID returns a system account. KindNotFound.
func (s SystemAccounts) ByID(ctx context.Context, id portico.SystemAccountID) (portico.SystemAccount, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.SystemAccount, error) { return tx.SystemAccounts().ByID(ctx, id) })
}

// Create adds a system account without tokens and roles. KindConflict (name).
func (s SystemAccounts) Create(ctx context.Context, in NewSystemAccount) (portico.SystemAccount, error) {
	now := s.Now()
	account := portico.SystemAccount{ID: portico.SystemAccountID(s.NewID()), Name: in.Name, Description: in.Description, CreatedAt: now, UpdatedAt: now}
	return account, s.Store.Update(ctx, func(tx portico.Tx) error { return tx.SystemAccounts().Insert(ctx, account) })
}

// Change changes a system account. KindNotFound, KindConflict (name).
func (s SystemAccounts) Change(ctx context.Context, id portico.SystemAccountID, ch SystemAccountChange) (portico.SystemAccount, error) {
	var account portico.SystemAccount
	err := s.Store.Update(ctx, func(tx portico.Tx) (err error) {
		account, err = tx.SystemAccounts().Change(ctx, id, func(to *portico.SystemAccount) error {
			ch.Name.Apply(&to.Name)
			ch.Description.Apply(&to.Description)
			return nil
		})
		return err
	})
	return account, err
}

// Delete removes a system account with its tokens and roles. KindNotFound.
func (s SystemAccounts) Delete(ctx context.Context, id portico.SystemAccountID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error { return tx.SystemAccounts().Delete(ctx, id) })
}

// IssuedMachineToken is a new access token of a system account; Value is shown
// here and kept nowhere.
type IssuedMachineToken struct {
	portico.SystemAccountToken
	Value secret.Text
}

// Tokens returns a page of a system account's access tokens. They can be filtered
// by name. KindNotFound (account).
func (s SystemAccounts) Tokens(ctx context.Context, id portico.SystemAccountID, q portico.ListQuery) (portico.Page[portico.SystemAccountToken], error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.Page[portico.SystemAccountToken], error) {
		if _, err := tx.SystemAccounts().ByID(ctx, id); err != nil {
			return portico.Page[portico.SystemAccountToken]{}, err
		}
		q.Filters = append(slices.Clone(q.Filters), portico.Where("system_account_id", id))
		return tx.SystemAccountTokens().List(ctx, q)
	})
}

// Token returns one of them. KindNotFound.
func (s SystemAccounts) Token(ctx context.Context, id portico.SystemAccountID, token portico.SystemAccountTokenID) (portico.SystemAccountToken, error) {
	return usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.SystemAccountToken, error) { return machineToken(ctx, tx, id, token) })
}

func machineToken(ctx context.Context, tx portico.Tx, id portico.SystemAccountID, token portico.SystemAccountTokenID) (portico.SystemAccountToken, error) {
	if _, err := tx.SystemAccounts().ByID(ctx, id); err != nil {
		return portico.SystemAccountToken{}, err
	}
	t, err := tx.SystemAccountTokens().ByID(ctx, token)
	if err == nil && t.SystemAccountID != id {
		return portico.SystemAccountToken{}, portico.NotFound("access token", token)
	}
	return t, err
}

// CreateToken issues an access token. KindNotFound (account), KindConflict (the
// account has one with this name).
func (s SystemAccounts) CreateToken(ctx context.Context, id portico.SystemAccountID, name string, expires time.Time) (IssuedMachineToken, error) {
	now, value := s.Now(), secret.Token(machineTokenPrefix)
	token := portico.SystemAccountToken{
		ID: portico.SystemAccountTokenID(s.NewID()), SystemAccountID: id, Name: name, Digest: value.Digest(), ExpiresAt: expires, CreatedAt: now, UpdatedAt: now,
	}
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := tx.SystemAccounts().ByID(ctx, id); err != nil {
			return err
		}
		return nameTaken(tx.SystemAccountTokens().Insert(ctx, token))
	})
	if err != nil {
		return IssuedMachineToken{}, err
	}
	return IssuedMachineToken{SystemAccountToken: token, Value: value}, nil
}

// RenameToken gives an access token another name. KindNotFound, KindConflict.
func (s SystemAccounts) RenameToken(ctx context.Context, id portico.SystemAccountID, token portico.SystemAccountTokenID, name string) (portico.SystemAccountToken, error) {
	var changed portico.SystemAccountToken
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := machineToken(ctx, tx, id, token); err != nil {
			return err
		}
		var err error
		changed, err = tx.SystemAccountTokens().Change(ctx, token, func(to *portico.SystemAccountToken) error {
			to.Name = name
			return nil
		})
		return nameTaken(err)
	})
	return changed, err
}

// nameTaken names the conflict that the store finds: of an account's tokens only
// the names can collide.
func nameTaken(err error) error {
	if conflict, is := errors.AsType[*portico.Error](err); is && conflict.Kind == portico.KindConflict {
		return conflict.Named(tokenNameTaken)
	}
	return err
}

// DeleteToken ends an access token for good. KindNotFound.
func (s SystemAccounts) DeleteToken(ctx context.Context, id portico.SystemAccountID, token portico.SystemAccountTokenID) error {
	return s.Store.Update(ctx, func(tx portico.Tx) error {
		if _, err := machineToken(ctx, tx, id, token); err != nil {
			return err
		}
		return tx.SystemAccountTokens().Delete(ctx, token)
	})
}
