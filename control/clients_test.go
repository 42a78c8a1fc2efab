package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
)

func TestSecretsOverlapWhereAClientHoldsOne(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.single = true
		ctx := t.Context()
		app := h.register(t, "Trips")
		second, err := h.Credentials.Create(ctx, app.ID, "")
		must(t, err)
		if second.ClientID == app.ClientID || second.ID != second.ClientID || second.Value.Empty() {
			t.Fatalf("issued %+v", second)
		}
		h.works(t, app.ClientID, app.Secret)
		h.works(t, second.ClientID, second.Value)
		held := h.credentials(t, app.ID)
		if len(held) != 2 || held[0].ID != app.ClientID || held[1].ID != second.ClientID || held[1].CreatedAt == nil {
			t.Errorf("the credentials are %+v", held)
		}
		_, err = h.Credentials.Create(ctx, app.ID, "")
		wantKind(t, err, portico.KindForbidden)
		_, _, err = h.Credentials.Regenerate(ctx, app.ID)
		wantKind(t, err, portico.KindConflict)
		wantKind(t, h.Credentials.Delete(ctx, app.ID, "unheard-of"), portico.KindNotFound)

		_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Name: portico.Some("Journeys")})
		must(t, err)
		for _, id := range []string{app.ClientID, second.ClientID} {
			if name := h.idp.specOf(id).Name; name != "Journeys" {
				t.Errorf("client %s is called %s", id, name)
			}
		}

		before := h.generation(t, app.ID)
		calls := h.journal.since(func() { must(t, h.Credentials.Delete(ctx, app.ID, app.ClientID)) })
		if !slices.Equal(calls, []string{"flush", "idp delete"}) {
			t.Errorf("revoking did %v", calls)
		}
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the revoked client")
		}
		if ids := h.idp.clientIDs(); !slices.Equal(ids, []string{second.ClientID}) {
			t.Errorf("the clients are %v", ids)
		}
		wantKind(t, h.Credentials.Delete(ctx, app.ID, second.ClientID), portico.KindConflict)
		h.works(t, second.ClientID, second.Value)
		h.balanced(t)
	})
}

func TestTheFormerClientIsCurrentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.single = true
	app := h.register(t, "Trips")
	second, err := h.Credentials.Create(t.Context(), app.ID, "")
	must(t, err)
	h.idp.fail(callDelete, unavailable)
	must(t, h.Credentials.Delete(t.Context(), app.ID, second.ID)) // refused here at once, gone there later
	now, err := h.Applications.ByID(t.Context(), "", app.ID)
	must(t, err)
	if now.ClientID != app.ClientID || len(now.FormerClients) != 0 {
		t.Errorf("the application's client is %s, its former ones are %v", now.ClientID, now.FormerClients)
	}
	_, err = h.Credentials.Create(t.Context(), app.ID, "")
	wantKind(t, err, portico.KindConflict) // until the first change is done
	h.reconcile(t)
	if ids := h.idp.clientIDs(); !slices.Equal(ids, []string{app.ClientID}) {
		t.Errorf("the clients are %v", ids)
	}
	h.balanced(t)
}

func TestAllClientsGoWithTheApplication(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.single = true
		app := h.register(t, "Trips")
		_, err := h.Credentials.Create(t.Context(), app.ID, "")
		must(t, err)
		must(t, h.Applications.Delete(t.Context(), app.ID))
		h.untouched(t)
	})
}

func TestRegenerateByAnotherClient(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.single = true
		app := h.register(t, "Trips")
		before := h.generation(t, app.ID)
		clientID, value, err := h.Credentials.Regenerate(t.Context(), app.ID)
		must(t, err)
		if clientID == app.ClientID || !slices.Equal(h.idp.clientIDs(), []string{clientID}) {
			t.Errorf("regenerated for %s, there are %v", clientID, h.idp.clientIDs())
		}
		h.works(t, clientID, value)
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the old client")
		}
		h.balanced(t)
	})
}

func TestRegenerateByReplacing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.single, h.idp.replaces = true, true
		app := h.register(t, "Trips")
		before := h.generation(t, app.ID)
		clientID, value, err := h.Credentials.Regenerate(t.Context(), app.ID)
		must(t, err)
		if clientID != app.ClientID || value.Equal(app.Secret) {
			t.Errorf("regenerated for %s", clientID)
		}
		h.works(t, clientID, value)
		if h.generation(t, app.ID) <= before {
			t.Error("the gateways are not told to forget the old secret")
		}

		// The answer to the next one is lost: the gateways forget all the same.
		before = h.generation(t, app.ID)
		h.idp.fail(callReplace, lostAnswer)
		_, _, err = h.Credentials.Regenerate(t.Context(), app.ID)
		wantKind(t, err, portico.KindUnavailable)
		h.reconcile(t)
		if h.generation(t, app.ID) <= before {
			t.Error("after a lost answer the gateways are not told to forget the old secret")
		}
		_, value, err = h.Credentials.Regenerate(t.Context(), app.ID)
		must(t, err)
		h.works(t, app.ClientID, value)

		h.idp.fail(callReplace, rejected)
		_, _, err = h.Credentials.Regenerate(t.Context(), app.ID)
		wantKind(t, err, portico.KindInvalid)
		h.works(t, app.ClientID, value)
		h.balanced(t)
	})
}

