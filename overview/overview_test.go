package overview_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/control"
	"portico/developers"
	"portico/overview"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// town has two portals with a developer each, whose application waits for the
// one API.
type town struct {
	*consoletest.House
	portals [2]portico.Portal
	people  [2]portico.Developer
	wishes  [2]control.RegistrationView
	api     control.APIView
}

func newTown(t testing.TB) town {
	t.Helper()
	w := town{House: consoletest.New(t, func(*desk.Site) []desk.Route { return nil })}
	ctx := t.Context()
	keys, err := w.Strategies.Create(ctx, control.NewStrategy{Name: "keys", DisplayName: "Keys", KeyAuth: &portico.KeyAuthConfig{}})
	must(t, err)
	w.api, err = w.APIs.Create(ctx, control.NewAPI{Name: "Shop orders", Version: new("v2")})
	must(t, err)
	for i, name := range []string{"Shop", "Partners"} {
		w.Clock.Advance(time.Minute)
		w.portals[i], err = w.Portals.Create(ctx, control.PortalFields{Name: portico.Some(name)})
		must(t, err)
		_, err = w.Publications.Put(ctx, w.api.ID, w.portals[i].ID, control.PublicationFields{StrategyID: portico.Some(keys.ID)})
		must(t, err)
		w.people[i] = w.developer(t, i, fmt.Sprintf("erin@%d.example", i), portico.Approved)
		app, err := w.Applications.Create(ctx, control.NewApplication{PortalID: w.portals[i].ID, DeveloperID: w.people[i].ID, Name: "Checkout of the shop", StrategyID: &keys.ID})
		must(t, err)
		w.wishes[i], err = w.Registrations.Create(ctx, app.ID, w.api.ID, new(portico.Pending))
		must(t, err)
	}
	return w
}

func (w town) developer(t testing.TB, portal int, email string, status portico.Status) portico.Developer {
	t.Helper()
	made, err := w.Developers.Create(t.Context(), w.portals[portal].ID, developers.NewAccount{Email: email, FullName: "Erin", Status: &status})
	must(t, err)
	return made
}

func as(t testing.TB, grants ...access.Grant) context.Context {
	return access.With(t.Context(), grants)
}

func role(name string, of access.Type, entity string) access.Grant {
	return access.Grant{Role: name, Type: of, Entity: entity}
}

func TestSettingUp(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, func(*desk.Site) []desk.Route { return nil })
	ctx := t.Context()
	step := func(want overview.Setup) {
		t.Helper()
		if got, err := h.Overview.Setup(ctx); err != nil || got != want || got.Done() {
			t.Errorf("set up: %+v, %v, want %+v", got, err, want)
		}
	}
	var is overview.Setup
	step(is)
	provider, err := h.Providers.Create(ctx, control.NewProvider{Name: "Okta", Type: portico.ProviderOkta, Issuer: h.Okta.Issuer, Secret: h.Okta.Token})
	must(t, err)
	is.Provider = true
	step(is)
	strategy, err := h.Strategies.Create(ctx, control.NewStrategy{Name: "Okta", DisplayName: "Okta", ProviderID: &provider.ID, OIDC: []byte(`{"issuer":"` + h.Okta.Issuer + `","scopes":["a"],"credential_claim":["cid"],"auth_methods":["bearer"]}`)})
	must(t, err)
	is.Strategy = true
	step(is)
	api, err := h.APIs.Create(ctx, control.NewAPI{Name: "Orders"})
	must(t, err)
	step(is) // there is no specification yet
	_, err = h.APIs.CreateVersion(ctx, api.ID, control.NewVersion{Content: `{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"paths":{}}`}, "content")
	must(t, err)
	is.Specification = true
	step(is)
	plane, err := h.Gateways.EnsureDefault(ctx)
	must(t, err)
	_, err = h.Implementations.Create(ctx, api.ID, plane.ID, nil)
	must(t, err)
	is.Linked = true
	step(is)
	portal, err := h.Portals.Create(ctx, control.PortalFields{Name: portico.Some("Shop")})
	must(t, err)
	_, err = h.Publications.Put(ctx, api.ID, portal.ID, control.PublicationFields{StrategyID: portico.Some(strategy.ID)})
	must(t, err)
	is.Published = true
	step(is)
	_, err = h.Developers.Create(ctx, portal.ID, developers.NewAccount{Email: "dana@shop.example", FullName: "Dana"})
	must(t, err)
	is.Developer = true
	step(is)

	called := func(app portico.ApplicationID, outcome portico.Outcome, ago time.Duration) {
		t.Helper()
		counts := []portico.UsageCount{{Start: h.Clock.Now().Add(-ago).Truncate(time.Minute), Length: time.Minute, ApplicationID: app, APIID: api.ID, Status: 200, Outcome: outcome, Requests: 1, Latencies: make([]int64, len(portico.LatencyClasses())+1)}}
		must(t, h.Deps.Store.Update(ctx, func(tx portico.Tx) error { return tx.AddUsage(ctx, counts, nil) }))
	}
	called("", portico.OutcomeOK, time.Hour)          // by nobody whom we know
	called("app", portico.OutcomeOK, 40*24*time.Hour) // too long ago
	step(is)
	called("app", portico.OutcomeOK, time.Hour)
	if got, err := h.Overview.Setup(ctx); err != nil || !got.Done() {
		t.Errorf("after a call: %+v, %v", got, err)
	}
}

