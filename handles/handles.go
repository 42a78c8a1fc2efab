package handles

import (
	"context"
	"time"

	"portico"
)

// Book holds the handles of one provider's clients; it implements
// portico.ClientHandles.
type Book struct {
	store    portico.Store
	sealer   portico.Sealer
	now      func() time.Time
	provider portico.ProviderID
}

// Of opens the book of a provider.
func Of(store portico.Store, sealer portico.Sealer, now func() time.Time, provider portico.ProviderID) Book {
	return Book{store: store, sealer: sealer, now: now, provider: provider}
}

// Handle implements portico.ClientHandles.
func (b Book) Handle(ctx context.Context, clientID string) (portico.ClientHandle, error) {
	return b.open(ctx, "client_id", clientID)
}

// HandleOf implements portico.ClientHandles.
func (b Book) HandleOf(ctx context.Context, createKey string) (portico.ClientHandle, error) {
	return b.open(ctx, "create_key", createKey)
}

func (b Book) open(ctx context.Context, field, value string) (portico.ClientHandle, error) {
	var kept portico.KeptHandle
	err := b.store.View(ctx, func(tx portico.Tx) (err error) {
		kept, err = b.find(ctx, tx, field, value)
		return err
	})
	if err != nil {
		return portico.ClientHandle{}, err
	}
	token, err := b.sealer.Open(kept.SealedToken, kept.TokenPlace())
	return portico.ClientHandle{ClientID: kept.ClientID, CreateKey: kept.CreateKey, URI: kept.URI, Token: token}, err
}

// find gives the one handle of the provider that has a value; KindNotFound.
func (b Book) find(ctx context.Context, tx portico.Tx, field, value string) (portico.KeptHandle, error) {
	found, err := tx.ClientHandles().List(ctx, portico.Everything(
		portico.Where("dcr_provider_id", b.provider), portico.Where(field, value)))
	if err != nil {
		return portico.KeptHandle{}, err
	}
	if len(found.Items) == 0 {
		return portico.KeptHandle{}, portico.NotFound("client handle", value)
	}
	return found.Items[0], nil
}

// Keep implements portico.ClientHandles.
func (b Book) Keep(ctx context.Context, h portico.ClientHandle) error {
	return b.store.Update(ctx, func(tx portico.Tx) error {
		kept, err := b.find(ctx, tx, "client_id", h.ClientID)
		isNew := portico.KindOf(err) == portico.KindNotFound
		if err != nil && !isNew {
			return err
		}
		if isNew {
			now := b.now()
			kept = portico.KeptHandle{ID: portico.ClientHandleID(portico.NewID(now)), ProviderID: b.provider, ClientID: h.ClientID, CreatedAt: now, UpdatedAt: now}
		}
		sealed, err := b.sealer.Seal(h.Token, kept.TokenPlace())
		if err != nil {
			return err
		}
		fill := func(k *portico.KeptHandle) error {
			k.CreateKey, k.URI, k.SealedToken = h.CreateKey, h.URI, sealed
			return nil
		}
		if isNew {
			_ = fill(&kept) // cannot fail
			return tx.ClientHandles().Insert(ctx, kept)
		}
		_, err = tx.ClientHandles().Change(ctx, kept.ID, fill)
		return err
	})
}

// Forget implements portico.ClientHandles.
func (b Book) Forget(ctx context.Context, clientID string) error {
	return b.store.Update(ctx, func(tx portico.Tx) error {
		kept, err := b.find(ctx, tx, "client_id", clientID)
		if portico.KindOf(err) == portico.KindNotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return tx.ClientHandles().Delete(ctx, kept.ID)
	})
}
