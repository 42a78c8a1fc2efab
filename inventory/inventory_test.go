package inventory_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/inventory"
)

// only checks that there is one finding, of a kind.
func only(t testing.TB, v inventory.View, kind portico.FindingKind) portico.Finding {
	t.Helper()
	if len(v.Findings) != 1 || v.Findings[0].Kind != kind {
		t.Fatalf("found %+v, want one of the kind %s", v.Findings, kind)
	}
	return v.Findings[0]
}

func none(t testing.TB, v inventory.View) {
	t.Helper()
	if len(v.Findings) != 0 {
		t.Fatalf("found %+v", v.Findings)
	}
}

func TestWhatIsAlikeIsNoFinding(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		last, err := h.Inventories.Last(t.Context(), h.provider.ID)
		must(t, err)
		if last.CheckedAt != nil {
			t.Error("nobody has looked yet")
		}
		for range 60 { // more than a batch
			h.register(portico.NewRandomID())
		}
		wish := h.wish("With a page")
		wish.RedirectURI = new("https://app.example/callback")
		_, err = h.Applications.Create(t.Context(), wish)
		must(t, err)
		h.register(strings.Repeat("long ", 50))
		for _, id := range h.idp.ids() {
			h.idp.tamper(id, func(c *fakeClient) { c.Name = c.Name[:min(len(c.Name), 90)] }) // as providers do
		}
		h.idp.plant(portico.ClientState{Ref: portico.ClientRef{ClientID: "somebody else's"}, Name: "Payroll"})
		h.clock.Advance(time.Hour)
		v := h.take()
		none(t, v)
		if v.Clients != 62 || v.Foreign != 1 || v.CheckedAt == nil || !v.CheckedAt.Equal(h.clock.Now()) || len(v.Unseen) != 0 {
			t.Errorf("the inventory says %+v", v.Inventory)
		}
	})
}

func TestDriftIsPushedBackOrAdopted(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register("Trips")
		change := func(c *fakeClient) {
			c.Name, c.RedirectURIs, c.Scopes, c.Enabled = "Renamed there", []string{"https://evil.example/"}, []string{"admin"}, false
			c.GrantTypes = append(c.GrantTypes, "password")
		}
		h.idp.tamper(app.ClientID, change)
		f := only(t, h.take(), portico.FindingDrifted)
		var names []string
		for _, d := range f.Fields {
			names = append(names, d.Name)
		}
		if !slices.Equal(names, []string{"name", "redirect_uris", "grant_types", "scopes", "enabled"}) || f.ApplicationID != app.ID || f.Client != app.ClientRef() || f.Name != "Trips" {
			t.Fatalf("found %+v", f)
		}
		none(t, h.act(f, portico.ActionPushBack))
		if now := h.idp.state(app.ClientID); now.Name != "Trips" || len(now.RedirectURIs) != 0 || !now.Enabled || slices.Contains(now.GrantTypes, "password") {
			t.Errorf("pushed back, and the client is %+v", now)
		}
		none(t, h.take())

		h.idp.tamper(app.ClientID, change)
		f = only(t, h.take(), portico.FindingDrifted)
		left := only(t, h.act(f, portico.ActionAdopt), portico.FindingDrifted) // grants, scopes and enabled cannot be adopted
		if now := h.application(app.ID); now.Name != "Renamed there" || now.RedirectURI == nil || *now.RedirectURI != "https://evil.example/" || now.Scopes != nil {
			t.Errorf("adopted, and the application is %+v", now)
		}
		if left.ID == f.ID || len(left.Fields) != 3 || slices.Contains(left.Actions(), portico.ActionAdopt) {
			t.Errorf("what is left is %+v", left)
		}
	})
}

