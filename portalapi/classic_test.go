package portalapi_test

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico"
	"portico/content"
	"portico/control"
	"portico/npmtest"
	"portico/portalapi"
	"portico/spectest"
)

// TestEveryClassicOperation holds that each operation of the classic contract is
// served where it belongs, or listed as not offered with a reason.
func TestEveryClassicOperation(t *testing.T) {
	t.Parallel()
	served, notOffered := map[string]string{}, portalapi.ClassicNotOffered()
	for _, op := range portalapi.ClassicOperations() {
		served[op.ID] = op.Method + " " + op.Pattern
	}
	oracle := spectest.Classic(t)
	if oracle == nil {
		return
	}
	contract := oracle.Operations()
	for id, at := range contract {
		if (served[id] == "") == (notOffered[id] == "") {
			t.Errorf("%s (%s): served at %q, not offered because %q", id, at, served[id], notOffered[id])
		}
		if served[id] != "" && served[id] != at {
			t.Errorf("%s is served at %s, but belongs at %s", id, served[id], at)
		}
	}
	for _, id := range slices.Concat(slices.Collect(maps.Keys(served)), slices.Collect(maps.Keys(notOffered))) {
		if contract[id] == "" {
			t.Errorf("%s is no operation of the contract", id)
		}
	}
}

const classicSpecification = `openapi: 3.0.3
info: {title: Orders, version: "1"}
paths:
  /orders:
    get: {operationId: listOrders, tags: [Orders], responses: {"200": {description: OK}}}
`

//go:embed testdata/classic
var classicClient embed.FS

// TestClassicClientsJourney runs the developer's journey with Konnect's own
// client of the founding documents' era.
func TestClassicClientsJourney(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "Orders Portal")
	strategy := s.oidc(t)
	api := s.publish(t, p, "Orders", portico.Public, &strategy)
	_, err := s.APIs.CreateVersion(t.Context(), api.ID, control.NewVersion{Version: "1", Content: classicSpecification}, "spec.content")
	check(t, err)

	_, err = s.Content.Documents.Create(t.Context(), api.ID, content.DocumentFields{
		Slug: portico.Some("guide"), Title: portico.Some("Guide"), Content: portico.Some("# How to order"), Published: portico.Some(true),
	})
	check(t, err)

	program, err := fs.Sub(classicClient, "testdata/classic")
	check(t, err)
	client := npmtest.Start(t, program, "journey.mjs", s.url)
	if done := s.converse(t, client.Out, client.In); !done {
		t.Fatalf("the journey ended early: %v", client.End())
	}
	check(t, client.End())
}

// converse answers what the client cannot know by itself, until it is done.
func (s *testServer) converse(t *testing.T, questions *bufio.Scanner, answers io.Writer) bool {
	for questions.Scan() {
		switch words := strings.Fields(questions.Text()); words[0] {
		case "token":
			fmt.Fprintln(answers, s.mails.token(t, "classic@dev.example"))
		case "works":
			works := "no"
			if s.token(t.Context(), words[1], words[2]) == "" {
				works = "yes"
			}
			fmt.Fprintln(answers, works)
		case "done":
			return true
		}
	}
	return false
}

// TestClassicBadInput holds that the classic API refuses as precisely as the
// other: it reads with the same readers.
func TestClassicBadInput(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	p := s.portal(t, "P")
	keys, own := s.keyAuth(t, portico.KeyAuthConfig{}), s.selfManaged(t)
	api := s.publish(t, p, "A", portico.Public, &keys)
	s.publish(t, p, "B", portico.Public, &own)
	b := s.signUp(t, p, "d@dev.example")
	b.base = "/api/v2"
	use := func(strategy portico.Strategy) string { return `"auth_strategy_id":"` + string(strategy.ID) + `"` }
	for body, fault := range map[string]string{
		`{}`:         "name required",
		`{"name":1}`: "name is_string",
		`{"name":"x","client_id":"y",` + use(keys) + `}`:                   "client_id unknown_property",
		`{"name":"x","reference_id":"not a label",` + use(keys) + `}`:      "reference_id invalid",
		`{"name":"x","reference_id":"` + long(256) + `",` + use(own) + `}`: "reference_id max_length 255",
		`{"name":"x","reference_id":"r","scopes":["a"],` + use(own) + `}`:  "scopes invalid",
	} {
		b.refuses(t, "POST", "/applications", body, fault)
	}
	named := b.call(t, 201, "POST", "/applications", `{"name":"Keys","reference_id":"my-ref",`+use(keys)+`}`)
	named.has(t, map[string]any{"reference_id": "my-ref", "credentials": nil})
	brought := b.call(t, 201, "POST", "/applications", `{"name":"Own","reference_id":"client-1",`+use(own)+`}`)
	brought.has(t, map[string]any{"reference_id": "client-1"})
	b.call(t, 200, "PATCH", "/applications/"+brought.text("id"), `{"reference_id":"client-2"}`).has(t, map[string]any{"reference_id": "client-2"})
	b.refuses(t, "PATCH", "/applications/"+named.text("id"), `{"reference_id":"other"}`, "client_id invalid")

	registrations := "/applications/" + named.text("id") + "/registrations"
	b.refuses(t, "POST", registrations, `{"product_version_id":"`+unknownID+`"}`, "product_version_id missing_reference")
	b.refuses(t, "POST", registrations, `{"product_version_id":"`+string(api.ID)+`","scopes":["a"]}`, "scopes invalid")
	b.call(t, 201, "POST", registrations, `{"product_version_id":"`+string(api.ID)+`"}`).has(t, map[string]any{"product_version_name": "v1", "status": "approved"})
	b.lists(t, registrations+"?filter[product_name]=A", "product_version_id", string(api.ID))
	b.lists(t, registrations+"?filter[status]=pending", "product_version_id")
	product := "/products/" + string(api.ID)
	b.lists(t, product+"/versions/"+string(api.ID)+"/applications?filter[status]=approved", "name", "Keys")
	b.lists(t, product+"/versions?filter[name]=v2", "name")
	b.call(t, 204, "GET", product+"/versions/"+string(api.ID)+"/spec", nil)
	b.call(t, 404, "GET", product+"/versions/"+unknownID, nil)
	b.call(t, 400, "GET", "/search/everything", nil)
	b.call(t, http.StatusNotFound, "GET", "/products/"+unknownID, nil)
}
