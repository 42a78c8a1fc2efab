package portalapi_test

import (
	"strings"
	"testing"

	"portico"
	"portico/control"
)

const ordersJSON = `{"openapi":"3.0.3","info":{"title":"Orders <&>","version":"v1"},"paths":{}}`

const ordersYAML = `openapi: 3.0.3
info:
  title: Orders <&>
  version: v2
paths: {}
`

// TestVisibility compares what a stranger and a developer see.
func TestVisibility(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	open := s.publish(t, p, "Open", portico.Public, &keys)
	closed := s.publish(t, p, "Closed", portico.Private, &keys)
	plain := s.publish(t, p, "Plain", portico.Private, nil)
	hidden, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Unpublished", Specification: new(ordersJSON)})
	check(t, err)
	version, err := s.APIs.CreateVersion(t.Context(), closed.ID, control.NewVersion{Content: ordersJSON}, "spec")
	check(t, err)
	stranger, dora := s.visit(t, p), s.signUp(t, p, "d@dev.example")
	stranger.lists(t, "/apis", "name", "Open")
	dora.lists(t, "/apis", "name", "Closed", "Open", "Plain")

	stranger.call(t, 200, "GET", "/apis/open-v1", nil).has(t, map[string]any{"id": open.ID, "visibility": "public"})
	for _, path := range []string{"", "/actions", "/versions", "/versions/" + string(version.ID), "/versions/" + string(version.ID) + "/raw", "/specifications", "/specifications/" + string(version.ID), "/specifications/" + string(version.ID) + "/raw"} {
		stranger.call(t, 404, "GET", "/apis/closed-v1"+path, nil)
		stranger.call(t, 404, "GET", "/apis/"+string(closed.ID)+path, nil)
		dora.call(t, 404, "GET", "/apis/"+string(hidden.ID)+path, nil)
		dora.call(t, 200, "GET", "/apis/closed-v1"+path, nil)
		dora.call(t, 200, "GET", "/apis/"+strings.ToUpper(string(closed.ID))+path, nil)
	}
	for _, path := range []string{"/apis/nothing", "/apis/" + unknownID, "/apis/%00", "/apis/a%2Fb", "/apis/%ff", "/apis/" + long(300), "/apis/OPEN-V1", "/apis/open-v1/versions/" + string(version.ID), "/apis/closed-v1/versions/x"} {
		dora.call(t, 404, "GET", path, nil)
	}

	stranger.call(t, 200, "GET", "/apis/open-v1/actions", nil).has(t, map[string]any{"actions": map[string]any{"view": true, "register": false, "view_documentation": true}})
	dora.call(t, 200, "GET", "/apis/open-v1/actions", nil).has(t, map[string]any{"actions.register": true})
	dora.call(t, 200, "GET", "/apis/"+plain.Slug+"/actions", nil).has(t, map[string]any{"actions.register": false})

	// An API whose publication is taken back is gone at once.
	check(t, s.Publications.Delete(t.Context(), open.ID, p.ID))
	stranger.lists(t, "/apis", "name")
	stranger.call(t, 404, "GET", "/apis/open-v1", nil)
}

func TestAPIView(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	oidc, own, keys := s.oidc(t), s.selfManaged(t), s.keyAuth(t, portico.KeyAuthConfig{KeyNames: []string{"x-key"}, TTL: &portico.TTL{Value: 4, Unit: "weeks"}})
	api, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Orders", Description: new("All orders"), Attributes: map[string][]string{"domains": {"sales"}}, Specification: new(ordersJSON)})
	check(t, err)
	_, err = s.Publications.Put(t.Context(), api.ID, p.ID, control.PublicationFields{StrategyID: portico.Some(oidc.ID), Visibility: portico.Some(portico.Public)})
	check(t, err)
	s.publish(t, p, "Own", portico.Public, &own)
	s.publish(t, p, "Keys", portico.Public, &keys)
	s.publish(t, p, "Plain", portico.Public, nil)
	b := s.visit(t, p)
	a := b.call(t, 200, "GET", "/apis/orders-v1", nil)
	a.has(t, map[string]any{
		"id": api.ID, "name": "Orders", "version": "v1", "description": "All orders", "slug": "orders-v1", "attributes": map[string]any{"domains": []string{"sales"}},
		"auth_strategies":         []any{map[string]any{"id": oidc.ID, "name": "Okta", "credential_type": "client_credentials", "auth_methods": []string{"client_credentials", "bearer"}}},
		"current_version_summary": map[string]any{"id": api.Current.ID, "spec": map[string]any{"type": "oas3"}},
		"specifications":          []any{map[string]any{"id": api.Current.ID, "type": "oas3"}},
	})
	b.call(t, 200, "GET", "/apis/own-v1", nil).has(t, map[string]any{"auth_strategies.0.credential_type": "self_managed_client_credentials", "auth_strategies.0.name": "Bring your own"})
	b.call(t, 200, "GET", "/apis/keys-v1", nil).has(t, map[string]any{
		"auth_strategies": []any{map[string]any{"id": keys.ID, "name": "Keys", "credential_type": "key_auth", "key_names": []string{"x-key"}, "ttl": map[string]any{"value": 4, "unit": "weeks"}}},
	})
	b.call(t, 200, "GET", "/apis/plain-v1", nil).has(t, map[string]any{"auth_strategies": []any{}, "current_version_summary": nil, "specifications": []any{}, "attributes": map[string]any{}})
	if strings.Contains(a.Text, "internal-") || strings.Contains(a.Text, "issuer") {
		t.Errorf("developers see what is the administrators' own: %s", a.Text)
	}
}

