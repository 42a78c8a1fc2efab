package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"portico"
)

// testUsage: what gateways have counted.
func testUsage(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("counts", func(t *testing.T) { t.Parallel(); testCounts(t, open(t)) })
	t.Run("trim", func(t *testing.T) { t.Parallel(); testTrimUsage(t, open(t)) })
	t.Run("credentials", func(t *testing.T) { t.Parallel(); testCredentialUses(t, open(t)) })
}

// counted is a count of one request of 3 ms within a minute.
func counted(start time.Time, app portico.ApplicationID, change func(*portico.UsageCount)) portico.UsageCount {
	c := portico.UsageCount{Start: start, Length: time.Minute, ApplicationID: app, APIID: "api", Status: 200, Outcome: portico.OutcomeOK,
		Requests: 1, LatencySum: 3_000, RequestBytes: 10, ResponseBytes: 100, Latencies: make([]int64, len(portico.LatencyClasses())+1)}
	c.Latencies[2] = 1
	if change != nil {
		change(&c)
	}
	return c
}

// times is the count of n such requests.
func times(c portico.UsageCount, n int64) portico.UsageCount {
	c.Requests, c.LatencySum, c.RequestBytes, c.ResponseBytes = n*c.Requests, n*c.LatencySum, n*c.RequestBytes, n*c.ResponseBytes
	latencies := make([]int64, len(c.Latencies))
	for i, m := range c.Latencies {
		latencies[i] = n * m
	}
	c.Latencies = latencies
	return c
}

func addUsage(t *testing.T, store portico.Store, counts ...portico.UsageCount) {
	t.Helper()
	update(t, store, func(tx portico.Tx) error { return tx.AddUsage(t.Context(), counts, nil) })
}

func wantUsage(t *testing.T, store portico.Store, what string, q portico.UsageQuery, want ...portico.UsageCount) {
	t.Helper()
	view(t, store, func(tx portico.Tx) error {
		got, err := tx.Usage(t.Context(), q)
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%+v, not\n%+v", what, got, want)
		}
		return err
	})
}

func testCounts(t *testing.T, store portico.Store) {
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	all := portico.UsageQuery{ApplicationIDs: []portico.ApplicationID{"a", "b"}, From: at, To: at.Add(time.Hour)}
	failed := func(c *portico.UsageCount) { c.Status, c.Outcome, c.APIID = 502, portico.OutcomeUpstreamFailed, "" }
	addUsage(t, store, counted(at, "a", nil), counted(at, "a", nil), counted(at.Add(time.Minute), "a", failed))
	addUsage(t, store, counted(at, "a", nil), counted(at, "b", nil), counted(at, "c", nil), counted(at, "", nil))
	addUsage(t, store, counted(at.Add(-time.Minute), "a", nil), counted(at.Add(time.Hour), "a", nil))
	wantUsage(t, store, "all", all,
		times(counted(at, "a", nil), 3), counted(at, "b", nil), counted(at.Add(time.Minute), "a", failed))
	one := all
	one.ApplicationIDs = []portico.ApplicationID{""}
	wantUsage(t, store, "nobody's", one, counted(at, "", nil))
	one.ApplicationIDs = nil
	wantUsage(t, store, "none asked for", one)

	stepped := all
	stepped.Step = 5 * time.Minute
	addUsage(t, store, counted(at.Add(4*time.Minute), "b", nil), counted(at.Add(5*time.Minute), "b", nil))
	bucket := func(c portico.UsageCount) portico.UsageCount {
		c.Start, c.Length = c.Start.Truncate(stepped.Step), stepped.Step
		return c
	}
	wantUsage(t, store, "by five minutes", stepped,
		bucket(counted(at, "a", failed)), bucket(times(counted(at, "a", nil), 3)),
		bucket(times(counted(at, "b", nil), 2)), bucket(counted(at.Add(5*time.Minute), "b", nil)))
}

