package idptest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"portico"
)

// outcome is how a creation may end without a usable answer, and whether the
// provider did it.
type outcome struct {
	name  string
	fault Fault
	kind  portico.IdPErrorKind
	done  bool
}

func outcomes() []outcome {
	return []outcome{
		{"AnswerLost", LoseAnswer, portico.IdPAmbiguous, true},
		{"RequestLost", LoseRequest, portico.IdPAmbiguous, false},
		{"Unreachable", Unreachable, portico.IdPUnavailable, false},
		{"BrokenOff", Replace(BreakOff), portico.IdPAmbiguous, true},
		{"Malformed", Replace(Garble), portico.IdPAmbiguous, true},
		{"Empty", Replace(Say("")), portico.IdPAmbiguous, true},
		{"OfAnotherShape", Replace(Say(`[{"id":1,"client_id":{}}]`)), portico.IdPAmbiguous, true},
		{"OfNothing", Replace(Say("{}")), portico.IdPAmbiguous, true},
		{"Endless", Replace(Flood), portico.IdPAmbiguous, true},
		{"EndlessError", AnswerEndlessly(http.StatusInternalServerError), portico.IdPAmbiguous, false},
		{"ServerError", Answer(http.StatusInternalServerError, nil, "oops"), portico.IdPAmbiguous, false},
		{"BadGateway", Answer(http.StatusBadGateway, nil, "<html>"), portico.IdPAmbiguous, false},
		{"ServiceUnavailable", Answer(http.StatusServiceUnavailable, nil, ""), portico.IdPAmbiguous, false},
		{"TooManyRequests", Answer(http.StatusTooManyRequests, http.Header{"Retry-After": {"7"}}, "{}"), portico.IdPUnavailable, false},
		{"Unauthorized", Answer(http.StatusUnauthorized, nil, "{}"), portico.IdPDenied, false},
		{"Forbidden", Answer(http.StatusForbidden, nil, "{}"), portico.IdPDenied, false},
		{"BadRequest", Answer(http.StatusBadRequest, nil, "{}"), portico.IdPRejected, false},
		{"Unprocessable", Answer(http.StatusUnprocessableEntity, nil, "[]"), portico.IdPRejected, false},
	}
}

func runFaults(t *testing.T, newIdP New, o Options) {
	for _, c := range outcomes() {
		t.Run("Create/"+c.name, func(t *testing.T) {
			t.Parallel()
			lostCreate(newFixture(t, newIdP, o), c.fault, c.kind, c.done)
		})
		t.Run("AddSecret/"+c.name, func(t *testing.T) {
			t.Parallel()
			lostSecret(newFixture(t, newIdP, o), c.fault, c.kind, c.done)
		})
		t.Run("ReplaceSecret/"+c.name, func(t *testing.T) {
			t.Parallel()
			lostReplacement(newFixture(t, newIdP, o), c.fault, c.kind, c.done)
		})
	}
	for name, test := range map[string]func(*fixture){
		"RetryAfter": retryAfter, "ReadRepeats": readRepeats, "ReadGivesUp": readGivesUp, "Denied": denied,
		"DeleteAnswerLost": deleteAnswerLost, "DeleteHalfWay": deleteHalfWay, "UpdateAnswerLost": updateAnswerLost,
		"RedirectElsewhere": redirectElsewhere, "SlowAnswer": slowAnswer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(newFixture(t, newIdP, o))
		})
	}
}

// lostCreate: one request, an error of the right kind, and Find tells the truth.
func lostCreate(f *fixture, fault Fault, kind portico.IdPErrorKind, done bool) {
	s, key := spec("Lost"), portico.NewRandomID()
	f.wire.Break(f.CreateMethod, f.CreatePath, 1, fault)
	_, err := f.idp.Create(f.Context(), s, key)
	f.want("create", err, kind)
	if n := f.wire.Hits(); n != 1 {
		f.Errorf("a creation was sent %d times", n)
	}
	if !done {
		f.gone(s, key)
		made, err := f.sound.Create(f.Context(), s, key)
		f.must("create again under the same key", err)
		f.removeAfter(made.Ref)
		return
	}
	state := f.found(s, key)
	f.removeAfter(state.Ref)
	if !f.owns(s, state) || !state.Enabled {
		f.Errorf("found %+v", state)
	}
}

// lostSecret: one request, and the list of secrets tells the truth.
func lostSecret(f *fixture, fault Fault, kind portico.IdPErrorKind, done bool) {
	m := f.manager()
	made, _ := f.create(spec("LostSecret"))
	before := f.secrets(m, made.Ref)
	f.wire.Break(http.MethodPost, f.SecretPath, 1, fault)
	_, err := m.AddSecret(f.Context(), made.Ref)
	f.want("add", err, kind)
	if n := f.wire.Hits(); n != 1 {
		f.Errorf("a new secret was asked for %d times", n)
	}
	sound := f.sound.(portico.SecretManager)
	after := f.secrets(sound, made.Ref)
	if len(after) > len(before) != done {
		f.Fatalf("%d secrets before, %d after", len(before), len(after))
	}
	for id := range after {
		if _, old := before[id]; !old {
			f.must("revoke the one nobody was shown", sound.RevokeSecret(f.Context(), made.Ref, id))
		}
	}
	if now := f.secrets(sound, made.Ref); len(now) != len(before) {
		f.Errorf("%d secrets are left, want %d", len(now), len(before))
	}
}

