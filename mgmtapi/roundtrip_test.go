package mgmtapi_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"portico/spectest"
)

// resource is what the round trip has to know of one: which operations it has,
// and values for whatever the contract lets a client write. The members to write
// are the contract's: one that is neither in the values nor left out fails.
type resource struct {
	create, read, update, remove string         // operation ids; update may be empty
	first                        map[string]any // values to create it with
	second                       map[string]any // other values to change it to, one by one
	left                         []string       // members that have a test of their own
	once                         bool           // another one like the first is a conflict

	// shown is how values are read back where not as they were written: by
	// dotted path, none for what is never shown; nil: as it was written.
	shown func(member string, value any) map[string]any
	// null is what a member is read back as after null, if not as null.
	null map[string]any
	// follow are members that follow others and may change with any.
	follow []string
	id     string // the member that is the id in paths; empty: id
}

// trip goes round with one resource, twice.
func (s *testServer) trip(t *testing.T, contract map[string]spectest.Operation, params map[string]string, r resource) {
	t.Helper()
	create, update := contract[r.create], contract[r.update]
	r.complete(t, create, r.first)
	if r.update != "" {
		r.complete(t, update, r.second)
	}
	for range 2 {
		made := s.call(t, create.Success(), create.Method, fillPath(t, create.Path, params), r.first)
		own := maps.Clone(params)
		if contract[r.read].Path != create.Path { // or there is one of it only
			own[lastParameter(contract[r.read].Path)] = r.identity(made)
		}
		at := fillPath(t, contract[r.read].Path, own)
		read := s.call(t, 200, "GET", at, nil)
		same(t, r.create+", read back", made.Body, read.Body)
		for member, value := range r.first {
			r.holds(t, r.create, read, member, value)
		}
		if r.once {
			s.call(t, 409, create.Method, fillPath(t, create.Path, params), r.first)
		}
		if r.update != "" {
			s.change(t, update, r, fillPath(t, update.Path, own), at)
		}
		s.call(t, 204, contract[r.remove].Method, at, nil)
		s.call(t, 404, "GET", at, nil)
		s.call(t, 404, contract[r.remove].Method, at, nil)
	}
}

// change writes every member that the contract has, one at a time, and looks
// whether it alone has changed.
func (s *testServer) change(t *testing.T, update spectest.Operation, r resource, path, at string) {
	t.Helper()
	for _, member := range slices.Sorted(maps.Keys(r.second)) {
		before := s.call(t, 200, "GET", at, nil)
		for range 2 { // the second time nothing changes
			after := s.call(t, update.Success(), update.Method, path, map[string]any{member: r.second[member]})
			same(t, update.ID+", read back", after.Body, s.call(t, 200, "GET", at, nil).Body)
			r.holds(t, update.ID, after, member, r.second[member])
			same(t, fmt.Sprintf("%s of %s: the other members", update.ID, member), r.others(before, member), r.others(after, member))
		}
		if !update.Body[member].Nullable {
			continue
		}
		after := s.call(t, update.Success(), update.Method, path, map[string]any{member: nil})
		want := r.null[member]
		if member == "labels" {
			want = map[string]any{}
		}
		for name := range r.views(member, nil) {
			if got := after.at(name); !reflect.DeepEqual(got, normal(t, want)) {
				t.Errorf("%s with %s null: %s is %v, want %v", update.ID, member, name, got, want)
			}
		}
		same(t, fmt.Sprintf("%s of %s to null: the other members", update.ID, member), r.others(before, member), r.others(after, member))
	}
	unknown := s.call(t, 400, update.Method, path, map[string]any{"no_such_member": 1}).faults()
	if !slices.Contains(unknown, "no_such_member unknown_property") {
		t.Errorf("%s with an unknown member: %v", update.ID, unknown)
	}
}

// complete fails for members of the contract's body that there is no value for.
func (r resource) complete(t *testing.T, op spectest.Operation, values map[string]any) {
	t.Helper()
	for member, property := range op.Body {
		if _, there := values[member]; !there && !property.ReadOnly && !slices.Contains(r.left, member) {
			t.Errorf("%s: the round trip has no value for %s", op.ID, member)
		}
	}
	for member := range values {
		if _, there := op.Body[member]; !there {
			t.Errorf("%s: the contract has no %s", op.ID, member)
		}
	}
}

// views is how a member's value is shown, by path.
func (r resource) views(member string, value any) map[string]any {
	if r.shown != nil {
		if shown := r.shown(member, value); shown != nil {
			return shown
		}
	}
	return map[string]any{member: value}
}

func (r resource) holds(t *testing.T, what string, a answer, member string, value any) {
	t.Helper()
	for path, want := range r.views(member, value) {
		if got := a.at(path); !reflect.DeepEqual(got, normal(t, want)) {
			t.Errorf("%s: %s is %v, want %v, in %s", what, path, got, want, a.Text)
		}
	}
}

// others is an answer without a member and what may change with it.
func (r resource) others(a answer, member string) map[string]any {
	out := maps.Clone(a.Body)
	for path := range r.views(member, nil) {
		top, _, _ := strings.Cut(path, ".")
		delete(out, top)
	}
	for _, name := range append([]string{"updated_at"}, r.follow...) {
		delete(out, name)
	}
	return out
}

func (r resource) identity(a answer) string {
	if r.id == "" {
		return a.text("id")
	}
	return a.text(r.id)
}

func same(t *testing.T, what string, want, got map[string]any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Errorf("%s:\nwant %v\n got %v", what, want, got)
	}
}

// fillPath puts the ids of what is there into a path of the contract.
func fillPath(t *testing.T, path string, params map[string]string) string {
	t.Helper()
	return braces.ReplaceAllStringFunc(path, func(name string) string {
		value, known := params[strings.Trim(name, "{}")]
		if !known {
			t.Fatalf("%s: nothing is known for %s", path, name)
		}
		return value
	})
}

func lastParameter(path string) string {
	all := braces.FindAllString(path, -1)
	return strings.Trim(all[len(all)-1], "{}")
}