func TestListOfAPIs(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	for _, name := range []string{"Orders", "Billing", "Accounts"} {
		s.publish(t, p, name, portico.Public, nil)
	}
	b := s.visit(t, p)
	for query, want := range map[string][]string{
		"?sort=name": {"Accounts", "Billing", "Orders"}, "?sort=name+desc": {"Orders", "Billing", "Accounts"},
		"?sort=created_at":                             {"Orders", "Billing", "Accounts"},
		"?filter[name]=Orders":                         {"Orders"},
		"?filter[name][contains]=ill":                  {"Billing"},
		"?filter[description][ocontains]=ord,LL":       {"Orders", "Billing"},
		"?filter[version][neq]=v1":                     {},
		"?filter[id]=" + unknownID:                     {},
		"?filter[created_at][gt]=2100-01-01T00:00:00Z": {},
		"?sort=name&page[size]=1&page[number]=2":       {"Billing"},
		"?sort=name&page[number]=9":                    {},
	} {
		a := b.call(t, 200, "GET", "/apis"+query, nil)
		if got := a.column("name"); strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s lists %q, want %q", query, got, want)
		}
	}
	b.call(t, 200, "GET", "/apis?page[size]=2&page[number]=2", nil).has(t, map[string]any{"meta.page": map[string]any{"size": 2, "number": 2, "total": 3}})
	b.refuses(t, "GET", "/apis?filter[slug]=x", nil, "filter[slug] unknown_property")
	b.refuses(t, "GET", "/apis?filter[id]=x", nil, "filter[id] is_uuid")
	b.refuses(t, "GET", "/apis?sort=slug", nil, "sort enum [name version created_at updated_at]")
	b.refuses(t, "GET", "/apis?page[size]=0", nil, "page[size] min 1")
}

func TestSpecifications(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	api := s.publish(t, p, "Orders", portico.Public, nil)
	var ids []string
	for _, content := range []string{ordersJSON, ordersYAML} {
		v, err := s.APIs.CreateVersion(t.Context(), api.ID, control.NewVersion{Content: content}, "spec")
		check(t, err)
		ids = append(ids, string(v.ID))
	}
	b := s.visit(t, p)
	list := b.call(t, 200, "GET", "/apis/orders-v1/versions", nil)
	list.has(t, map[string]any{
		"data.0": map[string]any{"id": ids[0], "version": "v1", "spec": map[string]any{"type": "oas3"}}, "data.1.version": "v2", "meta.page.total": 2,
	})
	b.call(t, 200, "GET", "/apis/orders-v1/versions?page[size]=1&page[number]=2", nil).has(t, map[string]any{"data.0.id": ids[1], "data.1": nil, "meta.page.total": 2})
	b.call(t, 200, "GET", "/apis/orders-v1/specifications", nil).has(t, map[string]any{"data.1": map[string]any{"id": ids[1], "api_type": "oas3"}})
	for i, content := range []string{ordersJSON, ordersYAML} {
		b.call(t, 200, "GET", "/apis/orders-v1/versions/"+ids[i], nil).has(t, map[string]any{"spec": map[string]any{"type": "oas3", "content": content}})
		b.call(t, 200, "GET", "/apis/orders-v1/versions/"+ids[i]+"/raw", nil).has(t, map[string]any{"openapi": "3.0.3", "info.title": "Orders <&>"})
		b.call(t, 200, "GET", "/apis/orders-v1/specifications/"+ids[i], nil).has(t, map[string]any{"content": content, "api_type": "oas3"})
		if raw := b.call(t, 200, "GET", "/apis/orders-v1/specifications/"+ids[i]+"/raw", nil); raw.Text != string(mustJSON(t, content))+"\n" {
			t.Errorf("raw specification %s", raw.Text)
		}
	}
}

func TestListOfStrategies(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	own, keys := s.selfManaged(t), s.keyAuth(t, portico.KeyAuthConfig{})
	oidc := s.oidc(t)
	p := s.portal(t, "P", func(f *control.PortalFields) { f.DefaultStrategyID = portico.Some(own.ID) })
	b := s.signUp(t, p, "d@dev.example")
	b.lists(t, "/application-auth-strategies", "name", "Bring your own")
	s.publish(t, p, "A", portico.Private, &keys)
	s.publish(t, p, "B", portico.Public, &keys)
	s.publish(t, p, "C", portico.Public, &oidc)
	b.lists(t, "/application-auth-strategies", "name", "Bring your own", "Keys", "Okta")
	b.lists(t, "/application-auth-strategies?filter[name][contains]=k", "name", "Keys", "Okta")
	b.lists(t, "/application-auth-strategies?filter[name]=Keys", "name", "Keys")
	b.lists(t, "/application-auth-strategies?filter[name]=internal-keys", "name")
	b.lists(t, "/application-auth-strategies?filter[credential_type][eq]=client_credentials", "name", "Okta")
	b.lists(t, "/application-auth-strategies?page[size]=1&page[number]=2", "name", "Keys")
	b.refuses(t, "GET", "/application-auth-strategies?filter[credential_type]=password", nil,
		"filter[credential_type] enum [client_credentials self_managed_client_credentials key_auth]")
	for name, several := range map[string]bool{"Keys": true, "Okta": true, "Bring+your+own": false} {
		b.call(t, 200, "GET", "/application-auth-strategies?filter[name]="+name, nil).has(t, map[string]any{"data.0.supports_multiple_credentials": several})
	}
}
