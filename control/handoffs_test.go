package control_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico"
	"portico/control"
	"portico/secret"
)

const handedSecret = "s3cr3t-that-is-handed-over"

// delivery is what a test hands over for a real application.
func (h *house) delivery(t testing.TB) control.Delivery {
	t.Helper()
	app := h.register(t, "handed "+portico.NewID(h.clock.Now()))
	return control.Delivery{ApplicationID: app.ID, Type: control.ClientSecret, ClientID: app.ClientID, Value: secret.New(handedSecret), First: true}
}

func gives(d control.Delivery) func(context.Context) (control.Delivery, error) {
	return func(context.Context) (control.Delivery, error) { return d, nil }
}

func TestHandoffsShowTheSameUntilTheyEnd(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		made := h.delivery(t)
		id, key := h.Handoffs.Begin()
		began, err := h.Handoffs.Deliver(ctx, h.developer, id, key, gives(made))
		must(t, err)
		if !began {
			t.Fatal("the first request did not begin")
		}
		for range 3 {
			found, err := h.Handoffs.Open(ctx, h.developer, id, key)
			must(t, err)
			if d := found.Delivery; d == nil || d.Value.Reveal() != handedSecret || d.ClientID != made.ClientID || d.ApplicationID != made.ApplicationID || !d.First || d.Replaced {
				t.Fatalf("opened %+v", d)
			}
		}
		h.clock.Advance(control.HandoffLife - time.Second)
		must(t, h.Handoffs.Extend(ctx, h.developer, id, key))
		h.clock.Advance(control.HandoffLife - time.Second)
		_, err = h.Handoffs.Open(ctx, h.developer, id, key)
		must(t, err)
		must(t, h.Handoffs.End(ctx, h.developer, id))
		must(t, h.Handoffs.End(ctx, h.developer, id))
		_, err = h.Handoffs.Open(ctx, h.developer, id, key)
		wantKind(t, err, portico.KindGone)
	})
}

func TestHandoffsOpenOnlyForTheirDeveloperAndBrowser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	other := h.newDeveloper(t, "other@dev.example")
	id, key := h.Handoffs.Begin()
	_, err := h.Handoffs.Deliver(ctx, h.developer, id, key, gives(h.delivery(t)))
	must(t, err)
	_, otherKey := h.Handoffs.Begin()
	for name, try := range map[string]func() error{
		"another developer": func() error { _, err := h.Handoffs.Open(ctx, other, id, key); return err },
		"another browser":   func() error { _, err := h.Handoffs.Open(ctx, h.developer, id, otherKey); return err },
		"no key":            func() error { _, err := h.Handoffs.Open(ctx, h.developer, id, secret.Text{}); return err },
		"a hand-off that is not there": func() error {
			other, _ := h.Handoffs.Begin()
			_, err := h.Handoffs.Open(ctx, h.developer, other, key)
			return err
		},
		"another developer's extension": func() error { return h.Handoffs.Extend(ctx, other, id, key) },
		"another browser's extension":   func() error { return h.Handoffs.Extend(ctx, h.developer, id, otherKey) },
	} {
		if err := try(); portico.KindOf(err) != portico.KindGone {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, h.Handoffs.End(ctx, other, id)) // ends nothing
	_, err = h.Handoffs.Open(ctx, h.developer, id, key)
	must(t, err)

	h.clock.Advance(control.HandoffLife)
	_, err = h.Handoffs.Open(ctx, h.developer, id, key)
	wantKind(t, err, portico.KindGone)
	must(t, h.Handoffs.Sweep(ctx))
	if left := h.handoffs(t); len(left) != 0 {
		t.Errorf("%d hand-offs are left", len(left))
	}
}

// handoffs are all rows there are.
func (h *house) handoffs(t testing.TB) []portico.Handoff {
	t.Helper()
	var page portico.Page[portico.Handoff]
	must(t, h.store.View(t.Context(), func(tx portico.Tx) (err error) {
		page, err = tx.Handoffs().List(t.Context(), portico.Everything())
		return err
	}))
	return page.Items
}