func TestAMissingClientIsRegisteredAnew(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register("Trips")
		h.idp.tamper(app.ClientID, nil)
		f := only(t, h.take(), portico.FindingMissing)
		none(t, h.act(f, portico.ActionPushBack))
		now := h.application(app.ID)
		if now.ClientID == app.ClientID || !slices.Equal(h.idp.ids(), []string{now.ClientID}) || now.Generation == app.Generation || len(now.FormerClients) > 0 {
			t.Errorf("the application is %+v, the provider has %v", now, h.idp.ids())
		}
		if _, err := h.Credentials.Create(t.Context(), app.ID, ""); err != nil {
			t.Errorf("the developer cannot issue a secret: %v", err)
		}
		none(t, h.take())
	})
}

func TestOrphansAreRemovedAndNothingElseIs(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register("Trips")
		orphan := h.orphan("orphan")
		other := h.orphan("another installation's")
		other.OrganizationID = portico.OrganizationID(portico.NewRandomID())
		unmarked := h.orphan("nobody knows whose")
		unmarked.OrganizationID = ""
		young := h.orphan("made a moment ago")
		young.CreatedAt = new(h.clock.Now())
		second := h.orphan("a second one of an application")
		second.ApplicationID = app.ID
		for _, state := range []portico.ClientState{orphan, other, unmarked, young, second} {
			h.idp.plant(state)
		}
		v := h.take()
		if v.Count(portico.FindingOrphaned) != 2 || len(v.Findings) != 2 || v.Foreign != 2 {
			t.Fatalf("found %+v, foreign %d", v.Findings, v.Foreign)
		}
		for _, f := range v.Findings {
			if f.Client != orphan.Ref && f.Client != second.Ref {
				t.Fatalf("found %+v", f)
			}
			h.act(f, portico.ActionRemove)
		}
		if left := h.idp.ids(); len(left) != 4 || slices.Contains(left, "orphan") || !slices.Contains(left, app.ClientID) {
			t.Errorf("left are %v", left)
		}
		must(t, h.store.View(t.Context(), func(tx portico.Tx) error {
			entries, err := tx.AuditEntries(t.Context(), portico.AuditQuery{Size: 1})
			must(t, err)
			if e := entries[0]; e.Event.Principal.Name != "Ada" || len(e.Changes) != 1 || e.Changes[0].Action != portico.AuditDeleted || e.Changes[0].Entity != "client" {
				t.Errorf("the audit log says %+v", e)
			}
			return nil
		}))
	})
}

func TestARemovalThatFailsIsFinishedLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.plant(h.orphan("orphan"))
	f := only(t, h.take(), portico.FindingOrphaned)
	h.idp.fail(func(name string) *fault {
		if name == "delete" {
			return &fault{kind: portico.IdPUnavailable}
		}
		return nil
	})
	outcomes, v, err := h.Inventories.Act(t.Context(), h.provider.ID, []inventory.Wish{{f.ID, portico.ActionRemove}})
	must(t, err)
	if outcomes[0].Status != inventory.Queued || outcomes[0].Detail == "" {
		t.Errorf("the outcome is %+v", outcomes)
	}
	none(t, v)
	none(t, h.take()) // it is about to go
	h.idp.fail(nil)
	h.clock.Advance(time.Hour)
	_, err = h.Reconciler.Once(t.Context())
	must(t, err)
	if left := h.idp.ids(); len(left) != 0 {
		t.Errorf("left are %v", left)
	}
}