func TestSearchFindsByNameWhatMayBeViewed(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	find := func(ctx context.Context, text string) string {
		t.Helper()
		found, err := w.Overview.Search(ctx, text)
		must(t, err)
		var out []string
		for _, f := range found {
			out = append(out, f.Kind+":"+f.Name)
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	admin := as(t, access.OrganizationAdmin())
	for text, want := range map[string]string{
		"SHOP":      "api:Shop orders application:Checkout of the shop application:Checkout of the shop portal:Shop",
		"keys":      "strategy:keys",
		"0.EXAMPLE": "developer:Erin",
		"100%":      "",
	} {
		if got := find(admin, text); got != want {
			t.Errorf("%q finds %s, want %s", text, got, want)
		}
	}
	if got := find(as(t, role("Viewer", access.Portals, string(w.portals[1].ID))), "shop"); got != "application:Checkout of the shop" {
		t.Errorf("a viewer of the other portal finds %s", got)
	}
	if got := find(as(t, role("Viewer", access.APIs, "other")), "e"); got != "" {
		t.Errorf("a stranger finds %s", got)
	}
	for i := range 7 {
		_, err := w.APIs.Create(t.Context(), control.NewAPI{Name: fmt.Sprint("Many ", i)})
		must(t, err)
	}
	if got := find(admin, "many"); strings.Count(got, "api:") != 5 {
		t.Errorf("of seven it tells %s", got)
	}
}

func TestWhatWaitsIsWhatOneMayDecide(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	dana := w.developer(t, 0, "dana@0.example", portico.Pending)
	w.Clock.Advance(time.Minute)
	newcomer := w.developer(t, 0, "dana@new.example", portico.Pending)
	w.developer(t, 0, "eve@evil0.example", portico.Approved) // 0.example is no part of it
	const approver = "Registration Approver"
	first, second, api := string(w.portals[0].ID), string(w.portals[1].ID), string(w.api.ID)
	for name, test := range map[string]struct {
		ctx    context.Context
		want   overview.Waiting
		wishes []int // the oldest first
	}{
		"an organization admin":          {as(t, access.OrganizationAdmin()), overview.Waiting{Developers: 2, Registrations: 2}, []int{0, 1}},
		"who may approve in a portal":    {as(t, role(approver, access.Portals, first)), overview.Waiting{Developers: 2, Registrations: 1}, []int{0}},
		"in the other one":               {as(t, role(approver, access.Portals, second)), overview.Waiting{Registrations: 1}, []int{1}},
		"for the API":                    {as(t, role(approver, access.APIs, api)), overview.Waiting{Registrations: 2}, []int{0, 1}},
		"in a portal, and for the API":   {as(t, role(approver, access.Portals, second), role(approver, access.APIs, api)), overview.Waiting{Registrations: 2}, []int{0, 1}},
		"who may view, and not approve":  {as(t, role("Viewer", access.Portals, first), role("Viewer", access.APIs, api)), overview.Waiting{}, nil},
		"who may approve somewhere else": {as(t, role(approver, access.Portals, "other"), role(approver, access.APIs, "other")), overview.Waiting{}, nil},
	} {
		if got, err := w.Overview.Waiting(test.ctx); err != nil || got != test.want || got.All() != test.want.Developers+test.want.Registrations {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		var pages []portico.RegistrationID // one by one
		for n := range len(test.wishes) + 1 {
			page, err := w.Overview.Requests(test.ctx, portico.ListQuery{Size: 1, Number: n + 1})
			must(t, err)
			if page.Total != len(test.wishes) {
				t.Errorf("%s: page %d tells of %d in all", name, n+1, page.Total)
			}
			for _, r := range page.Items {
				pages = append(pages, r.ID)
			}
		}
		var want []portico.RegistrationID
		for _, i := range test.wishes {
			want = append(want, w.wishes[i].ID)
		}
		if !slices.Equal(pages, want) {
			t.Errorf("%s: %v wait, want %v", name, pages, want)
		}
		for i, wish := range w.wishes {
			_, err := w.Overview.Request(test.ctx, wish.ID)
			if seen := slices.Contains(test.wishes, i); seen != (err == nil) || err != nil && portico.KindOf(err) != portico.KindNotFound {
				t.Errorf("%s: request %d is answered with %v", name, i, err)
			}
		}
	}

	admin := as(t, access.OrganizationAdmin())
	people, err := w.Overview.Applicants(admin, portico.Everything())
	must(t, err)
	if len(people.Items) != 2 || people.Items[0].ID != dana.ID || people.Items[0].NewDomain || people.Items[0].Portal.ID != w.portals[0].ID || people.Items[1].ID != newcomer.ID || !people.Items[1].NewDomain {
		t.Errorf("the applicants are %+v", people.Items)
	}
	request, err := w.Overview.Request(admin, w.wishes[0].ID)
	must(t, err)
	if request.API.ID != w.api.ID || request.Developer.ID != w.people[0].ID || request.Portal.ID != w.portals[0].ID || request.Application.Name != "Checkout of the shop" || request.Team != nil || !request.NewDomain {
		t.Errorf("the request is %+v", request)
	}
	if _, err := w.Overview.Applicant(as(t, role(approver, access.Portals, second)), dana.ID); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("an applicant in another portal is answered with %v", err)
	}
}

func TestDecisionsAreToldToThoseWhoCouldHaveMadeThem(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	dana := w.developer(t, 0, "dana@0.example", portico.Pending)
	by := portico.WithEvent(t.Context(), portico.Event{Principal: portico.Principal{Kind: portico.PrincipalUser, ID: string(w.Admin.ID), Name: w.Admin.Email}})
	decide := func(i int, status portico.Status, reason string) {
		t.Helper()
		w.Clock.Advance(time.Minute)
		_, err := w.Registrations.SetStatus(by, w.wishes[i].ApplicationID, w.wishes[i].ID, status, reason)
		must(t, err)
	}
	decide(0, portico.Rejected, "What for?")
	decide(0, portico.Approved, "")
	decide(1, portico.Rejected, "No")
	w.Clock.Advance(time.Minute)
	_, err := w.Developers.SetStatus(by, w.portals[0].ID, dana.ID, portico.Approved, "")
	must(t, err)

	admin := as(t, access.OrganizationAdmin())
	all, err := w.Overview.Decisions(admin, 9)
	must(t, err)
	if len(all) != 4 || all[0].Kind != overview.KindDeveloper || all[0].Developer.ID != dana.ID || all[1].Status != portico.Rejected || all[1].Reason != "No" || all[1].Developer.ID != w.people[1].ID ||
		all[2].Status != portico.Approved || all[3].Reason != "What for?" || all[3].API.ID != w.api.ID || all[3].By.Name != w.Admin.Email || !all[3].At.Before(all[0].At) {
		t.Errorf("decided: %+v", all)
	}
	if few, err := w.Overview.Decisions(admin, 2); err != nil || len(few) != 2 || few[1].Reason != "No" {
		t.Errorf("the last two: %+v, %v", few, err)
	}
	elsewhere, err := w.Overview.Decisions(as(t, role("Registration Approver", access.Portals, string(w.portals[1].ID))), 9)
	if err != nil || len(elsewhere) != 1 || elsewhere[0].ID != string(w.wishes[1].ID) {
		t.Errorf("told in the other portal: %+v, %v", elsewhere, err)
	}
	history, err := w.Overview.History(admin, overview.KindRegistration, string(w.wishes[0].ID))
	if err != nil || len(history) != 3 || history[0].Status != portico.Approved || history[1].Status != portico.Rejected || !history[2].Created || history[2].Status != portico.Pending {
		t.Errorf("the history is %+v, %v", history, err)
	}
}
