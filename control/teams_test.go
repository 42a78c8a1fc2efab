package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/developers"
)

// team makes a team that may own applications, with members.
func (h *house) team(t testing.TB, name string, members ...portico.DeveloperID) portico.Team {
	t.Helper()
	team, err := h.Teams.Create(t.Context(), h.portal.ID, developers.TeamFields{Name: portico.Some(name), CanOwnApplications: portico.Some(true)})
	must(t, err)
	for _, m := range members {
		must(t, h.Teams.AddMember(t.Context(), h.portal.ID, team.ID, m))
	}
	return team
}

// guarded switches RBAC on and returns how a developer visits the portal.
func (h *house) guarded(t testing.TB) func(portico.Developer) control.Visitor {
	t.Helper()
	portal, err := h.Portals.Update(t.Context(), h.portal.ID, control.PortalFields{RBACEnabled: portico.Some(true)})
	must(t, err)
	return func(d portico.Developer) control.Visitor { return control.Visitor{Portal: portal, Developer: &d} }
}

func (h *house) give(t testing.TB, team portico.Team, role portico.TeamRoleName, api portico.APIID) portico.TeamRole {
	t.Helper()
	given, err := h.Teams.Assign(t.Context(), h.portal.ID, portico.TeamRole{TeamID: team.ID, Role: role, APIID: api, Region: "*"})
	must(t, err)
	return given
}

func TestTeamsShareApplications(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		mate, stranger := h.newDeveloper(t, "mate@dev.example"), h.newDeveloper(t, "stranger@dev.example")
		team := h.team(t, "Crew", h.developer.ID, mate.ID)
		own := h.register(t, "Same name")
		wish := h.wish("Same name", h.dcr.ID)
		wish.TeamID = &team.ID
		shared, err := h.Applications.Create(ctx, wish)
		must(t, err)
		if shared.Team == nil || shared.Team.ID != team.ID || shared.Secret.Empty() {
			t.Errorf("created %+v", shared)
		}
		_, err = h.Applications.Create(ctx, wish)
		wantKind(t, err, portico.KindConflict)

		for _, test := range []struct {
			who  portico.Developer
			want []portico.ApplicationID
		}{{h.developer, []portico.ApplicationID{own.ID, shared.ID}}, {mate, []portico.ApplicationID{shared.ID}}, {stranger, nil}} {
			page, err := h.Applications.UsableBy(ctx, test.who, portico.ListQuery{Size: 10, Number: 1})
			must(t, err)
			var got []portico.ApplicationID
			for _, app := range page.Items {
				got = append(got, app.ID)
			}
			slices.Sort(got) // they were made at the same time
			slices.Sort(test.want)
			if !slices.Equal(got, test.want) {
				t.Errorf("%s sees %v, want %v", test.who.Email, got, test.want)
			}
			_, err = h.Applications.Usable(ctx, test.who, shared.ID)
			if seen := err == nil; seen != slices.Contains(test.want, shared.ID) {
				t.Errorf("%s: %v", test.who.Email, err)
			}
		}
		for value, want := range map[string]portico.ApplicationID{"null": own.ID, string(team.ID): shared.ID} {
			page, err := h.Applications.UsableBy(ctx, h.developer, portico.ListQuery{Size: 10, Number: 1, Filters: []portico.Filter{portico.Where("team_id", value)}})
			must(t, err)
			if len(page.Items) != 1 || page.Items[0].ID != want {
				t.Errorf("team_id=%s: %+v", value, page.Items)
			}
		}
		wantKind(t, h.Teams.Delete(ctx, h.portal.ID, team.ID), portico.KindConflict)
		_, err = h.Teams.Update(ctx, h.portal.ID, team.ID, developers.TeamFields{CanOwnApplications: portico.Some(false)})
		wantKind(t, err, portico.KindConflict)

		// Whoever has created it goes; the team keeps it, and its client.
		must(t, h.Developers.Delete(ctx, h.portal.ID, h.developer.ID))
		still, err := h.Applications.Usable(ctx, mate, shared.ID)
		must(t, err)
		if still.DeveloperID != mate.ID {
			t.Errorf("created by %s now", still.DeveloperID)
		}
		must(t, h.Developers.Delete(ctx, h.portal.ID, mate.ID))
		h.untouched(t)
		must(t, h.Teams.Delete(ctx, h.portal.ID, team.ID))
	})
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	app := h.register(t, "App")
	team, others, idle := h.team(t, "Crew", h.developer.ID), h.team(t, "Others", h.newDeveloper(t, "o@dev.example").ID), h.team(t, "Idle", h.developer.ID)
	_, err := h.Teams.Update(ctx, h.portal.ID, idle.ID, developers.TeamFields{CanOwnApplications: portico.Some(false)})
	must(t, err)
	to := func(team *portico.TeamID) error {
		_, err := h.Applications.Update(ctx, app.ID, control.ApplicationChange{Owner: portico.Some(control.Owner{Developer: h.developer.ID, Team: team})})
		return err
	}
	wantFault(t, to(&others.ID), "team_id", "missing_reference")
	wantFault(t, to(new(portico.TeamID("nothing"))), "team_id", "missing_reference")
	wantKind(t, to(&idle.ID), portico.KindForbidden)
	must(t, to(&team.ID))
	if now, err := h.Applications.ByID(ctx, h.portal.ID, app.ID); err != nil || now.Team == nil || now.Team.Name != "Crew" {
		t.Errorf("%+v, %v", now, err)
	}
	h.register(t, "App")
	wantKind(t, to(nil), portico.KindConflict) // the developer has another one of this name by now
	if now, err := h.Applications.ByID(ctx, h.portal.ID, app.ID); err != nil || now.TeamID == nil {
		t.Errorf("a refused transfer changed the owner: %+v, %v", now, err)
	}
	_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Name: portico.Some("Renamed"), Owner: portico.Some(control.Owner{Developer: h.developer.ID})})
	must(t, err)
}

