package control_test

import (
	"slices"
	"strings"
	"testing"

	"portico"
	"portico/compile"
	"portico/control"
)

// mayCall says whether the gateways let an application call an API.
func (h *house) mayCall(t testing.TB, app portico.ApplicationID, api portico.APIID) bool {
	t.Helper()
	full, err := compile.Source{Store: h.store}.Full(t.Context())
	must(t, err)
	for _, a := range full.Applications {
		if a.ID == string(app) {
			return slices.Contains(a.Registrations, string(api))
		}
	}
	return false
}

func TestRegistrationsAreApprovedByWhomItConcerns(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	yes, no := portico.Some(true), portico.Some(false)
	for _, test := range []struct {
		name        string
		portal      bool
		publication portico.Opt[bool]
		admin       *portico.Status
		want        portico.Status
	}{
		{"nobody", false, portico.Opt[bool]{}, nil, portico.Pending},
		{"publication says no", false, no, nil, portico.Pending},
		{"publication", false, yes, nil, portico.Approved},
		{"portal", true, portico.Opt[bool]{}, nil, portico.Approved},
		{"portal, publication says no", true, no, nil, portico.Approved},
		{"both", true, yes, nil, portico.Approved},
		{"an admin against both", true, yes, new(portico.Rejected), portico.Rejected},
		{"an admin alone", false, no, new(portico.Approved), portico.Approved},
	} {
		_, err := h.Portals.Update(ctx, h.portal.ID, control.PortalFields{AutoApproveApplications: portico.Some(test.portal)})
		must(t, err)
		_, err = h.Publications.Put(ctx, h.seats.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(h.keys.ID), AutoApproveRegistrations: test.publication})
		must(t, err)
		app, err := h.Applications.Create(ctx, h.wish(test.name, h.keys.ID))
		must(t, err)
		r, err := h.Registrations.Create(ctx, app.ID, h.seats.ID, test.admin)
		must(t, err)
		if r.Status != test.want || r.API.ID != h.seats.ID || r.Application.ID != app.ID || r.PortalID != h.portal.ID {
			t.Errorf("%s: %+v", test.name, r)
		}
		if got := h.mayCall(t, app.ID, h.seats.ID); got != (test.want == portico.Approved) {
			t.Errorf("%s: the gateways let it call: %t", test.name, got)
		}
	}
}

func TestRegistrationsAreRefused(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app, err := h.Applications.Create(ctx, h.wish("Keys", h.keys.ID))
		must(t, err)
		_, err = h.Registrations.Create(ctx, app.ID, h.flights.ID, nil)
		wantKind(t, err, portico.KindConflict) // another strategy
		open := h.published(t, "Open", h.keys.ID)
		_, err = h.Publications.Put(ctx, open.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Opt[portico.StrategyID]{Set: true, Null: true}})
		must(t, err)
		_, err = h.Registrations.Create(ctx, app.ID, open.ID, nil)
		wantKind(t, err, portico.KindConflict) // no strategy
		hidden, err := h.APIs.Create(ctx, control.NewAPI{Name: "Hidden"})
		must(t, err)
		_, err = h.Registrations.Create(ctx, app.ID, hidden.ID, nil)
		unpublished := wantKind(t, err, portico.KindNotFound)
		_, err = h.Registrations.Create(ctx, app.ID, "nothing", nil)
		if unknown := wantKind(t, err, portico.KindNotFound); strings.Replace(unknown.Detail, "nothing", string(hidden.ID), 1) != unpublished.Detail {
			t.Errorf("%q tells that the API is there: %q", unpublished.Detail, unknown.Detail)
		}
		_, err = h.Registrations.Create(ctx, "nobody", h.seats.ID, nil)
		wantKind(t, err, portico.KindNotFound)
		first, err := h.Registrations.Create(ctx, app.ID, h.seats.ID, nil)
		must(t, err)
		_, err = h.Registrations.Create(ctx, app.ID, h.seats.ID, new(portico.Approved))
		wantKind(t, err, portico.KindConflict)
		if h.mayCall(t, app.ID, h.seats.ID) {
			t.Error("a refused registration lets the application call")
		}
		_, err = h.Registrations.ByID(ctx, "another", first.ID)
		wantKind(t, err, portico.KindNotFound)
		wantKind(t, h.Registrations.Delete(ctx, "another", first.ID), portico.KindNotFound)
		_, err = h.Registrations.SetStatus(ctx, "another", first.ID, portico.Approved, "")
		wantKind(t, err, portico.KindNotFound)
	})
}

