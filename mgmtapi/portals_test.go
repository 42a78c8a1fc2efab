package mgmtapi_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/control"
)

// portalNamed creates a portal by that name and returns its id.
func (s *testServer) portalNamed(t *testing.T, name string, more ...any) string {
	t.Helper()
	return s.call(t, http.StatusCreated, "POST", "/v3/portals", with(map[string]any{"name": name}, more...)).text("id")
}

// strategyNamed creates a key-auth strategy and returns its id.
func (s *testServer) strategyNamed(t *testing.T, name string) string {
	t.Helper()
	return s.call(t, http.StatusCreated, "POST", "/v2/application-auth-strategies", map[string]any{
		"name": name, "display_name": name, "strategy_type": "key_auth", "configs": map[string]any{"key-auth": map[string]any{}},
	}).text("id")
}

// lists checks what a list has under a name of its items, in any order if the
// query sorts by nothing.
func (s *testServer) lists(t *testing.T, path, column string, want ...string) {
	t.Helper()
	got := s.call(t, http.StatusOK, "GET", path, nil).column(column)
	if !strings.Contains(path, "sort=") {
		slices.Sort(got)
		slices.Sort(want)
	}
	if !slices.Equal(got, want) {
		t.Errorf("GET %s gives %q, want %q", path, got, want)
	}
}

func TestPortalDefaults(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	made := s.call(t, http.StatusCreated, "POST", "/v3/portals", map[string]any{"name": "Crème & Co. Developers"})
	want := map[string]any{
		"name": "Crème & Co. Developers", "display_name": "Crème & Co. Developers", "description": nil,
		"authentication_enabled": true, "rbac_enabled": false, "sipr_enabled": false,
		"default_api_visibility": "private", "default_page_visibility": "private", "default_application_auth_strategy_id": nil,
		"auto_approve_developers": false, "auto_approve_applications": false, "notifications_developer_pii_visibility_enabled": false,
		"default_domain": "creme-co-developers.localhost", "canonical_domain": "creme-co-developers.localhost", "labels": map[string]any{},
	}
	made.has(t, want)
	s.call(t, http.StatusOK, "GET", "/v3/portals/"+made.text("id"), nil).has(t, want)
}

func TestPortalRoundTripsEveryField(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	strategy := s.strategyNamed(t, "keys")
	want := map[string]any{
		"name": "p", "display_name": "P", "description": "for partners", "authentication_enabled": false, "rbac_enabled": true,
		"sipr_enabled": true, "default_api_visibility": "public", "default_page_visibility": "public",
		"default_application_auth_strategy_id": strategy, "auto_approve_developers": true, "auto_approve_applications": true,
		"notifications_developer_pii_visibility_enabled": true, "labels": map[string]any{"team": "a", "KONGCTL-namespace": "x"},
	}
	// What a client reads and sends back is tolerated, and ignored.
	made := s.call(t, http.StatusCreated, "POST", "/v3/portals", with(want, "id", unknownID, "default_domain", "elsewhere.example"))
	made.has(t, want)
	if made.text("id") == unknownID || made.text("default_domain") != "p.localhost" {
		t.Errorf("read-only fields were taken from the request: %s", made.Text)
	}
	path := "/v3/portals/" + made.text("id")
	s.call(t, http.StatusOK, "GET", path, nil).has(t, want)
	for range 2 { // an update is idempotent
		s.call(t, http.StatusOK, "PATCH", path, want).has(t, want)
	}
}

func TestPortalPatchTellsNullFromAbsent(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	strategy := s.strategyNamed(t, "keys")
	path := "/v3/portals/" + s.portalNamed(t, "p", "description", "d", "default_application_auth_strategy_id", strategy, "labels", map[string]any{"a": "1", "b": "2"})
	s.call(t, http.StatusOK, "PATCH", path, `{}`).has(t, map[string]any{"description": "d", "default_application_auth_strategy_id": strategy, "labels": map[string]any{"a": "1", "b": "2"}})
	s.call(t, http.StatusOK, "PATCH", path, `{"description":null,"default_application_auth_strategy_id":null,"labels":{"a":null,"c":"3"}}`).
		has(t, map[string]any{"description": nil, "default_application_auth_strategy_id": nil, "labels": map[string]any{"b": "2", "c": "3"}})
	s.call(t, http.StatusOK, "PATCH", path, `{"labels":null}`).has(t, map[string]any{"labels": map[string]any{}})
	s.call(t, http.StatusOK, "PATCH", path, `{"name":"renamed"}`).has(t, map[string]any{"name": "renamed", "display_name": "p", "default_domain": "p.localhost"})
}

