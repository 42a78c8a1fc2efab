package developers

import (
	"context"

	"portico"
)

// CheckLink says whether a mailed token still works, without using it up: a page
// asks before it asks for a password. KindNotFound, KindGone.
func (d Accounts) CheckLink(ctx context.Context, portal portico.PortalID, token string, purpose portico.TokenPurpose) error {
	return d.Store.View(ctx, func(tx portico.Tx) error {
		_, _, err := d.lookUp(ctx, tx, portal, token, purpose)
		return err
	})
}
