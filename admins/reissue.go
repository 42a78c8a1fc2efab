package admins

import (
	"context"
	"strings"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// ReissueToken gives the admin with this address a new access token in place of
// the one of the same name, for whoever runs the machine and holds none.
// KindNotFound, KindConflict (too many tokens).
func (a Accounts) ReissueToken(ctx context.Context, email, name string, life time.Duration) (secret.Text, error) {
	user, err := usecase.View(ctx, a.Store, func(tx portico.Tx) (portico.User, error) {
		found, err := tx.Users().List(ctx, portico.Everything(portico.Where("email", strings.ToLower(email))))
		if err == nil && len(found.Items) == 0 {
			err = portico.Errorf(portico.KindNotFound, "There is no admin with the address [%s].", email)
		}
		if err != nil {
			return portico.User{}, err
		}
		return found.Items[0], nil
	})
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
