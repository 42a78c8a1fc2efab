package audit_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/audit"
)

// status of a webhook that there must be.
func (h *house) status(t *testing.T, scope audit.Scope) audit.Status {
	t.Helper()
	s, err := h.Webhooks.Status(t.Context(), scope)
	check(t, err)
	return s
}

func want(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s: %q arrived, not %q", what, got, want)
	}
}

func TestNothingIsLostWhileAReceiverIsAway(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, h *house) {
		r := newReceiver(t, false)
		h.record(t, "", "before")
		h.hook(t, audit.Organization(), h.destination(t, r.URL, portico.AuditJSON, false))
		h.deliver(t)
		r.got() // that the webhook was set up
		h.record(t, "", "a")
		h.record(t, "", "b")
		h.deliver(t)
		want(t, "at first", r.got(), "a b")
		h.deliver(t)
		want(t, "then", r.got(), "")

		r.answers(503)
		h.record(t, "", "c")
		h.deliver(t)
		s := h.status(t, audit.Organization())
		if s.Active || s.Webhook.LastStatus != 503 || s.Webhook.LastMessage != "Service Unavailable: come again" || s.Webhook.LastAttemptAt == nil {
			t.Errorf("the status is %+v of %+v", s, s.Webhook)
		}
		calls := r.called()
		h.deliver(t) // too early
		if r.called() != calls {
			t.Error("it does not wait between two attempts")
		}
		for range 12 {
			h.pass(time.Hour)
			h.deliver(t)
		}
		h.record(t, "", "d")
		r.answers(0)
		h.pass(time.Hour)
		h.deliver(t)
		want(t, "afterwards", r.got(), "c d")
		if s := h.status(t, audit.Organization()); !s.Active || s.Webhook.LastStatus != 200 {
			t.Errorf("the status is %+v", s.Webhook)
		}
		for i := range 250 {
			h.record(t, "", fmt.Sprint("n", i))
		}
		h.deliver(t)
		if got := strings.Fields(r.got()); len(got) != 250 || got[0] != "n0" || got[249] != "n249" {
			t.Errorf("%d of 250 arrived: %v", len(got), got)
		}
	})
}

func TestAPortalsWebhookGetsWhatConcernsIt(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, h *house) {
		all, one := newReceiver(t, false), newReceiver(t, false)
		h.hook(t, audit.Organization(), h.destination(t, all.URL, portico.AuditCEF, false))
		h.hook(t, audit.OfPortal(h.Portal.ID), h.destination(t, one.URL+"/in?x=y", portico.AuditCEF, false))
		h.deliver(t)
		all.got()
		one.got()
		h.record(t, h.Portal.ID, "ours")
		h.record(t, "another", "theirs")
		h.record(t, "", "nobodys")
		h.deliver(t)
		want(t, "the organization", all.got(), "ours theirs nobodys")
		want(t, "the portal", one.got(), "ours")

		// Switched off, nothing comes; switched on again, what is new comes.
		_, err := h.Webhooks.Update(t.Context(), audit.OfPortal(h.Portal.ID), portico.Opt[portico.AuditDestinationID]{}, portico.Some(false))
		check(t, err)
		h.record(t, h.Portal.ID, "missed")
		h.deliver(t)
		want(t, "switched off", one.got(), "")
		_, err = h.Webhooks.Update(t.Context(), audit.OfPortal(h.Portal.ID), portico.Opt[portico.AuditDestinationID]{}, portico.Some(true))
		check(t, err)
		h.record(t, h.Portal.ID, "fresh")
		h.deliver(t)
		if got := one.got(); strings.Contains(got, "missed") || !strings.HasSuffix(got, "fresh") {
			t.Errorf("switched on again: %q", got)
		}
	})
}

// TestAStallingReceiverHoldsUpNobodyElse, and the program ends while it stalls.
func TestAStallingReceiverHoldsUpNobodyElse(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	slow, quick := newReceiver(t, false), newReceiver(t, false)
	slow.stall = make(chan struct{})
	h.hook(t, audit.Organization(), h.destination(t, slow.URL, portico.AuditJSON, false))
	h.hook(t, audit.OfPortal(h.Portal.ID), h.destination(t, quick.URL, portico.AuditJSON, false))
	h.record(t, h.Portal.ID, "a")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.sender().Deliver(ctx) }()
	<-slow.arrived
	<-quick.arrived // although the slow one has not answered
	stop()
	check(t, <-done)
	if s := h.status(t, audit.Organization()); s.Webhook.Failures != 0 {
		t.Errorf("that the program ended counts as a failure: %+v", s.Webhook)
	}
	close(slow.stall)
	slow.mu.Lock()
	slow.stall, slow.lines = nil, nil
	slow.mu.Unlock()
	h.deliver(t)
	if got := slow.got(); !strings.HasSuffix(got, "a") {
		t.Errorf("after the start %q arrived", got)
	}
}