// lostReplacement: one request, and afterwards exactly one secret works, which
// another replacement makes known.
func lostReplacement(f *fixture, fault Fault, kind portico.IdPErrorKind, done bool) {
	r := f.replacer()
	made, _ := f.create(spec("LostReplacement"))
	f.wire.Break(f.SecretMethod, f.SecretPath, 1, fault)
	_, err := r.ReplaceSecret(f.Context(), made.Ref)
	if f.Recovers && err == nil {
		return
	}
	f.want("replace", err, kind)
	if n := f.wire.Hits(); n != 1 {
		f.Errorf("a new secret was asked for %d times", n)
	}
	if f.Token != nil && (f.Token(f.Context(), made.Ref.ClientID, made.Secret.Value) == nil) == done {
		f.Errorf("the old secret works although it was replaced, or does not although it was not (replaced: %v)", done)
	}
	again, err := f.sound.(portico.SecretReplacer).ReplaceSecret(f.Context(), made.Ref)
	f.must("replace again", err)
	if f.Token != nil {
		f.must("the new secret", f.Token(f.Context(), made.Ref.ClientID, again.Value))
	}
}

// retryAfter: a pause that the provider asks for is kept, in whatever way it
// says so; whoever waits is told how long.
func retryAfter(f *fixture) {
	const pause = 30 * time.Second
	for way, headers := range map[string]func(now, end time.Time) http.Header{
		"in seconds": func(now, end time.Time) http.Header {
			return http.Header{"Retry-After": {strconv.Itoa(int(end.Sub(now).Seconds()))}}
		},
		"until a date": func(now, end time.Time) http.Header {
			return http.Header{"Date": {now.UTC().Format(http.TimeFormat)}, "Retry-After": {end.UTC().Format(http.TimeFormat)}}
		},
		"as the vendor does": f.Busy,
	} {
		if headers == nil {
			continue
		}
		now := f.clock.Now()
		f.wire.Break(f.CreateMethod, f.CreatePath, 1, Answer(http.StatusTooManyRequests, headers(now, now.Add(pause)), ""))
		_, err := f.idp.Create(f.Context(), spec("Later"), portico.NewRandomID())
		f.want("create", err, portico.IdPUnavailable)
		if refused, ok := errors.AsType[*portico.IdPError](err); !ok || refused.RetryAfter < pause-time.Second || refused.RetryAfter > pause+2*time.Second {
			f.Errorf("%s: %+v", way, err)
		}
		_, err = f.idp.Create(f.Context(), spec("Later"), portico.NewRandomID())
		f.want("create within the pause", err, portico.IdPUnavailable)
		if n := f.wire.Hits(); n != 1 {
			f.Errorf("%s: %d creations were sent within the pause asked for", way, n)
		}
		f.must("wait", f.clock.Wait(f.Context(), time.Minute))
		f.create(spec("Later"))
	}
}

func readRepeats(f *fixture) {
	f.sighted()
	made, _ := f.create(spec("Repeats"))
	for _, status := range []int{http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout} {
		f.wire.Break(http.MethodGet, f.ObjectPath, 2, Answer(status, http.Header{"Retry-After": {"1"}}, ""))
		_, err := f.idp.Read(f.Context(), made.Ref)
		f.must(fmt.Sprintf("read after two answers %d", status), err)
		if n := f.wire.Hits(); n != 3 {
			f.Errorf("%d: read in %d requests", status, n)
		}
	}
	f.wire.Break(http.MethodGet, f.ObjectPath, 1, LoseAnswer)
	_, err := f.idp.Read(f.Context(), made.Ref)
	f.must("read after a lost answer", err)
	if len(f.clock.Waits()) == 0 {
		f.Error("repeated without waiting")
	}
}

func readGivesUp(f *fixture) {
	f.sighted()
	made, _ := f.create(spec("GivesUp"))
	for name, fault := range map[string]Fault{
		"unreachable": Unreachable, "lost": LoseAnswer, "503": Answer(http.StatusServiceUnavailable, nil, ""),
		"500": Answer(http.StatusInternalServerError, nil, ""), "garbled": Replace(Garble), "endless": Replace(Flood),
		"endless 502": AnswerEndlessly(http.StatusBadGateway), "broken off": Replace(BreakOff), "of another shape": Replace(Say("[]")),
	} {
		f.wire.Break(http.MethodGet, f.ObjectPath, 1000, fault)
		_, err := f.idp.Read(f.Context(), made.Ref)
		f.want(name, err, portico.IdPUnavailable)
		if n := f.wire.Hits(); n > 5 {
			f.Errorf("%s: %d requests", name, n)
		}
	}
}