func TestNothingIsDoneAboutWhatHasChanged(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register("Trips")
	h.idp.plant(h.orphan("orphan"))
	h.idp.tamper(app.ClientID, func(c *fakeClient) { c.Name = "Other" })
	v := h.take()
	drifted, orphaned := v.Findings[0], v.Findings[1]
	refused := func(why string, wishes ...inventory.Wish) {
		t.Helper()
		if _, _, err := h.Inventories.Act(t.Context(), h.provider.ID, wishes); portico.KindOf(err) != portico.KindConflict {
			t.Errorf("%s: %v", why, err)
		}
	}
	h.idp.tamper(app.ClientID, func(c *fakeClient) { c.Name = "Yet another" })
	both := []inventory.Wish{{orphaned.ID, portico.ActionRemove}, {drifted.ID, portico.ActionPushBack}}
	refused("the name has changed again", both...)
	if !slices.Contains(h.idp.ids(), "orphan") || h.idp.state(app.ClientID).Name != "Yet another" {
		t.Error("something was done all the same")
	}
	refused("nobody has seen it", inventory.Wish{FindingID: "unheard of", Action: portico.ActionIgnore})
	// Somebody adopts the client meanwhile.
	wish := h.wish("Adopts")
	wish.DCRClientID = "orphan"
	_, err := h.Applications.Create(t.Context(), wish)
	must(t, err)
	refused("the client has an application", both[:1]...)
	_, _, err = h.Inventories.Act(t.Context(), h.provider.ID, []inventory.Wish{{drifted.ID, portico.ActionRemove}})
	if portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("removing a client of an application: %v", err)
	}
	_, _, err = h.Inventories.Act(t.Context(), h.provider.ID, []inventory.Wish{{drifted.ID, portico.ActionIgnore}, {drifted.ID, portico.ActionAdopt}})
	if portico.KindOf(err) != portico.KindInvalid {
		t.Errorf("two actions for one finding: %v", err)
	}
}

// TestAListWithoutAnEnd is told of, and the last inventory stays.
func TestAListWithoutAnEnd(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.idp.endless = true
	if v, err := h.Inventories.Take(t.Context(), h.provider.ID); portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "no end") {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestOnlyWhatDevelopersMightEnterIsAdopted as a redirect URI.
func TestOnlyWhatDevelopersMightEnterIsAdopted(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register("Trips")
	for uri, adoptable := range map[string]bool{
		"https://app.example/callback": true, "http://localhost:8080/": true, "javascript:alert(1)": false, "https://": false, "https://u:p@app.example/": false,
		"https://app.example/" + strings.Repeat("a", 2048): false,
	} {
		h.idp.tamper(app.ClientID, func(c *fakeClient) { c.RedirectURIs = []string{uri} })
		if f := only(t, h.take(), portico.FindingDrifted); f.Fields[0].Name != "redirect_uris" || f.Fields[0].Adoptable != adoptable {
			t.Errorf("%s: %+v", uri, f.Fields)
		}
	}
}

func TestWhatIsIgnoredComesBackWhenItChanges(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		app := h.register("Trips")
		h.idp.tamper(app.ClientID, func(c *fakeClient) { c.Enabled = false })
		f := only(t, h.take(), portico.FindingDrifted)
		h.act(f, portico.ActionIgnore)
		v := h.act(f, portico.ActionIgnore) // twice is once
		if by := v.Ignored[f.ID]; v.Open() != 0 || by.IgnoredBy != "Ada" || !by.CreatedAt.Equal(h.clock.Now()) {
			t.Errorf("ignored: %+v", v.Ignored)
		}
		if v = h.take(); v.Open() != 0 || len(v.Findings) != 1 {
			t.Errorf("looked again: %+v", v)
		}
		if v = h.act(f, portico.ActionNotice); v.Open() != 1 {
			t.Errorf("noticed again: %+v", v)
		}
		h.act(f, portico.ActionIgnore)
		h.idp.tamper(app.ClientID, func(c *fakeClient) { c.Name = "Other" })
		if v = h.take(); v.Open() != 1 || len(v.Ignored) != 0 {
			t.Errorf("it has changed: %+v", v)
		}
	})
}

