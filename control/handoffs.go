package control

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Handoffs bring new credentials from the request that makes them to the page
// that shows them, in one browser and for a short time. The id of a hand-off is
// in the form that asks for the credentials, so a form that is sent twice makes
// one client.
type Handoffs struct{ saga }

// HandoffLife is how long credentials can be looked at, from when they were
// made or from when the developer last asked for more time.
const HandoffLife = 10 * time.Minute

// Begin chooses the id of a hand-off and the key that opens it: base64url of 32
// bytes. The key is for the browser alone; it is kept nowhere.
func (h Handoffs) Begin() (portico.HandoffID, secret.Text) {
	var key [32]byte
	rand.Read(key[:]) // never fails: crypto/rand aborts the program instead
	return portico.HandoffID(h.NewID()), secret.New(base64.RawURLEncoding.EncodeToString(key[:]))
}

// Delivery is what a hand-off carries.
type Delivery struct {
	ApplicationID portico.ApplicationID
	Type          string // ClientSecret or APIKey
	ClientID      string // with ClientSecret
	Value         secret.Text
	Replaced      bool // it took the place of another one, which no longer works
	First         bool // the application was made along with it
}

// Handoff is a hand-off as its developer finds it.
type Handoff struct {
	portico.Handoff
	Delivery *Delivery // nil while the credentials are being made
	Stuck    bool      // they are not going to come: whoever made them was interrupted
}

// Deliver makes credentials with issue and seals them for the holder of the
// key. Once an id is taken, issue is not called again: began is false, and
// Open tells how far the first request is. When issue fails, the id is free
// again. KindNotFound: the id is somebody else's. KindInvalid: the key is none.
func (h Handoffs) Deliver(ctx context.Context, developer portico.Developer, id portico.HandoffID, key secret.Text, issue func(context.Context) (Delivery, error)) (began bool, err error) {
	box, err := newBox(key)
	if err != nil || !portico.IsID(string(id)) {
		return false, lostKey()
	}
	if began, err = h.reserve(ctx, developer, id); err != nil || !began {
		return false, err
	}
	// Whoever goes away meanwhile finds the credentials when they come back.
	ctx = context.WithoutCancel(ctx)
	made, err := issue(ctx)
	if err != nil {
		return false, errors.Join(err, h.Store.Update(ctx, func(tx portico.Tx) error { return tx.Handoffs().Delete(ctx, id) }))
	}
	sealed, err := box.seal(made, id, developer.ID)
	if err != nil {
		return false, err
	}
	return true, h.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Handoffs().Change(ctx, id, func(to *portico.Handoff) error {
			to.ApplicationID, to.Sealed, to.ExpiresAt = &made.ApplicationID, sealed, h.Now().Add(HandoffLife)
			return nil
		})
		return err
	})
}

// reserve takes the id, unless it is taken.
func (h Handoffs) reserve(ctx context.Context, developer portico.Developer, id portico.HandoffID) (began bool, err error) {
	err = h.Store.Update(ctx, func(tx portico.Tx) error {
		began = false
		_, err := h.of(ctx, tx, developer, id)
		if err == nil || portico.KindOf(err) != portico.KindNotFound {
			return err
		}
		now := h.Now()
		began = true
		return tx.Handoffs().Insert(ctx, portico.Handoff{ID: id, PortalID: developer.PortalID, DeveloperID: developer.ID, ExpiresAt: now.Add(HandoffLife), CreatedAt: now, UpdatedAt: now})
	})
	if portico.KindOf(err) == portico.KindConflict && err != nil { // the same form, at the same moment
		return false, nil
	}
	return began, err
}

// Open shows what a hand-off carries, as often as wanted until it ends.
// KindGone: it has ended, is somebody else's, or the browser does not have its
// key.
func (h Handoffs) Open(ctx context.Context, developer portico.Developer, id portico.HandoffID, key secret.Text) (Handoff, error) {
	found, err := usecase.View(ctx, h.Store, func(tx portico.Tx) (portico.Handoff, error) { return h.of(ctx, tx, developer, id) })
	if portico.KindOf(err) == portico.KindNotFound {
		return Handoff{}, handoffOver()
	}
	if err != nil {
		return Handoff{}, err
	}
	if len(found.Sealed) == 0 {
		return Handoff{Handoff: found, Stuck: h.Now().After(found.CreatedAt.Add(h.Lease()))}, nil
	}
	box, err := newBox(key)
	if err != nil {
		return Handoff{}, handoffOver()
	}
	made, err := box.open(found.Sealed, id, developer.ID)
	if err != nil {
		return Handoff{}, handoffOver()
	}
	return Handoff{Handoff: found, Delivery: &made}, nil
}