func TestRBAC(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		visit := h.guarded(t)
		private := h.published(t, "Secret plans", h.dcr.ID)
		_, err := h.Publications.Put(ctx, private.ID, h.portal.ID, control.PublicationFields{StrategyID: portico.Some(h.dcr.ID), Visibility: portico.Some(portico.Private)})
		must(t, err)
		nobody := control.Visitor{Portal: visit(h.developer).Portal}
		team := h.team(t, "Crew", h.developer.ID)
		app := h.register(t, "App")
		sees := func(v control.Visitor, want bool, actions control.Actions) {
			t.Helper()
			page, err := h.Catalogue.APIs(ctx, v, portico.ListQuery{Size: 10, Number: 1})
			must(t, err)
			listed := slices.ContainsFunc(page.Items, func(a control.PublishedAPI) bool { return a.ID == private.ID })
			found, err := h.Catalogue.API(ctx, v, private.Slug)
			if listed != want || (err == nil) != want || found.Actions != actions {
				t.Errorf("listed %v, found %+v, %v; want %v %+v", listed, found.Actions, err, want, actions)
			}
			ids, err := h.Catalogue.VisibleAPIs(ctx, v)
			must(t, err)
			if slices.Contains(ids, private.ID) != want {
				t.Errorf("visible %v", ids)
			}
		}
		request := func() error {
			_, err := h.Registrations.Request(ctx, visit(h.developer), app.ID, private.ID, "")
			return err
		}
		sees(nobody, false, control.Actions{})
		sees(visit(h.developer), false, control.Actions{})
		wantKind(t, request(), portico.KindNotFound)
		_, err = h.Registrations.Request(ctx, visit(h.developer), app.ID, h.flights.ID, "")
		if e := wantKind(t, err, portico.KindForbidden); !strings.Contains(e.Detail, "API Consumer") {
			t.Errorf("the refusal does not say what to ask for: %s", e.Detail)
		}
		h.give(t, team, portico.APIViewer, private.ID)
		sees(visit(h.developer), true, control.Actions{View: true, ViewDocumentation: true})
		wantKind(t, request(), portico.KindForbidden)
		consumer := h.give(t, team, portico.APIConsumer, private.ID)
		sees(visit(h.developer), true, control.Actions{View: true, Register: true, ViewDocumentation: true})
		must(t, request())

		// A team's application needs the role for all who can use it.
		mate := h.newDeveloper(t, "mate@dev.example")
		mixed := h.team(t, "Mixed", h.developer.ID, mate.ID)
		_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Owner: portico.Some(control.Owner{Developer: h.developer.ID, Team: &mixed.ID})})
		wantKind(t, err, portico.KindForbidden)
		h.give(t, mixed, portico.APIConsumer, private.ID)
		_, err = h.Applications.Update(ctx, app.ID, control.ApplicationChange{Owner: portico.Some(control.Owner{Developer: h.developer.ID, Team: &mixed.ID})})
		must(t, err)

		must(t, h.Teams.Unassign(ctx, h.portal.ID, team.ID, consumer.ID))
		wantKind(t, h.Teams.Unassign(ctx, h.portal.ID, team.ID, consumer.ID), portico.KindNotFound)
		must(t, h.Teams.RemoveMember(ctx, h.portal.ID, mixed.ID, h.developer.ID))
		sees(visit(h.developer), true, control.Actions{View: true, ViewDocumentation: true})
	})
}

func TestAskingAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	v := control.Visitor{Portal: h.portal, Developer: &h.developer}
	app := h.register(t, "App")
	first, err := h.Registrations.Request(ctx, v, app.ID, h.flights.ID, "For the summer campaign")
	must(t, err)
	if first.Status != portico.Pending || first.Comment != "For the summer campaign" {
		t.Errorf("asked %+v", first.Registration)
	}
	_, err = h.Registrations.Request(ctx, v, app.ID, h.flights.ID, "")
	wantKind(t, err, portico.KindConflict)
	letters := h.journal.mailed(func() {
		_, err := h.Registrations.SetStatus(ctx, app.ID, first.ID, portico.Rejected, "Too <many> requests")
		must(t, err)
	})
	if len(letters) != 1 || letters[0].Kind != "app-registration-rejected" || !strings.Contains(letters[0].Text, "Too <many> requests") ||
		!strings.Contains(letters[0].HTML, "Too &lt;many&gt; requests") || !strings.HasSuffix(letters[0].Link, "/apps/"+string(app.ID)) {
		t.Errorf("mailed %+v", letters)
	}
	again, err := h.Registrations.Request(ctx, v, app.ID, h.flights.ID, "Fewer now")
	must(t, err)
	if again.ID != first.ID || again.Status != portico.Pending || again.Comment != "Fewer now" || again.Reason != "" {
		t.Errorf("asked again %+v", again.Registration)
	}
	_, err = h.Registrations.SetStatus(ctx, app.ID, first.ID, portico.Revoked, "")
	must(t, err)
	_, err = h.Registrations.Request(ctx, v, app.ID, h.flights.ID, "")
	wantKind(t, err, portico.KindConflict)
}

func TestADecisionIsToldToTheWholeTeam(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	ctx := t.Context()
	mate := h.newDeveloper(t, "mate@dev.example")
	_, err := h.Developers.ChangeProfile(ctx, h.portal.ID, mate.ID, developers.ProfileChange{Language: portico.Some("ja")})
	must(t, err)
	team := h.team(t, "Crew", h.developer.ID, mate.ID)
	wish := h.wish("App", h.dcr.ID)
	wish.TeamID = &team.ID
	app, err := h.Applications.Create(ctx, wish)
	must(t, err)
	r, err := h.Registrations.Create(ctx, app.ID, h.flights.ID, nil)
	must(t, err)
	letters := h.journal.mailed(func() {
		_, err := h.Registrations.SetStatus(ctx, app.ID, r.ID, portico.Approved, "")
		must(t, err)
	})
	slices.SortFunc(letters, func(a, b portico.Message) int { return strings.Compare(a.To, b.To) })
	if len(letters) != 2 || !strings.Contains(letters[0].Text, "may call the API Flights") || !strings.Contains(letters[1].Text, "呼び出せるようになりました") {
		t.Errorf("mailed %+v", letters)
	}
}

func TestKeyExpiryIsToldOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, h *house) {
		ctx := t.Context()
		ttl, err := h.Strategies.Create(ctx, control.NewStrategy{Name: "short", DisplayName: "Short", KeyAuth: &portico.KeyAuthConfig{TTL: &portico.TTL{Value: 10, Unit: "days"}}})
		must(t, err)
		h.published(t, "Short", ttl.ID)
		app, err := h.Applications.Create(ctx, h.wish("Keys", ttl.ID))
		must(t, err)
		_, err = h.Credentials.Create(ctx, app.ID, "production")
		must(t, err)
		told := func(want ...string) {
			t.Helper()
			var got []string
			for _, m := range h.journal.mailed(func() { must(t, h.Credentials.NotifyExpiry(ctx)) }) {
				got = append(got, m.Kind)
				if !strings.Contains(m.Text, "production") || !strings.Contains(m.Text, "2026-03-11 12:00 UTC") {
					t.Errorf("told %s", m.Text)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
		}
		told()
		h.clock.Advance(2 * 24 * time.Hour)
		told()
		h.clock.Advance(2 * 24 * time.Hour)
		told("api-key-expiring-soon")
		h.clock.Advance(time.Hour)
		told()
		h.clock.Advance(6 * 24 * time.Hour)
		told("api-key-expired")
		h.clock.Advance(24 * time.Hour)
		told()
	})
}
