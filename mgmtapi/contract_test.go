package mgmtapi_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"portico/mgmtapi"
	"portico/mgmtapi/route"
	"portico/spectest"
)

// described are the operations that are served, with what the contracts say of them.
func described(t *testing.T) map[*route.Route]spectest.Operation {
	t.Helper()
	oracle := spectest.Management(t)
	if oracle == nil {
		t.Skip("the public contracts are not at hand")
	}
	all, out := oracle.Described(), map[*route.Route]spectest.Operation{}
	for _, r := range mgmtapi.Operations() {
		if op, known := all[r.ID]; known {
			out[&r] = op
		}
	}
	return out
}

// nowhere is the path of an operation on entities that are not there.
func nowhere(r *route.Route) string {
	return braces.ReplaceAllStringFunc(r.Pattern, func(name string) string {
		switch name {
		case "{templateName}":
			return "reset-password"
		case "{imageType}":
			return "icon"
		case "{emailDomain}":
			return "nowhere.example"
		}
		return unknownID
	})
}

// TestEveryDeclaredFilterAndSortIsKnown asks every list for everything that the
// contract declares. What is asked for is read before the parent is looked up,
// so a list below nothing answers 404, and 400 only to what it does not know.
func TestEveryDeclaredFilterAndSortIsKnown(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	asked := 0
	for r, op := range described(t) {
		var queries []url.Values
		for _, field := range slices.Sorted(maps.Keys(op.Filters)) {
			for _, operator := range op.Filters[field] {
				queries = append(queries, url.Values{filterName(field, operator): {filterValue(field)}})
			}
			if len(op.Filters[field]) == 0 { // a map
				queries = append(queries, url.Values{"filter[" + field + ".key]": {"value"}}, url.Values{"filter[" + field + ".key][neq]": {"value"}})
			}
		}
		for _, field := range op.Sorts {
			queries = append(queries, url.Values{"sort": {field}}, url.Values{"sort": {field + " desc"}}, url.Values{"sort": {field + " asc"}})
		}
		for _, q := range queries {
			asked++
			a := s.try(t, r.Method, nowhere(r)+"?"+q.Encode(), nil)
			unknown := slices.ContainsFunc(a.faults(), func(f string) bool {
				return strings.Contains(f, "unknown_property") || strings.Contains(f, " enum [eq ") || strings.HasPrefix(f, "sort ")
			})
			if unknown || a.Status >= 500 {
				text, _ := url.QueryUnescape(q.Encode())
				t.Errorf("%s does not know %s: %s", op.ID, text, a.Text)
			}
		}
	}
	if asked < 100 {
		t.Errorf("the contracts declare %d things to ask lists for; has their reading gone wrong?", asked)
	}
}

func filterName(field, operator string) string {
	if operator == "" {
		return "filter[" + field + "]"
	}
	return "filter[" + field + "][" + operator + "]"
}

// filterValue is a value for a filter, if not one that every field can have: what
// is wrong with the value is not what is wrong with the filter.
func filterValue(field string) string {
	if strings.HasSuffix(field, "_at") {
		return "2026-01-31T12:00:00.000Z"
	}
	return unknownID
}

// TestDeclaredStatuses goes through every operation that is served, and holds
// the answers to who is not known, what is not there and what cannot be read
// against the statuses that the contract declares. The statuses of success are
// held by the round trips.
func TestDeclaredStatuses(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	for r, op := range described(t) {
		path := nowhere(r)
		s.clock.advance(time.Minute) // guessing tokens is slowed down
		// The core entities' contract hardly declares errors, and another deletion forgets this one.
		if !r.Open && !strings.Contains(op.Path, "/core-entities/") && slices.Contains(op.Statuses, http.StatusUnauthorized) {
			if a := s.request(t, r.Method, path, nil, http.Header{}); a.Status != http.StatusUnauthorized || a.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s without a token: status %d", op.ID, a.Status)
			}
		}
		if slices.Contains(op.Statuses, http.StatusNotFound) && op.Body == nil && strings.Contains(r.Pattern, "{") && !strings.Contains(r.Pattern, "email-templates/") {
			for _, at := range []string{path, strings.ReplaceAll(path, unknownID, "x")} {
				if a := s.try(t, r.Method, at, nil); a.Status != http.StatusNotFound {
					t.Errorf("%s of nothing, at %s: status %d, want 404: %s", op.ID, at, a.Status, a.Text)
				}
			}
		}
		if op.Body == nil {
			continue
		}
		for _, body := range []string{`[]`, `{`, `{"no_such_member":true}`, `"text"`} {
			a := s.try(t, r.Method, path, body)
			if a.Status != http.StatusBadRequest && a.Status != http.StatusNotFound {
				t.Errorf("%s with the body %s: status %d: %s", op.ID, body, a.Status, a.Text)
			}
			if a.Status == http.StatusBadRequest && len(a.faults()) == 0 {
				t.Errorf("%s with the body %s does not say what is wrong: %s", op.ID, body, a.Text)
			}
		}
	}
}