func TestASecondClientWhoseCreationIsLost(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]fault{"answer": lostAnswer, "request": lostRequest} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.idp.single = true
			app := h.register(t, "Trips")
			h.idp.fail(callCreate, lost)
			_, err := h.Credentials.Create(t.Context(), app.ID, "")
			wantKind(t, err, portico.KindUnavailable)
			h.reconcile(t)
			if ids := h.idp.clientIDs(); !slices.Equal(ids, []string{app.ClientID}) {
				t.Errorf("the clients are %v", ids)
			}
			h.works(t, app.ClientID, app.Secret)
			h.balanced(t)
		})
	}
	t.Run("recovered", func(t *testing.T) {
		t.Parallel()
		h := newHouse(t)
		h.idp.single, h.idp.replaces = true, true
		h.idp.fail(callCreate, lostAnswer)
		app := h.register(t, "Trips") // a new secret is issued in the place of the lost one
		h.works(t, app.ClientID, app.Secret)
		h.balanced(t)
	})
}

// TestNoStepLosesAClient stops the program at every step of giving an
// application a second client and taking one away.
func TestNoStepLosesAClient(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.idp.single = true
		for _, step := range []string{"register.intent", "register.called", "register.bound", "deregister.called"} {
			app := h.register(t, "Trips "+step)
			h.interrupted(t, step, func() { _, _, _ = h.Credentials.Regenerate(t.Context(), app.ID) })
			h.reconcile(t)
			now, err := h.Applications.ByID(t.Context(), "", app.ID)
			must(t, err)
			if len(now.FormerClients) != 0 {
				t.Errorf("%s: the former clients are %v", step, now.FormerClients)
			}
		}
		for _, step := range []string{"deregister.intent", "deregister.called", "deregister.done"} {
			app := h.register(t, "Journeys "+step)
			second, err := h.Credentials.Create(t.Context(), app.ID, "")
			must(t, err)
			h.interrupted(t, step, func() { _ = h.Credentials.Delete(t.Context(), app.ID, app.ClientID) })
			h.reconcile(t)
			h.works(t, second.ClientID, second.Value)
		}
		h.balanced(t)
	})
}

func TestSecretExpiryIsToldOfStageByStage(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		const day = 24 * time.Hour
		h.idp.lifetime = 100 * day
		app := h.register(t, "Trips")
		told := func() (kinds []string) {
			t.Helper()
			for _, m := range h.journal.mailed(func() { must(t, h.Credentials.NotifyExpiry(ctx)) }) {
				kinds = append(kinds, m.Kind)
				if !strings.Contains(m.Text, app.ClientID) {
					t.Errorf("told %s", m.Text)
				}
			}
			return kinds
		}
		told()
		var days []int
		for n := 1; n <= 101; n++ {
			h.clock.Advance(day)
			for _, kind := range told() {
				days = append(days, 100-n)
				if expired := n >= 100; expired != (kind == "client-secret-expired") {
					t.Errorf("after %d days: %s", n, kind)
				}
			}
		}
		if want := []int{90, 60, 30, 15, 7, 1, 0}; !slices.Equal(days, want) {
			t.Errorf("told %v days before, want %v", days, want)
		}

		// A secret that is revoked in time is not spoken of.
		second, err := h.Credentials.Create(ctx, app.ID, "")
		must(t, err)
		must(t, h.Credentials.Delete(ctx, app.ID, second.ID))
		h.clock.Advance(200 * day)
		if kinds := told(); len(kinds) > 0 {
			t.Errorf("told %v of a revoked secret", kinds)
		}
	})
}

// TestOwnersHearOfAClientThatWasReplaced once, in their language, and only if it
// was.
func TestOwnersHearOfAClientThatWasReplaced(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		must(t, h.store.Update(ctx, func(tx portico.Tx) error {
			_, err := tx.Developers().Change(ctx, h.developer.ID, func(d *portico.Developer) error { d.Language = "ja"; return nil })
			return err
		}))
		app := h.register(t, "Trips")
		h.idp.vanish(app.ClientID)
		restore := func() (told []portico.Message, err error) {
			told = h.journal.mailed(func() { err = h.Credentials.Restore(ctx, app.ID, app.ClientRef()) })
			return told, err
		}
		h.idp.fail(callCreate, unavailable)
		if told, err := restore(); portico.KindOf(err) != portico.KindUnavailable || len(told) > 0 {
			t.Errorf("nothing was replaced: %v, told %+v", err, told)
		}
		h.interrupted(t, control.StepRegisterCalled, func() { _, _ = restore() })
		h.reconcile(t)
		told, err := restore()
		must(t, err)
		now, err := h.Applications.ByID(ctx, "", app.ID)
		must(t, err)
		if len(told) != 1 || told[0].Kind != "client-replaced" || told[0].To != h.developer.Email || !strings.Contains(told[0].Text, "再生成") ||
			!strings.Contains(told[0].Text, app.ClientID) || !strings.Contains(told[0].Text, now.ClientID) || !strings.HasSuffix(told[0].Link, "/apps/"+string(app.ID)+"/credentials") {
			t.Errorf("told %+v", told)
		}
		if told, err := restore(); portico.KindOf(err) != portico.KindConflict || len(told) > 0 {
			t.Errorf("replaced twice: %v, told %+v", err, told)
		}
		// What is known of the new secret is kept under the provider's id for it.
		held, err := h.Credentials.List(ctx, app.ID, portico.Everything())
		must(t, err)
		must(t, h.store.View(ctx, func(tx portico.Tx) error {
			issued, err := tx.IssuedSecrets().List(ctx, portico.Everything(portico.Where("application_id", app.ID)))
			if len(held.Items) != 1 || len(issued.Items) != 1 || issued.Items[0].SecretID != held.Items[0].ID || issued.Items[0].ClientID != now.ClientID {
				t.Errorf("the provider has %+v, known are %+v", held.Items, issued.Items)
			}
			return err
		}))
		if told := h.journal.mailed(func() { _, _, err = h.Credentials.Regenerate(ctx, app.ID) }); err != nil || len(told) > 0 {
			t.Errorf("regenerated: %v, told %+v", err, told)
		}
		h.balanced(t)
	})
}