func testTrimUsage(t *testing.T, store portico.Store) {
	ctx := t.Context()
	at := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	all := portico.UsageQuery{ApplicationIDs: []portico.ApplicationID{"a"}, From: at.Add(-1000 * time.Hour), To: at.Add(1000 * time.Hour)}
	trim := func(minutesUntil, hoursUntil time.Time) {
		t.Helper()
		update(t, store, func(tx portico.Tx) error { return tx.TrimUsage(ctx, minutesUntil, hoursUntil) })
	}
	hour := func(c portico.UsageCount) portico.UsageCount { c.Length = time.Hour; return c }
	addUsage(t, store, counted(at, "a", nil), counted(at.Add(59*time.Minute), "a", nil), counted(at.Add(time.Hour), "a", nil))
	// The second hour is only half gone: its minutes stay.
	trim(at.Add(90*time.Minute), at.Add(-time.Hour))
	wantUsage(t, store, "merged", all, hour(times(counted(at, "a", nil), 2)), counted(at.Add(time.Hour), "a", nil))
	addUsage(t, store, counted(at.Add(time.Minute), "a", nil)) // from a gateway that was cut off
	trim(at.Add(90*time.Minute), at.Add(-time.Hour))
	trim(at.Add(90*time.Minute), at.Add(-time.Hour))
	wantUsage(t, store, "merged again", all, hour(times(counted(at, "a", nil), 3)), counted(at.Add(time.Hour), "a", nil))
	trim(at.Add(5*time.Hour), at.Add(59*time.Minute))
	wantUsage(t, store, "an hour that is not over", all, hour(times(counted(at, "a", nil), 3)), hour(counted(at.Add(time.Hour), "a", nil)))
	trim(at.Add(5*time.Hour), at.Add(time.Hour))
	wantUsage(t, store, "forgotten", all, hour(counted(at.Add(time.Hour), "a", nil)))
}

func testCredentialUses(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	at := time.Date(2026, 11, 2, 9, 0, 0, 123_000, time.UTC)
	use := func(id string, at time.Time) portico.CredentialUse {
		return portico.CredentialUse{ApplicationID: w.Application.ID, CredentialID: id, LastUsedAt: at}
	}
	add := func(uses ...portico.CredentialUse) {
		t.Helper()
		update(t, store, func(tx portico.Tx) error { return tx.AddUsage(ctx, nil, uses) })
	}
	want := func(what string, uses ...portico.CredentialUse) {
		t.Helper()
		view(t, store, func(tx portico.Tx) error {
			got, err := tx.CredentialUses(ctx, []portico.ApplicationID{w.Application.ID, "other"})
			if !reflect.DeepEqual(got, uses) {
				t.Errorf("%s: %+v, not %+v", what, got, uses)
			}
			return err
		})
	}
	add(use("one", at), use("two#fingerprint", at))
	add(use("one", at.Add(time.Second)), use("two#fingerprint", at.Add(-time.Second)))
	want("the latest", use("one", at.Add(time.Second)), use("two#fingerprint", at))
	named := portico.CredentialUse{ApplicationID: w.Application.ID, CredentialID: "three#fingerprint", SecretID: "ocs3"}
	name := func(c portico.CredentialUse) {
		t.Helper()
		update(t, store, func(tx portico.Tx) error { return tx.NameCredential(ctx, c) })
	}
	name(named)
	name(portico.CredentialUse{ApplicationID: w.Application.ID, CredentialID: "two#fingerprint", SecretID: "ocs2"})
	name(portico.CredentialUse{ApplicationID: "gone", CredentialID: "x", SecretID: "y"})
	used := use("two#fingerprint", at)
	used.SecretID = "ocs2"
	want("one named before and one after its use", use("one", at.Add(time.Second)), named, used)
	add(use("three#fingerprint", at))
	named.LastUsedAt = at
	want("the name stays", use("one", at.Add(time.Second)), named, used)
	add(portico.CredentialUse{ApplicationID: "gone", CredentialID: "one", LastUsedAt: at})
	update(t, store, func(tx portico.Tx) error { return tx.Applications().Delete(ctx, w.Application.ID) })
	want("of an application that is gone")
	if err := store.View(ctx, func(tx portico.Tx) error {
		return tx.AddUsage(context.Background(), nil, []portico.CredentialUse{use("x", at)})
	}); err == nil {
		t.Error("a view could note a use")
	}
}