func TestCertificatesAreVerifiedUnlessToldOtherwise(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	r := newReceiver(t, true)
	to := h.destination(t, r.URL, portico.AuditJSON, false)
	h.hook(t, audit.Organization(), to)
	h.record(t, "", "a")
	h.deliver(t)
	if s := h.status(t, audit.Organization()); s.Active || !strings.Contains(s.Webhook.LastMessage, "certificate") || strings.Contains(s.Webhook.LastMessage, "hush") {
		t.Errorf("the status is %+v", s.Webhook)
	}
	_, err := h.Destinations.Update(t.Context(), to, audit.Destination{SkipTLSVerification: portico.Some(true)})
	check(t, err)
	h.deliver(t) // at once: what it failed at has changed
	if got := r.got(); !strings.Contains(got, "a") {
		t.Errorf("%q arrived", got)
	}
}

func TestReplay(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, h *house) {
		r, ctx, scope := newReceiver(t, false), t.Context(), audit.Organization()
		job, err := h.Webhooks.Replay(ctx, scope)
		if err != nil || job.Status != portico.ReplayUnconfigured {
			t.Errorf("at first there is %+v, %v", job, err)
		}
		from := h.clock().Add(time.Second)
		if _, err := h.Webhooks.StartReplay(ctx, scope, h.clock(), h.clock()); portico.KindOf(err) != portico.KindConflict {
			t.Errorf("without a webhook: %v", err)
		}
		h.hook(t, scope, h.destination(t, r.URL, portico.AuditJSON, false))
		for i := range 120 {
			h.pass(time.Second)
			h.record(t, "", fmt.Sprint("n", i))
		}
		h.deliver(t)
		r.got()
		job, err = h.Webhooks.StartReplay(ctx, scope, from, from.Add(109*time.Second))
		if err != nil || job.Status != portico.ReplayAccepted {
			t.Fatalf("started %+v, %v", job, err)
		}
		if _, err := h.Webhooks.StartReplay(ctx, scope, from, from); portico.KindOf(err) != portico.KindConflict {
			t.Errorf("a second job: %v", err)
		}
		r.answers(500)
		h.deliver(t)
		r.answers(0)
		for range 3 {
			h.pass(time.Hour)
			h.deliver(t)
		}
		if got := strings.Fields(r.got()); len(got) < 110 || got[0] != "n0" {
			t.Errorf("%d entries arrived: %v", len(got), got)
		}
		if job, err = h.Webhooks.Replay(ctx, scope); err != nil || job.Status != portico.ReplayCompleted {
			t.Errorf("in the end there is %+v, %v", job, err)
		}
		// A receiver that is gone for good ends a job.
		_, err = h.Webhooks.StartReplay(ctx, scope, from, from)
		check(t, err)
		r.answers(404)
		for range 10 {
			h.pass(time.Hour)
			h.deliver(t)
		}
		if job, err = h.Webhooks.Replay(ctx, scope); err != nil || job.Status != portico.ReplayFailed {
			t.Errorf("without a receiver there is %+v, %v", job, err)
		}
		now := h.clock()
		for _, times := range [][2]time.Time{{now, now.Add(-time.Second)}, {now.Add(time.Hour), now.Add(2 * time.Hour)}, {now, now.Add(time.Hour)}} {
			if _, err := h.Webhooks.StartReplay(ctx, scope, times[0], times[1]); portico.KindOf(err) != portico.KindInvalid {
				t.Errorf("%v: %v", times, err)
			}
		}
	})
}

// TestDeliveredLinesAreSigned: with the published key, as the documentation says.
func TestDeliveredLinesAreSigned(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	jwk, err := h.Entries.Key(t.Context())
	check(t, err)
	public, err := base64.RawURLEncoding.DecodeString(jwk.X)
	check(t, err)
	for _, format := range portico.AuditFormats() {
		r := newReceiver(t, false)
		h.hook(t, audit.Organization(), h.destination(t, r.URL, format, false))
		h.Log.SignIn(t.Context(), portico.SignIn{Way: portico.SignInPAT, Outcome: portico.SignInInvalid})
		h.record(t, "", `we|ird=\`+"\n"+`"name`)
		h.deliver(t)
		if len(r.lines) < 2 {
			t.Fatalf("%s: %q", format, r.lines)
		}
		for _, line := range r.lines {
			signed, signature := line, ""
			if format == portico.AuditCEF {
				signed, signature, _ = strings.Cut(line, " sig=")
				if head := strings.SplitN(line, "|", 8); !strings.Contains(head[0], "CEF:0") || len(head) != 8 {
					t.Errorf("%q is no CEF", line)
				}
			} else {
				var fields map[string]any
				check(t, json.Unmarshal([]byte(line), &fields))
				signature = fields["sig"].(string)
				signed = strings.Replace(line, `,"sig":"`+signature+`"`, "", 1)
			}
			raw, err := base64.RawURLEncoding.DecodeString(signature)
			if err != nil || !ed25519.Verify(public, []byte(signed), raw) {
				t.Errorf("%s: %q is not signed: %v", format, line, err)
			}
		}
		check(t, h.Webhooks.Delete(t.Context(), audit.Organization()))
	}
}
