package idptest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"portico"
)

// runSteps interrupts a registration at each request that it consists of. It
// either succeeds all the same, or leaves nothing, or leaves a client that is
// found under its create key.
func runSteps(t *testing.T, newIdP New, o Options) {
	for i, step := range o.Steps {
		for _, c := range []struct {
			name  string
			fault Fault
		}{
			{"AnswerLost", LoseAnswer}, {"RequestLost", LoseRequest}, {"Unreachable", Unreachable},
			{"Malformed", Replace(Garble)}, {"ServerError", Answer(http.StatusInternalServerError, nil, "oops")},
			{"TooManyRequests", Answer(http.StatusTooManyRequests, http.Header{"Retry-After": {"60"}}, "{}")},
			{"Forbidden", Answer(http.StatusForbidden, nil, "{}")}, {"BadRequest", Answer(http.StatusBadRequest, nil, "{}")},
		} {
			t.Run(fmt.Sprintf("%d/%s", i+1, c.name), func(t *testing.T) {
				t.Parallel()
				interrupted(newFixture(t, newIdP, o), step, c.fault)
			})
		}
	}
}

func interrupted(f *fixture, step Request, fault Fault) {
	s, key := spec("Interrupted"), portico.NewRandomID()
	s.Audience = f.Audience
	f.wire.Break(step.Method, step.Path, 1, fault)
	made, err := f.idp.Create(f.Context(), s, key)
	if f.wire.Hits() == 0 {
		f.Fatalf("a registration has no request %s %s", step.Method, step.Path)
	}
	f.wire.Break("", "", 0, nil)
	ref, there := f.lookFor(s, key)
	switch {
	case err == nil && !there:
		f.Error("what was registered is not there")
	case err == nil:
		f.removeAfter(ref)
		if ref != made.Ref {
			f.Errorf("found %+v, created %+v", ref, made.Ref)
		}
		if f.Token != nil {
			f.must("token", f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value))
		}
	case there:
		f.want("create", err, portico.IdPAmbiguous)
		if f.unfindable() {
			return // so nobody reads or removes it
		}
		if state := f.read(ref); !f.owns(s, state) {
			f.Errorf("found %+v", state)
		}
		f.must("remove what was left", f.sound.Delete(f.Context(), ref))
		f.gone(s, key)
	}
	f.noneLeft(s.ApplicationID, err == nil)
}

// lookFor looks for what the create key made of the spec, from the provider's
// side where the adapter cannot tell.
func (f *fixture) lookFor(s portico.ClientSpec, key string) (portico.ClientRef, bool) {
	f.Helper()
	if f.unfindable() {
		state, there := f.held(s, key)
		return state.Ref, there
	}
	ref, err := f.sound.Find(f.Context(), key)
	if err != nil {
		f.want("find what was not registered", err, portico.IdPNotFound)
	}
	return ref, err == nil
}

// stepsAreAll: a registration has no request that Options.Steps leave out, and
// so none that is never interrupted.
func stepsAreAll(f *fixture) {
	s := spec("Steps")
	s.Audience = f.Audience
	made, err := f.idp.Create(f.Context(), s, portico.NewRandomID())
	f.must("create", err)
	f.removeAfter(made.Ref)
	for _, r := range f.wire.Seen() {
		if !slices.ContainsFunc(f.Steps, func(step Request) bool { return r.Method == step.Method && strings.HasPrefix(r.Path, step.Path) }) {
			f.Errorf("%s %s is no step", r.Method, r.Path)
		}
	}
}

// noneLeft: the provider has no client of the application but the one that was
// registered.
func (f *fixture) noneLeft(id portico.ApplicationID, registered bool) {
	f.Helper()
	lister, ok := f.sound.(portico.ClientLister)
	if !ok {
		return
	}
	count := 0
	for cursor := ""; ; {
		batch, next, err := lister.Clients(f.Context(), cursor)
		f.must("list", err)
		for _, state := range batch {
			if state.ApplicationID == id {
				count++
			}
		}
		if cursor = next; cursor == "" {
			break
		}
	}
	if count != 0 && !registered || count != 1 && registered {
		f.Errorf("the provider has %d clients of the application; registered: %t", count, registered)
	}
}
