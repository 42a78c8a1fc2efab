package portalapi_test

import (
	"testing"

	"portico"
	"portico/control"
)

func TestRegistrations(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P", func(f *control.PortalFields) { f.AutoApproveApplications = portico.Some(false) })
	keys, own := s.keyAuth(t, portico.KeyAuthConfig{}), s.selfManaged(t)
	orders := s.publish(t, p, "Orders", portico.Private, &keys)
	billing := s.publish(t, p, "Billing", portico.Public, &keys)
	other := s.publish(t, p, "Other", portico.Public, &own)
	plain := s.publish(t, p, "Plain", portico.Public, nil)
	hidden, err := s.APIs.Create(t.Context(), control.NewAPI{Name: "Hidden"})
	check(t, err)
	b := s.signUp(t, p, "d@dev.example")
	app := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID}).text("id")
	path := "/applications/" + app + "/registrations"
	for body, faults := range map[string][]string{
		`{}`: {"api_id required"}, `{"api_id":"x"}`: {"api_id is_uuid"}, `{"api_id":null}`: {"api_id is_string"},
		`{"api_id":"` + unknownID + `"}`:                              {"api_id missing_reference"},
		`{"api_id":"` + string(hidden.ID) + `"}`:                      {"api_id missing_reference"},
		`{"api_id":"` + string(orders.ID) + `","status":"approved"}`:  {"status unknown_property"},
		`{"api_id":"` + string(orders.ID) + `","application_id":"x"}`: {"application_id unknown_property"},
	} {
		b.refuses(t, "POST", path, body, faults...)
	}
	b.call(t, 409, "POST", path, map[string]any{"api_id": other.ID})
	b.call(t, 409, "POST", path, map[string]any{"api_id": plain.ID})
	b.lists(t, path, "id")

	pending := b.call(t, 201, "POST", path, map[string]any{"api_id": orders.ID})
	pending.has(t, map[string]any{"status": "pending"})
	b.call(t, 201, "POST", path, map[string]any{"api_id": billing.ID})
	b.lists(t, path, "status", "pending", "pending")
	_, err = s.Registrations.SetStatus(t.Context(), portico.ApplicationID(app), portico.RegistrationID(pending.text("id")), portico.Rejected, "")
	check(t, err)
	b.call(t, 200, "GET", path+"/"+pending.text("id"), nil).has(t, map[string]any{"status": "rejected"})
	b.call(t, 409, "POST", path, map[string]any{"api_id": billing.ID})
	for query, want := range map[string][]string{
		"?filter[status]=pending": {"Billing"}, "?filter[status][eq]=rejected": {"Orders"}, "?filter[status]=revoked": {},
		"?filter[api_name]=Orders": {"Orders"}, "?filter[api_name][contains]=ill": {"Billing"}, "?filter[id]=" + pending.text("id"): {"Orders"},
		"?page[size]=1&page[number]=2": {"Billing"},
	} {
		b.lists(t, path+query, "api_name", want...)
	}
	b.refuses(t, "GET", path+"?filter[status]=x", nil, "filter[status] enum [approved pending revoked rejected]")
	b.refuses(t, "GET", path+"?filter[portal_id]=x", nil, "filter[portal_id] unknown_property")
	for _, id := range []string{unknownID, "x"} {
		b.call(t, 404, "GET", path+"/"+id, nil)
		b.call(t, 404, "DELETE", path+"/"+id, nil)
	}
	// Whoever takes a registration back may ask again.
	b.call(t, 204, "DELETE", path+"/"+pending.text("id"), nil)
	again := b.call(t, 201, "POST", path, map[string]any{"api_id": orders.ID})
	again.has(t, map[string]any{"status": "pending"})
	// What was revoked stays revoked: it can be neither taken back nor asked for anew.
	_, err = s.Registrations.SetStatus(t.Context(), portico.ApplicationID(app), portico.RegistrationID(again.text("id")), portico.Revoked, "")
	check(t, err)
	b.call(t, 409, "DELETE", path+"/"+again.text("id"), nil)
	b.call(t, 409, "POST", path, map[string]any{"api_id": orders.ID})
	b.call(t, 200, "GET", path+"/"+again.text("id"), nil).has(t, map[string]any{"status": "revoked"})
}

// TestApprovalOfOneAPI lets the publication approve what the portal does not.
func TestApprovalOfOneAPI(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P", func(f *control.PortalFields) { f.AutoApproveApplications = portico.Some(false) })
	keys := s.keyAuth(t, portico.KeyAuthConfig{})
	api := s.publish(t, p, "Orders", portico.Public, &keys)
	_, err := s.Publications.Put(t.Context(), api.ID, p.ID, control.PublicationFields{StrategyID: portico.Some(keys.ID), AutoApproveRegistrations: portico.Some(true)})
	check(t, err)
	b := s.signUp(t, p, "d@dev.example")
	app := b.call(t, 201, "POST", "/applications", map[string]any{"name": "App", "auth_strategy_id": keys.ID}).text("id")
	b.call(t, 201, "POST", "/applications/"+app+"/registrations", map[string]any{"api_id": api.ID}).has(t, map[string]any{"status": "approved"})
}