func TestPortalValidation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	valid := map[string]any{"name": "p"}
	patch := "/v3/portals/" + s.portalNamed(t, "there")
	for name, test := range map[string]struct {
		body   any
		faults []string
	}{
		"no name":            {`{}`, []string{"name required"}},
		"empty name":         {with(valid, "name", ""), []string{"name min_length 1"}},
		"long name":          {with(valid, "name", long(256)), []string{"name max_length 255"}},
		"name no string":     {with(valid, "name", 7), []string{"name is_string"}},
		"null name":          {with(valid, "name", null), []string{"name is_string"}},
		"null display name":  {with(valid, "display_name", null), []string{"display_name is_string"}},
		"long display name":  {with(valid, "display_name", long(256)), []string{"display_name max_length 255"}},
		"long description":   {with(valid, "description", long(513)), []string{"description max_length 512"}},
		"boolean as text":    {with(valid, "rbac_enabled", "true"), []string{"rbac_enabled is_boolean"}},
		"null boolean":       {with(valid, "sipr_enabled", null), []string{"sipr_enabled is_boolean"}},
		"visibility":         {with(valid, "default_api_visibility", "secret"), []string{"default_api_visibility enum [public private]"}},
		"strategy no id":     {with(valid, "default_application_auth_strategy_id", "x"), []string{"default_application_auth_strategy_id is_uuid"}},
		"unknown strategy":   {with(valid, "default_application_auth_strategy_id", unknownID), []string{"default_application_auth_strategy_id missing_reference"}},
		"unknown property":   {with(valid, "colour", "red"), []string{"colour unknown_property"}},
		"reserved label":     {with(valid, "labels", map[string]any{"kong-x": "1"}), []string{"labels.kong-x is_label"}},
		"all faults at once": {`{"display_name":"","labels":[],"x":1}`, []string{"name required", "display_name min_length 1", "labels is_object", "x unknown_property"}},
	} {
		t.Run(name, func(t *testing.T) {
			s.refuses(t, "POST", "/v3/portals", test.body, test.faults...)
			if name != "no name" && name != "all faults at once" {
				s.refuses(t, "PATCH", patch, test.body, test.faults...)
			}
		})
	}
	s.lists(t, "/v3/portals", "name", "there")
}

func TestPortalNamesAndDomainsAreUnique(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.portalNamed(t, "My Portal")
	s.call(t, http.StatusConflict, "POST", "/v3/portals", `{"name":"My Portal"}`)
	for name, domain := range map[string]string{
		"My-Portal!": "my-portal-2.localhost", "開発者": "portal.localhost", strings.Repeat("a", 200): strings.Repeat("a", 56) + ".localhost",
		"under_score": "under-score.localhost",
	} {
		s.call(t, http.StatusCreated, "POST", "/v3/portals", map[string]any{"name": name}).has(t, map[string]any{"default_domain": domain})
	}
	other := s.portalNamed(t, "other")
	s.call(t, http.StatusConflict, "PATCH", "/v3/portals/"+other, `{"name":"My Portal"}`)
	p, err := s.Portals.ByHost(t.Context(), "MY-portal.LOCALHOST")
	check(t, err)
	if p.Name != "My Portal" {
		t.Errorf("found %q", p.Name)
	}
	for _, host := range []string{"localhost", "nobody.localhost", "my-portal.example.com", ""} {
		if p, err := s.Portals.ByHost(t.Context(), host); err == nil {
			t.Errorf("%q leads to %q", host, p.Name)
		}
	}
}