func TestWhatCannotBeSeenIsSaid(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register("Trips")
	gone := h.register("Gone")
	h.idp.tamper(app.ClientID, func(c *fakeClient) { c.Name, c.Enabled = "Other", false })
	h.idp.tamper(gone.ClientID, nil)
	h.idp.plant(h.orphan("orphan"))

	h.idp.blind, h.idp.can.Unread = true, []string{"enabled"} // a server of RFC 7592
	v := h.take()
	if len(v.Findings) != 2 || v.Count(portico.FindingMissing) != 1 || len(v.Findings[0].Fields) != 1 || !slices.Equal(v.Unseen, []string{"orphaned", "enabled"}) {
		t.Errorf("read one by one: %+v", v.Inventory)
	}
	h.idp.fail(func(string) *fault { return &fault{kind: portico.IdPDenied} })
	if v = h.take(); len(v.Findings) != 0 || v.Unreadable != 2 {
		t.Errorf("their own tokens are refused: %+v", v.Inventory)
	}
	h.idp.fail(nil)

	h.idp.can.DestructiveRead = true
	before := h.idp.counted()
	v = h.take()
	if len(v.Findings) != 0 || len(v.Unseen) != 7 || h.idp.counted() != before {
		t.Errorf("reading would do harm: %d calls, %+v", h.idp.counted()-before, v.Inventory)
	}
}

func TestAProviderThatIsDownKeepsTheLastInventory(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register("Trips")
	h.idp.tamper(app.ClientID, nil)
	h.take()
	h.idp.fail(func(string) *fault { return &fault{kind: portico.IdPUnavailable, after: time.Minute} })
	_, err := h.Inventories.Take(t.Context(), h.provider.ID)
	if portico.KindOf(err) != portico.KindUnavailable {
		t.Fatalf("got %v", err)
	}
	last, err := h.Inventories.Last(t.Context(), h.provider.ID)
	must(t, err)
	if only(t, last, portico.FindingMissing); last.LastError == "" {
		t.Errorf("kept is %+v", last.Inventory)
	}
	h.idp.fail(nil)
	if v := h.take(); v.LastError != "" {
		t.Errorf("it answers again: %q", v.LastError)
	}
}

func TestInventoriesAreMadeInTurn(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		h.register("Trips")
		calls := func() int {
			t.Helper()
			before := h.idp.counted()
			must(t, h.Inventories.Due(t.Context(), time.Hour))
			must(t, control.New(h.deps).Inventories.Due(t.Context(), time.Hour)) // another control plane
			return h.idp.counted() - before
		}
		if n := calls(); n != 1 {
			t.Errorf("the first turn took %d calls", n)
		}
		h.clock.Advance(59 * time.Minute)
		if n := calls(); n != 0 {
			t.Errorf("made again before its turn, in %d calls", n)
		}
		h.clock.Advance(time.Minute)
		h.idp.fail(func(string) *fault { return &fault{kind: portico.IdPUnavailable, after: 20 * time.Minute} })
		if n := calls(); n != 1 {
			t.Errorf("a failing turn took %d calls", n)
		}
		h.idp.fail(nil)
		h.clock.Advance(19 * time.Minute)
		if n := calls(); n != 0 {
			t.Errorf("tried again before the provider wants, in %d calls", n)
		}
		h.clock.Advance(time.Minute)
		if n := calls(); n != 1 {
			t.Errorf("not tried again: %d calls", n)
		}
	})
}

func TestAChangeUnderWayIsNoFinding(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	app := h.register("Trips")
	other := h.register("Other")
	looked := false
	h.idp.fail(func(name string) *fault {
		if name == "list" && !looked {
			looked = true
			now := h.clock.Now()
			must(t, h.store.Update(t.Context(), func(tx portico.Tx) error {
				if err := tx.Tasks().Insert(t.Context(), portico.Task{ID: portico.TaskID(portico.NewRandomID()), Kind: portico.TaskRotate, ProviderID: h.provider.ID, ApplicationID: app.ID, DueAt: now, CreatedAt: now, UpdatedAt: now}); err != nil {
					return err
				}
				_, err := tx.Applications().Change(t.Context(), other.ID, func(a *portico.Application) error { a.Generation++; return nil })
				return err
			}))
		}
		return nil
	})
	for _, id := range h.idp.ids() {
		h.idp.tamper(id, nil)
	}
	none(t, h.take())
	h.clock.Advance(time.Second)
	if f := only(t, h.take(), portico.FindingMissing); f.ApplicationID != other.ID {
		t.Errorf("found %+v", f)
	}
}
