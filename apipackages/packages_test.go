package apipackages_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/apipackages"
	"portico/control"
	"portico/openapi"
	"portico/routing"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// kind fails unless the error is of the kind.
func kind(t testing.TB, what string, err error, want portico.Kind) {
	t.Helper()
	if err == nil || portico.KindOf(err) != want {
		t.Errorf("%s: %v", what, err)
	}
}

// depot is a package, and two APIs of a control plane that both have GET /stock.
type depot struct {
	*consoletest.House
	plane          portico.ControlPlaneID
	wares, returns control.APIView
	pack           control.APIView
}

const (
	wares = `{"openapi":"3.1.0","info":{"title":"Wares","version":"1"},"servers":[{"url":"https://wares.example/v1"}],"paths":{
		"/stock":{"get":{"operationId":"stock","responses":{}}},"/wares/{id}":{"get":{"responses":{}},"put":{"responses":{}}}}}`
	returns = `{"openapi":"3.1.0","info":{"title":"Returns","version":"1"},"paths":{"/stock":{"get":{"responses":{}}},"/returns":{"post":{"responses":{}}}}}`
)

func newDepot(t testing.TB) depot {
	t.Helper()
	d := depot{House: consoletest.New(t, func(*desk.Site) []desk.Route { return nil })}
	plane, err := d.Gateways.EnsureDefault(t.Context())
	must(t, err)
	d.plane = plane.ID
	d.wares, d.returns = d.api(t, "Wares", wares), d.api(t, "Returns", returns)
	d.pack, err = d.APIs.Create(t.Context(), control.NewAPI{Name: "Starter", IsPackage: true, Description: new("To begin with")})
	must(t, err)
	return d
}

func (d depot) api(t testing.TB, name, specification string) control.APIView {
	t.Helper()
	made, err := d.APIs.Create(t.Context(), control.NewAPI{Name: name, Specification: &specification})
	must(t, err)
	_, err = d.Implementations.Create(t.Context(), made.ID, d.plane, nil)
	must(t, err)
	return made
}

// operation is the id of an API's operation.
func (d depot) operation(t testing.TB, a control.APIView, key string) portico.OperationID {
	t.Helper()
	found, err := d.Packages.Operations(t.Context(), a.ID, portico.Everything())
	must(t, err)
	i := slices.IndexFunc(found.Items, func(o apipackages.OperationView) bool { return o.Key() == key })
	if i < 0 {
		t.Fatalf("%s has no operation %s", a.Name, key)
	}
	return found.Items[i].ID
}

func (d depot) change(t testing.TB, changes ...apipackages.Change) error {
	t.Helper()
	return d.Packages.ChangeOperations(t.Context(), d.pack.ID, changes, nil)
}