// Extend lets the credentials be looked at for another HandoffLife. KindGone.
func (h Handoffs) Extend(ctx context.Context, developer portico.Developer, id portico.HandoffID, key secret.Text) error {
	if _, err := h.Open(ctx, developer, id, key); err != nil {
		return err
	}
	return h.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Handoffs().Change(ctx, id, func(to *portico.Handoff) error {
			to.ExpiresAt = h.Now().Add(HandoffLife)
			return nil
		})
		return err
	})
}

// End takes the credentials away: nobody sees them again. One that has ended is
// a success.
func (h Handoffs) End(ctx context.Context, developer portico.Developer, id portico.HandoffID) error {
	return h.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := h.of(ctx, tx, developer, id)
		if err == nil {
			err = tx.Handoffs().Delete(ctx, id)
		}
		if portico.KindOf(err) == portico.KindNotFound {
			return nil
		}
		return err
	})
}

// Waiting finds the newest hand-off of an application's credentials that the
// developer has not confirmed; ok is false when there is none.
func (h Handoffs) Waiting(ctx context.Context, developer portico.Developer, app portico.ApplicationID) (found portico.Handoff, ok bool, err error) {
	all, err := usecase.View(ctx, h.Store, func(tx portico.Tx) (portico.Page[portico.Handoff], error) {
		return tx.Handoffs().List(ctx, portico.Everything(portico.Where("application_id", app), portico.Where("developer_id", developer.ID)))
	})
	for _, handoff := range all.Items {
		if h.Now().Before(handoff.ExpiresAt) {
			found, ok = handoff, true
		}
	}
	return found, ok, err
}

// Sweep removes the hand-offs whose time is over.
func (h Handoffs) Sweep(ctx context.Context) error {
	over := portico.Filter{Field: "expires_at", Op: portico.OpLessEqual, Values: []string{h.Now().UTC().Format(time.RFC3339Nano)}}
	return h.Store.Update(ctx, func(tx portico.Tx) error {
		return usecase.DeleteAll(ctx, tx.Handoffs(), func(h portico.Handoff) portico.HandoffID { return h.ID }, over)
	})
}

// of returns a developer's hand-off that has not ended; KindNotFound.
func (h Handoffs) of(ctx context.Context, tx portico.Tx, developer portico.Developer, id portico.HandoffID) (portico.Handoff, error) {
	found, err := tx.Handoffs().ByID(ctx, id)
	if err != nil {
		return portico.Handoff{}, err
	}
	if found.DeveloperID != developer.ID || !h.Now().Before(found.ExpiresAt) {
		return portico.Handoff{}, portico.NotFound("hand-off", id)
	}
	return found, nil
}

func handoffOver() error {
	return portico.Errorf(portico.KindGone, "These credentials are not shown any more: their time is over, they were confirmed, or this is another browser than the one they were made in. Create a new credential if you did not store them.").Named("handoff_over")
}

func lostKey() error {
	return portico.Errorf(portico.KindInvalid, "The form is too old, or the browser keeps no cookies; nothing was created. Open the form again and send that.").Named("handoff_key_lost")
}

// box seals what one key opens.
type box struct{ aead cipher.AEAD }

func newBox(key secret.Text) (box, error) {
	raw, err := base64.RawURLEncoding.DecodeString(key.Reveal())
	if err != nil || len(raw) != 32 {
		return box{}, errors.New("no key of a hand-off")
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return box{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return box{aead}, err
}

// sealedDelivery is a Delivery in its sealed form.
type sealedDelivery struct {
	ApplicationID portico.ApplicationID `json:"a"`
	Type          string                `json:"t"`
	ClientID      string                `json:"c"`
	Value         string                `json:"v"`
	Replaced      bool                  `json:"r"`
	First         bool                  `json:"f"`
}

// place binds what is sealed to its hand-off and developer: it opens nowhere else.
func (b box) place(id portico.HandoffID, developer portico.DeveloperID) []byte {
	return fmt.Appendf(nil, "hand-off %s of %s", id, developer)
}

func (b box) seal(d Delivery, id portico.HandoffID, developer portico.DeveloperID) ([]byte, error) {
	plain, err := json.Marshal(sealedDelivery{d.ApplicationID, d.Type, d.ClientID, d.Value.Reveal(), d.Replaced, d.First})
	if err != nil {
		return nil, err
	}
	return b.aead.Seal(nil, nil, plain, b.place(id, developer)), nil
}

func (b box) open(sealed []byte, id portico.HandoffID, developer portico.DeveloperID) (Delivery, error) {
	plain, err := b.aead.Open(nil, nil, sealed, b.place(id, developer))
	if err != nil {
		return Delivery{}, err
	}
	var d sealedDelivery
	if err := json.Unmarshal(plain, &d); err != nil {
		return Delivery{}, err
	}
	return Delivery{d.ApplicationID, d.Type, d.ClientID, secret.New(d.Value), d.Replaced, d.First}, nil
}
