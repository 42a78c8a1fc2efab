package idptest

import (
	"fmt"
	"net/http"
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
	ref, findErr := f.sound.Find(f.Context(), key)
	switch {
	case err == nil:
		f.must("find what was registered", findErr)
		f.removeAfter(ref)
		if ref != made.Ref {
			f.Errorf("found %+v, created %+v", ref, made.Ref)
		}
		if f.Token != nil {
			f.must("token", f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value))
		}
	case findErr == nil:
		f.want("create", err, portico.IdPAmbiguous)
		if state := f.read(ref); state.ApplicationID != s.ApplicationID {
			f.Errorf("found %+v", state)
		}
		f.must("remove what was left", f.sound.Delete(f.Context(), ref))
		_, err := f.sound.Find(f.Context(), key)
		f.want("find what was removed", err, portico.IdPNotFound)
	default:
		f.want("find what was not registered", findErr, portico.IdPNotFound)
	}
	f.noneLeft(s.ApplicationID, err == nil)
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
