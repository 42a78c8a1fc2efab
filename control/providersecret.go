package control

import (
	"context"
	"slices"
	"time"

	"portico"
	"portico/usecase"
)

// SecretStored is when a provider's credential was stored, and by whom, as far
// as the audit log remembers.
type SecretStored struct {
	At time.Time
	By string // empty: it does not remember
}

// recentChanges is how far back SecretStored looks in the audit log.
const recentChanges = 100

// SecretStored says when the credential of a provider was stored last.
// KindNotFound.
func (p Providers) SecretStored(ctx context.Context, id portico.ProviderID) (SecretStored, error) {
	return usecase.View(ctx, p.Store, func(tx portico.Tx) (SecretStored, error) {
		provider, err := tx.Providers().ByID(ctx, id)
		if err != nil {
			return SecretStored{}, err
		}
		entries, err := tx.AuditEntries(ctx, portico.AuditQuery{Size: recentChanges, Filters: []portico.Filter{portico.Where("resource", "krn:portico:dcr-provider/"+string(id))}})
		for _, e := range entries {
			if e.Granted && slices.ContainsFunc(e.Changes, func(c portico.AuditChange) bool { return storesSecret(c, id) }) {
				return SecretStored{At: e.At, By: e.Event.Principal.Name}, err
			}
		}
		return SecretStored{At: provider.UpdatedAt}, err
	})
}

// storesSecret says whether a change gave a provider its credential.
func storesSecret(c portico.AuditChange, id portico.ProviderID) bool {
	return c.ID == string(id) && slices.ContainsFunc(c.Fields, func(f portico.AuditField) bool { return f.Name == "sealed_secret" && f.New != nil })
}