func TestDecisionsAboutRegistrations(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		app, err := h.Applications.Create(ctx, h.wish("Keys", h.keys.ID))
		must(t, err)
		r, err := h.Registrations.Create(ctx, app.ID, h.seats.ID, nil)
		must(t, err)
		for _, test := range []struct {
			status portico.Status
			mails  int
		}{{portico.Approved, 1}, {portico.Approved, 0}, {portico.Revoked, 1}, {portico.Pending, 0}, {portico.Rejected, 1}, {portico.Approved, 1}} {
			var mails []portico.Message
			steps := h.journal.since(func() {
				mails = h.journal.mailed(func() {
					now, err := h.Registrations.SetStatus(ctx, app.ID, r.ID, test.status, "")
					must(t, err)
					if now.Status != test.status || now.API.ID != h.seats.ID {
						t.Errorf("set to %+v", now)
					}
				})
			})
			if len(mails) != test.mails || steps[0] != "flush" {
				t.Errorf("%s: did %v", test.status, steps)
			}
			for _, m := range mails {
				if m.To != h.developer.Email || m.Kind != "app-registration-"+string(test.status) || !strings.Contains(m.Text, "Seats") {
					t.Errorf("mailed %+v", m)
				}
			}
			if got := h.mayCall(t, app.ID, h.seats.ID); got != (test.status == portico.Approved) {
				t.Errorf("%s: the gateways let it call: %t", test.status, got)
			}
		}
		must(t, h.Registrations.Delete(ctx, app.ID, r.ID))
		wantKind(t, h.Registrations.Delete(ctx, app.ID, r.ID), portico.KindNotFound)
		if h.mayCall(t, app.ID, h.seats.ID) {
			t.Error("without a registration the gateways let it call")
		}
		again, err := h.Registrations.Create(ctx, app.ID, h.seats.ID, nil)
		must(t, err)
		if again.Status != portico.Pending {
			t.Errorf("registered again as %s", again.Status)
		}
	})
}

func TestRegistrationsEndWithWhatTheyConnect(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	count := func() int {
		page, err := h.Registrations.List(ctx, portico.Everything(portico.Where("portal_id", h.portal.ID)))
		must(t, err)
		return page.Total
	}
	app, err := h.Applications.Create(ctx, h.wish("One", h.keys.ID))
	must(t, err)
	other, err := h.Applications.Create(ctx, h.wish("Two", h.keys.ID))
	must(t, err)
	for _, id := range []portico.ApplicationID{app.ID, other.ID} {
		_, err = h.Registrations.Create(ctx, id, h.seats.ID, new(portico.Approved))
		must(t, err)
	}
	seen, err := h.Applications.ByID(ctx, h.portal.ID, app.ID)
	must(t, err)
	if seen.RegistrationCount != 1 || count() != 2 {
		t.Errorf("%d registrations, %d of them the first's", count(), seen.RegistrationCount)
	}
	must(t, h.Publications.Delete(ctx, h.seats.ID, h.portal.ID))
	if count() != 2 {
		t.Error("registrations did not wait for the API to be published again")
	}
	must(t, h.Applications.Delete(ctx, app.ID))
	if count() != 1 {
		t.Errorf("%d registrations outlive an application", count())
	}
	must(t, h.APIs.Delete(ctx, h.seats.ID))
	if count() != 0 || h.mayCall(t, other.ID, h.seats.ID) {
		t.Errorf("%d registrations outlive their API", count())
	}
}
