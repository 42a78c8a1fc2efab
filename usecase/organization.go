package usecase

import (
	"context"

	"portico"
)

// Organization returns the one that there is; KindNotFound before it is founded.
func Organization(ctx context.Context, tx portico.Tx) (portico.Organization, error) {
	all, err := tx.Organizations().List(ctx, portico.ListQuery{Size: 1, Number: 1})
	if err == nil && len(all.Items) == 0 {
		err = portico.Errorf(portico.KindNotFound, "There is no organization yet.")
	}
	return One(all.Items, err)
}