// held are the operations that the package holds, in words.
func (d depot) held(t testing.TB) string {
	t.Helper()
	found, err := d.Packages.Held(t.Context(), d.pack.ID, portico.Everything())
	must(t, err)
	var out []string
	for _, h := range found.Items {
		out = append(out, h.API.Name+" "+h.Operation.Key())
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// shown are the operations of the package's specification, in words.
func (d depot) shown(t testing.TB) string {
	t.Helper()
	view, err := d.APIs.ByID(t.Context(), d.pack.ID)
	must(t, err)
	if view.Current == nil {
		return "none"
	}
	version, err := d.APIs.Version(t.Context(), d.pack.ID, view.Current.ID)
	must(t, err)
	return operationsIn(version)
}

func operationsIn(v portico.Version) string {
	var out []string
	for _, o := range openapi.Operations([]byte(v.Content)) {
		out = append(out, o.Key())
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

func add(id portico.OperationID) apipackages.Change {
	return apipackages.Change{Verb: apipackages.Add, Operation: id}
}

func TestChangesAreMadeInTheirOrderAllOrNone(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	stock, other, post := d.operation(t, d.wares, "GET /stock"), d.operation(t, d.returns, "GET /stock"), d.operation(t, d.returns, "POST /returns")
	limit := portico.RateLimit{Limit: 5, Duration: "minutes"}
	must(t, d.change(t, apipackages.Change{Verb: apipackages.Add, Operation: stock, RateLimit: portico.Some(limit)}))

	plain, err := d.APIs.Create(t.Context(), control.NewAPI{Name: "Plain", Specification: new(returns)})
	must(t, err)
	page, err := d.House.Packages.Held(t.Context(), d.pack.ID, portico.Everything())
	must(t, err)
	var unguarded portico.OperationID
	must(t, d.Deps.Store.View(t.Context(), func(tx portico.Tx) error {
		found, err := tx.Operations().List(t.Context(), portico.Everything(portico.Where("api_id", plain.ID)))
		unguarded = found.Items[0].ID
		return err
	}))
	kind(t, "an operation that is not there", d.change(t, add(post), add("gone")), portico.KindInvalid)
	kind(t, "one that no gateway guards", d.change(t, add(post), add(unguarded)), portico.KindInvalid)
	kind(t, "the same method and path of another API", d.change(t, add(post), add(other)), portico.KindConflict)
	kind(t, "to remove what is not held", d.change(t, add(post), apipackages.Change{Verb: apipackages.Remove, Operation: other}), portico.KindInvalid)
	kind(t, "to replace what is not held", d.change(t, apipackages.Change{Verb: apipackages.Replace, Operation: other, RateLimit: portico.Some(limit)}), portico.KindInvalid)
	kind(t, "one of an API that is hidden", d.Packages.ChangeOperations(t.Context(), d.pack.ID, []apipackages.Change{add(post)}, func(api portico.APIID) bool { return api != d.returns.ID }), portico.KindInvalid)
	kind(t, "an API", d.Packages.ChangeOperations(t.Context(), d.wares.ID, []apipackages.Change{add(post)}, nil), portico.KindNotFound)
	if got := d.held(t); got != "Wares GET /stock" || d.shown(t) != "GET /stock" {
		t.Fatalf("refused changes have left %s, shown as %s", got, d.shown(t))
	}

	// Adding again keeps the limit unless there is a new one, and the identity.
	must(t, d.change(t, add(stock)))
	again, err := d.Packages.HeldOne(t.Context(), d.pack.ID, stock)
	if err != nil || again.Held.ID != page.Items[0].Held.ID || again.Held.RateLimit == nil || *again.Held.RateLimit != limit {
		t.Errorf("added again: %+v, %v", again.Held, err)
	}
	must(t, d.change(t, apipackages.Change{Verb: apipackages.Replace, Operation: stock, RateLimit: portico.Opt[portico.RateLimit]{Set: true, Null: true}}))
	if one, err := d.Packages.HeldOne(t.Context(), d.pack.ID, stock); err != nil || one.Held.RateLimit != nil {
		t.Errorf("without a limit: %+v, %v", one.Held, err)
	}
	// What is taken out first makes room.
	must(t, d.change(t, apipackages.Change{Verb: apipackages.Remove, Operation: stock}, add(other), add(post), add(post)))
	if got := d.held(t); got != "Returns GET /stock, Returns POST /returns" {
		t.Errorf("held: %s", got)
	}
	must(t, d.Packages.RemoveOperation(t.Context(), d.pack.ID, post))
	kind(t, "removed twice", d.Packages.RemoveOperation(t.Context(), d.pack.ID, post), portico.KindNotFound)
	if got := d.shown(t); got != "GET /stock" {
		t.Errorf("shown: %s", got)
	}
}

func TestPackagesFollowTheirAPIs(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	kept := d.operation(t, d.wares, "GET /stock")
	must(t, d.change(t, add(kept), add(d.operation(t, d.wares, "PUT /wares/{id}")), add(d.operation(t, d.returns, "POST /returns"))))
	if got := d.shown(t); got != "GET /stock, POST /returns, PUT /wares/{id}" {
		t.Fatalf("shown: %s", got)
	}
	d.Clock.Advance(time.Minute)
	less := strings.Replace(strings.Replace(wares, `,"put":{"responses":{}}`, "", 1), `"operationId":"stock"`, `"operationId":"stock","summary":"What there is"`, 1)
	change := control.VersionChange{Content: portico.Some(less)}
	_, err := d.APIs.UpdateVersion(t.Context(), d.wares.ID, d.wares.Versions[0].ID, change, "content", false)
	kind(t, "to let an operation go without force", err, portico.KindConflict)
	_, err = d.APIs.UpdateVersion(t.Context(), d.wares.ID, d.wares.Versions[0].ID, change, "content", true)
	must(t, err)
	if got := d.held(t); got != "Returns POST /returns, Wares GET /stock" || d.shown(t) != "GET /stock, POST /returns" {
		t.Errorf("held: %s, shown: %s", got, d.shown(t))
	}
	if one, err := d.Packages.HeldOne(t.Context(), d.pack.ID, kept); err != nil || one.Operation.Summary != "What there is" {
		t.Errorf("what stays: %+v, %v", one.Operation, err)
	}
	must(t, d.APIs.Delete(t.Context(), d.returns.ID))
	if got := d.shown(t); got != "GET /stock" {
		t.Errorf("without the API: %s", got)
	}
	must(t, d.APIs.Delete(t.Context(), d.wares.ID))
	if got := d.shown(t); got != "none" || d.held(t) != "" {
		t.Errorf("without any: %s", got)
	}
	_, err = d.Packages.Computed(t.Context(), d.pack.ID)
	kind(t, "nothing to compute from", err, portico.KindNotFound)
}

func TestAGivenSpecificationStands(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	_, err := d.Packages.Current(t.Context(), d.pack.ID)
	kind(t, "none is given", err, portico.KindNotFound)
	kind(t, "none to take away", d.Packages.DeleteCurrent(t.Context(), d.pack.ID), portico.KindNotFound)
	_, err = d.Packages.PutCurrent(t.Context(), d.pack.ID, "openapi: [", "")
	kind(t, "a broken one", err, portico.KindInvalid)
	_, err = d.Packages.PutCurrent(t.Context(), d.pack.ID, returns, portico.SpecificationAsyncAPI)
	kind(t, "another kind", err, portico.KindInvalid)
	_, err = d.Packages.PutCurrent(t.Context(), d.wares.ID, returns, "")
	kind(t, "for an API", err, portico.KindNotFound)
	given, err := d.Packages.PutCurrent(t.Context(), d.pack.ID, returns, "")
	must(t, err)
	must(t, d.change(t, add(d.operation(t, d.wares, "GET /wares/{id}"))))
	if got := d.shown(t); got != "GET /stock, POST /returns" {
		t.Errorf("shown in place of the given one: %s", got)
	}
	computed, err := d.Packages.Computed(t.Context(), d.pack.ID)
	if err != nil || operationsIn(computed) != "GET /wares/{id}" || string(computed.ID) != string(d.pack.ID) || !strings.Contains(computed.Content, "To begin with") || !strings.Contains(computed.Content, "wares.example") {
		t.Errorf("computed: %+v, %v", computed, err)
	}
	again, err := d.Packages.PutCurrent(t.Context(), d.pack.ID, wares, "")
	if err != nil || again.ID != given.ID || operationsIn(again) != "GET /stock, GET /wares/{id}, PUT /wares/{id}" {
		t.Errorf("given again: %+v, %v", again, err)
	}
	must(t, d.Packages.DeleteCurrent(t.Context(), d.pack.ID))
	if got := d.shown(t); got != "GET /wares/{id}" {
		t.Errorf("shown again: %s", got)
	}
}

// TestWhichRouteTakesAnOperation holds that the longest path that fits counts,
// of routes with an enabled service where the API is.
func TestWhichRouteTakesAnOperation(t *testing.T) {
	t.Parallel()
	d := newDepot(t)
	ctx := t.Context()
	for name, enabled := range map[string]bool{"on": true, "off": false} {
		_, err := d.Gateways.CreateService(ctx, d.plane, routing.ServiceFields{Name: portico.Some(name), URL: portico.Some("http://wares.internal"), Enabled: portico.Some(enabled)})
		must(t, err)
	}
	matched := func() map[string]string {
		t.Helper()
		found, err := d.Packages.Operations(ctx, d.wares.ID, portico.Everything())
		must(t, err)
		out := map[string]string{}
		for _, o := range found.Items {
			if o.Match != nil {
				out[o.Key()] = *o.Match.Route.Name
			}
		}
		return out
	}
	for _, test := range []struct {
		name, service, path, method string
		want                        [3]string // GET /stock, GET /wares/{id}, PUT /wares/{id}
	}{
		{"switched-off", "off", "/", "", [3]string{}},
		{"elsewhere", "on", "/other", "", [3]string{}},
		{"without-the-base", "on", "/wares", "", [3]string{}},
		{"all", "on", "/v1", "", [3]string{"all", "all", "all"}},
		{"reading", "on", "/v1/wares", "GET", [3]string{"all", "reading", "all"}},
		{"by-number", "on", "~/v1/wares/[0-9]+$", "", [3]string{"all", "by-number", "by-number"}},
	} {
		in := routing.RouteFields{Name: portico.Some(test.name), Service: portico.Some(test.service), Paths: portico.Some([]string{test.path})}
		if test.method != "" {
			in.Methods = portico.Some([]string{test.method})
		}
		_, err := d.Gateways.CreateRoute(ctx, d.plane, in)
		must(t, err)
		got := matched()
		if [3]string{got["GET /stock"], got["GET /wares/{id}"], got["PUT /wares/{id}"]} != test.want {
			t.Errorf("with the route %q: %v", test.name, got)
		}
	}
	must(t, d.Deps.Store.View(ctx, func(tx portico.Tx) error {
		none, err := apipackages.Unmatched(ctx, tx, d.wares.ID)
		some, err2 := apipackages.Unmatched(ctx, tx, d.returns.ID)
		if none != 0 || some != 2 || err2 != nil {
			t.Errorf("%d and %d operations are without a route, %v", none, some, err2)
		}
		return err
	}))
}