func denied(f *fixture) {
	f.sighted()
	made, _ := f.create(spec("Denied"))
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden} {
		f.wire.Break(http.MethodGet, f.ObjectPath, 1, Answer(status, nil, "{}"))
		_, err := f.idp.Read(f.Context(), made.Ref)
		f.want("read", err, portico.IdPDenied)
		if n := f.wire.Hits(); n != 1 {
			f.Errorf("%d: a refused credential was tried %d times", status, n)
		}
	}
}

func deleteAnswerLost(f *fixture) {
	s := spec("DeleteLost")
	made, key := f.create(s)
	f.wire.Break(http.MethodDelete, f.ObjectPath, 1, LoseAnswer)
	f.must("delete", f.idp.Delete(f.Context(), made.Ref))
	f.gone(s, key)
}

func deleteHalfWay(f *fixture) {
	s := spec("HalfWay")
	made, key := f.create(s)
	f.wire.Break(http.MethodDelete, f.ObjectPath, 1000, Unreachable)
	f.want("delete", f.idp.Delete(f.Context(), made.Ref), portico.IdPUnavailable)
	f.wire.Break("", "", 0, nil)
	f.must("delete again", f.idp.Delete(f.Context(), made.Ref))
	f.gone(s, key)
}

func updateAnswerLost(f *fixture) {
	f.sighted()
	s := spec("UpdateLost")
	made, _ := f.create(s)
	s.Name = "Updated"
	f.wire.Break(f.UpdateMethod, f.ObjectPath, 1, LoseAnswer)
	err := f.idp.Update(f.Context(), made.Ref, s)
	if f.Rotates {
		f.want("update", err, portico.IdPDenied)
		return
	}
	f.must("update", err)
	if state := f.read(made.Ref); state.Name != "Updated" {
		f.Errorf("read %+v", state)
	}
}

// redirectElsewhere: the credential follows no redirect.
func redirectElsewhere(f *fixture) {
	made, _ := f.create(spec("Redirected"))
	var visits atomic.Int32
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { visits.Add(1) }))
	f.Cleanup(elsewhere.Close)
	f.wire.Break(http.MethodDelete, f.ObjectPath, 1, Answer(http.StatusTemporaryRedirect, http.Header{"Location": {elsewhere.URL + "/steal"}}, ""))
	err := f.idp.Delete(f.Context(), made.Ref)
	f.want("delete", err, portico.IdPUnavailable)
	if !strings.Contains(err.Error(), "redirect") {
		f.Errorf("the error does not speak of the redirect: %v", err)
	}
	f.wire.Break(f.CreateMethod, f.CreatePath, 1, Answer(http.StatusPermanentRedirect, http.Header{"Location": {elsewhere.URL + "/steal"}}, ""))
	_, err = f.idp.Create(f.Context(), spec("Redirected"), portico.NewRandomID())
	f.want("create", err, portico.IdPAmbiguous)
	if !f.blind() {
		f.wire.Break(http.MethodGet, f.ObjectPath, 1, Answer(http.StatusFound, http.Header{"Location": {elsewhere.URL + "/steal"}}, ""))
		_, err = f.idp.Read(f.Context(), made.Ref)
		f.want("read", err, portico.IdPUnavailable)
	}
	if n := visits.Load(); n != 0 {
		f.Errorf("the other host was asked %d times", n)
	}
}

// slowAnswer: a caller who gives up ends an answer that does not.
func slowAnswer(f *fixture) {
	for way, slow := range map[string]func(begun func()) func(*http.Request) io.Reader{"stalls": Stall, "drips": Drip} {
		s, key := spec("Slow"), portico.NewRandomID()
		ctx, cancel := context.WithCancel(f.Context())
		f.wire.Break(f.CreateMethod, f.CreatePath, 1, Replace(slow(cancel)))
		_, err := f.idp.Create(ctx, s, key)
		cancel()
		f.want("create, which "+way, err, portico.IdPAmbiguous)
		f.removeAfter(f.found(s, key).Ref)
		if f.blind() {
			continue
		}
		made, _ := f.create(spec("Slow"))
		ctx, cancel = context.WithCancel(f.Context())
		f.wire.Break(http.MethodGet, f.ObjectPath, 1000, Replace(slow(cancel)))
		_, err = f.idp.Read(ctx, made.Ref)
		cancel()
		f.want("read, which "+way, err, portico.IdPUnavailable)
		if n := f.wire.Hits(); n != 1 {
			f.Errorf("%s: asked %d times although the caller gave up", way, n)
		}
	}
}