func TestTheDatabaseAloneOpensNoHandoff(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	id, key := h.Handoffs.Begin()
	made := h.delivery(t)
	_, err := h.Handoffs.Deliver(ctx, h.developer, id, key, gives(made))
	must(t, err)
	row := h.handoffs(t)[0]
	for _, known := range []string{handedSecret, key.Reveal(), made.ClientID} {
		if bytes.Contains(row.Sealed, []byte(known)) {
			t.Errorf("the row holds %q", known)
		}
	}
	// Moved to another row, it does not open either.
	second, _ := h.Handoffs.Begin()
	_, err = h.Handoffs.Deliver(ctx, h.developer, second, key, gives(made))
	must(t, err)
	must(t, h.store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Handoffs().Change(ctx, second, func(to *portico.Handoff) error { to.Sealed = row.Sealed; return nil })
		return err
	}))
	_, err = h.Handoffs.Open(ctx, h.developer, second, key)
	wantKind(t, err, portico.KindGone)
	if bytes.Contains([]byte(h.logs.String()), []byte(handedSecret)) {
		t.Error("the log has the secret")
	}
}

func TestAFormThatIsSentTwiceMakesOneClient(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, key := h.Handoffs.Begin()
	var calls atomic.Int32
	var both sync.WaitGroup
	var begun atomic.Int32
	for range 4 {
		both.Go(func() {
			began, err := h.Handoffs.Deliver(t.Context(), h.developer, id, key, func(ctx context.Context) (control.Delivery, error) {
				calls.Add(1)
				app, err := h.Applications.Create(ctx, h.wish("Once", h.dcr.ID))
				return control.Delivery{ApplicationID: app.ID, Type: control.ClientSecret, ClientID: app.ClientID, Value: app.Secret, First: true}, err
			})
			if err != nil {
				t.Error(err)
			}
			if began {
				begun.Add(1)
			}
		})
	}
	both.Wait()
	if calls.Load() != 1 || begun.Load() != 1 {
		t.Errorf("issued %d times, begun %d times", calls.Load(), begun.Load())
	}
	h.balanced(t)
	if apps := h.applications(t); len(apps) != 1 {
		t.Errorf("%d applications", len(apps))
	}
}

func TestAHandoffUnderWayIsFoundAndAFailedOneFreesTheForm(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	id, key := h.Handoffs.Begin()
	broken := portico.Errorf(portico.KindUnavailable, "The identity provider does not answer.")
	began, err := h.Handoffs.Deliver(ctx, h.developer, id, key, func(ctx context.Context) (control.Delivery, error) {
		found, err := h.Handoffs.Open(ctx, h.developer, id, key)
		must(t, err)
		if found.Delivery != nil || found.Stuck {
			t.Errorf("under way, it is %+v", found)
		}
		h.clock.Advance(lease + time.Second)
		if found, err = h.Handoffs.Open(ctx, h.developer, id, key); err != nil || !found.Stuck {
			t.Errorf("after every deadline it is %+v, %v", found, err)
		}
		return control.Delivery{}, broken
	})
	if began || !errors.Is(err, broken) {
		t.Errorf("began %v, %v", began, err)
	}
	began, err = h.Handoffs.Deliver(ctx, h.developer, id, key, gives(h.delivery(t)))
	if !began || err != nil {
		t.Errorf("the form cannot be sent again: %v, %v", began, err)
	}
}

func TestHandoffsRefuseWhatIsNoKey(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, key := h.Handoffs.Begin()
	rapid.Check(t, func(r *rapid.T) {
		bad := secret.New(rapid.String().Draw(r, "key"))
		if _, err := h.Handoffs.Deliver(t.Context(), h.developer, id, bad, gives(control.Delivery{})); portico.KindOf(err) != portico.KindInvalid {
			r.Errorf("key: %v", err)
		}
		other := portico.HandoffID(rapid.String().Draw(r, "id"))
		if _, err := h.Handoffs.Deliver(t.Context(), h.developer, other, key, gives(control.Delivery{})); portico.KindOf(err) != portico.KindInvalid {
			r.Errorf("id: %v", err)
		}
	})
	if left := h.handoffs(t); len(left) != 0 {
		t.Errorf("%d hand-offs were begun", len(left))
	}
}