func TestPortalLists(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	strategy := s.strategyNamed(t, "keys")
	a := s.portalNamed(t, "alpha", "description", "first", "rbac_enabled", true, "labels", map[string]any{"env": "dev"}, "default_application_auth_strategy_id", strategy)
	b := s.portalNamed(t, "beta", "description", "second", "authentication_enabled", false, "auto_approve_developers", true, "default_api_visibility", "public")
	s.portalNamed(t, "gamma", "description", "third", "auto_approve_applications", true, "default_page_visibility", "public", "labels", map[string]any{"env": "prod"})
	for query, want := range map[string][]string{
		"":                                                             {"alpha", "beta", "gamma"},
		"filter[name]=alpha":                                           {"alpha"},
		"filter[name][eq]=ALPHA":                                       {},
		"filter[name][neq]=alpha":                                      {"beta", "gamma"},
		"filter[name][contains]=A":                                     {"alpha", "beta", "gamma"},
		"filter[name][contains]=mm":                                    {"gamma"},
		"filter[name][oeq]=alpha,beta":                                 {"alpha", "beta"},
		"filter[name][ocontains]=lp,mm":                                {"alpha", "gamma"},
		"filter[id][eq]=" + a:                                          {"alpha"},
		"filter[id][oeq]=" + a + "," + b:                               {"alpha", "beta"},
		"filter[id][neq]=" + a:                                         {"beta", "gamma"},
		"filter[description][contains]=SEC":                            {"beta"},
		"filter[rbac_enabled]=true":                                    {"alpha"},
		"filter[authentication_enabled]=false":                         {"beta"},
		"filter[auto_approve_developers]=true":                         {"beta"},
		"filter[auto_approve_applications]=true":                       {"gamma"},
		"filter[default_api_visibility]=public":                        {"beta"},
		"filter[default_page_visibility][neq]=private":                 {"gamma"},
		"filter[default_application_auth_strategy_id][eq]=" + strategy: {"alpha"},
		"filter[default_domain]=beta.localhost":                        {"beta"},
		"filter[default_domain][neq]=beta.localhost":                   {"alpha", "gamma"},
		"filter[canonical_domain][contains]=a.LOCAL":                   {"alpha", "beta", "gamma"},
		"filter[canonical_domain][oeq]=beta.localhost,x":               {"beta"},
		"filter[canonical_domain][ocontains]=lph,mm":                   {"alpha", "gamma"},
		"filter[default_domain]=beta":                                  {},
		"filter[labels.env]=dev":                                       {"alpha"},
		"filter[labels.env]=":                                          {"alpha", "gamma"},
		"filter[name][contains]=a&filter[rbac_enabled]=false":          {"beta", "gamma"},
		"sort=name desc":                                               {"gamma", "beta", "alpha"},
		"sort=description":                                             {"alpha", "beta", "gamma"},
		"sort=default_domain desc":                                     {"gamma", "beta", "alpha"},
		"sort=canonical_domain asc":                                    {"alpha", "beta", "gamma"},
		"sort=created_at desc":                                         {"gamma", "beta", "alpha"},
		"sort=updated_at":                                              {"alpha", "beta", "gamma"},
		"sort=rbac_enabled desc,name":                                  {"alpha", "beta", "gamma"},
		"sort=authentication_enabled,name":                             {"beta", "alpha", "gamma"},
		"sort=auto_approve_developers,name":                            {"alpha", "gamma", "beta"},
		"sort=auto_approve_applications desc,name desc":                {"gamma", "beta", "alpha"},
	} {
		s.lists(t, "/v3/portals?"+encode(query), "name", want...)
	}
	s.call(t, http.StatusOK, "GET", "/v3/portals?"+encode("page[size]=2&page[number]=2&sort=name"), nil).
		has(t, map[string]any{"data.0.name": "gamma", "data.1": nil, "meta.page": map[string]any{"number": 2, "size": 2, "total": 3}})
	for query, fault := range map[string]string{
		"filter[colour]=red": "filter[colour] unknown_property", "sort=labels": "sort enum", "filter[id]=x": "filter[id] is_uuid", "page[size]=0": "page[size] min 1",
	} {
		got := s.call(t, http.StatusBadRequest, "GET", "/v3/portals?"+encode(query), nil).faults()
		if len(got) != 1 || !strings.HasPrefix(got[0], fault) {
			t.Errorf("%s gives %q", query, got)
		}
	}
}

