package admins

import (
	"context"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// ReissueToken gives the admin with this address a new access token in place of
// the one of the same name, for whoever runs the machine and holds none.
// KindNotFound, KindConflict (too many tokens).
func (a Accounts) ReissueToken(ctx context.Context, email, name string, life time.Duration) (secret.Text, error) {
	user, err := usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.User, error) { return byAddress(ctx, tx, email) })
	if err != nil {
		return secret.Text{}, err
	}
	token := a.newToken(user.ID, name, a.Now().Add(life))
	err = a.Store.Update(ctx, func(tx portico.Tx) error {
		id := func(t portico.AccessToken) portico.AccessTokenID { return t.ID }
		if err := usecase.DeleteAll(ctx, tx.AccessTokens(), id, portico.Where("user_id", user.ID), portico.Where("name", name)); err != nil {
			return err
		}
		return insertToken(ctx, tx, token.AccessToken)
	})
	if err != nil {
		return secret.Text{}, err
	}
	return token.Value, nil
}