func TestPortalDelete(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	portal := "/v3/portals/" + s.portalNamed(t, "p")
	api := s.apiNamed(t, "a")
	s.call(t, http.StatusOK, "PUT", "/v3/apis/"+api+"/publications/"+strings.TrimPrefix(portal, "/v3/portals/"), `{}`)
	refused := s.call(t, http.StatusConflict, "DELETE", portal, nil)
	if !strings.Contains(refused.text("detail"), "force=true") {
		t.Errorf("the refusal does not say what to do: %s", refused.text("detail"))
	}
	s.call(t, http.StatusConflict, "DELETE", portal+"?force=false", nil)
	if got := s.call(t, http.StatusBadRequest, "DELETE", portal+"?force=maybe", nil).faults(); !slices.Equal(got, []string{"force enum [true false]"}) {
		t.Errorf("faults %q", got)
	}
	s.call(t, http.StatusNoContent, "DELETE", portal+"?force=true", nil)
	s.call(t, http.StatusNotFound, "DELETE", portal+"?force", nil)
	s.call(t, http.StatusNotFound, "GET", portal, nil)
	s.call(t, http.StatusNotFound, "PATCH", portal, `{}`)
	s.call(t, http.StatusOK, "GET", "/v3/apis/"+api, nil).has(t, map[string]any{"portals": []any{}})
	s.call(t, http.StatusNoContent, "DELETE", "/v3/portals/"+s.portalNamed(t, "empty"), nil)
	s.call(t, http.StatusNotFound, "GET", "/v3/portals/not-an-id", nil)
}

func TestPortalDeleteRemovesItsApplicationsClients(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	w := s.newWorld(t)
	s.call(t, http.StatusCreated, "POST", w.applications(), w.application("one"))
	s.call(t, http.StatusCreated, "POST", w.applications(), w.application("two"))
	s.idps.setDown(true)
	s.call(t, http.StatusNoContent, "DELETE", "/v3/portals/"+w.portal+"?force=true", nil)
	s.call(t, http.StatusNotFound, "GET", w.applications(), nil)
	if got := s.idps.count(); got != 2 {
		t.Fatalf("%d clients are left while the identity provider is down, want 2", got)
	}
	s.idps.setDown(false)
	s.clock.advance(time.Hour)
	settled, err := (control.New(s.Portals.Deps).Reconciler).Once(t.Context())
	check(t, err)
	if got := s.idps.count(); got != 0 || settled != 2 {
		t.Errorf("%d clients are left after %d tasks", got, settled)
	}
}

func TestPortalsMadeAtOnceGetDomainsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	names := []string{"My Portal", "my portal", "my-portal", "MY_PORTAL", "my.portal", "my/portal", "My  Portal", "my portal!"}
	var made sync.WaitGroup
	for _, name := range names {
		made.Go(func() {
			if _, err := s.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some(name)}); err != nil {
				t.Errorf("%q: %v", name, err)
			}
		})
	}
	made.Wait()
	domains := s.call(t, http.StatusOK, "GET", "/v3/portals", nil).column("default_domain")
	slices.Sort(domains)
	if len(slices.Compact(domains)) != len(names) {
		t.Errorf("domains %q", domains)
	}
}

func TestOnlyOneOfManyMayHaveAName(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	var made sync.WaitGroup
	var won atomic.Int32
	for range 8 {
		made.Go(func() {
			_, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Flights"})
			switch {
			case err == nil:
				won.Add(1)
			case portico.KindOf(err) != portico.KindConflict:
				t.Error(err)
			}
		})
	}
	made.Wait()
	if won.Load() != 1 {
		t.Errorf("%d APIs have the same name and version", won.Load())
	}
}
