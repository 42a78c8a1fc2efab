package signing_test

import (
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"portico/localas/litedb"
	"portico/localas/signing"
)

func open(t *testing.T, dir string, now func() time.Time) *signing.Ring {
	t.Helper()
	db, err := litedb.Open(t.Context(), dir, os.DirFS("../migrations"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return signing.NewRing(db, now, 24*time.Hour)
}

func statuses(keys []signing.Key) (all []string) {
	for _, key := range keys {
		all = append(all, key.Status)
	}
	return all
}

func TestKeysOutliveARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	keys, err := open(t, dir, time.Now).Of(t.Context(), "a")
	if err != nil || !slices.Equal(statuses(keys), []string{"NEXT", "ACTIVE"}) {
		t.Fatalf("%v, %v", statuses(keys), err)
	}
	again, err := open(t, dir, time.Now).Of(t.Context(), "a")
	if err != nil || again[0].KID != keys[0].KID || !again[1].Private.Equal(keys[1].Private) {
		t.Errorf("other keys after a restart: %v", err)
	}
	if public := signing.Active(keys).Public(); !public.IsPublic() || public.Algorithm != "RS256" || public.Use != "sig" {
		t.Errorf("public form: %+v", public)
	}
}

func TestRetiredKeysGoWhenNoTokenIsLeft(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ring := open(t, t.TempDir(), func() time.Time { return now })
	first, err := ring.Of(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		later time.Duration
		want  []string
	}{
		{0, []string{"NEXT", "ACTIVE", "EXPIRED"}},
		{time.Hour, []string{"NEXT", "ACTIVE", "EXPIRED", "EXPIRED"}},
		{25 * time.Hour, []string{"NEXT", "ACTIVE", "EXPIRED"}},
	} {
		now = now.Add(step.later)
		keys, err := ring.Rotate(t.Context(), "a")
		if err != nil || !slices.Equal(statuses(keys), step.want) {
			t.Errorf("after %v: %v, %v", step.later, statuses(keys), err)
		}
	}
	left, err := ring.Of(t.Context(), "a")
	if err != nil || slices.ContainsFunc(left, func(key signing.Key) bool { return key.KID == first[1].KID }) {
		t.Errorf("a key that is long retired still verifies: %v", err)
	}
}

func TestADueRotationHappensOnce(t *testing.T) {
	t.Parallel()
	now := time.Now()
	ring := open(t, t.TempDir(), func() time.Time { return now })
	before, err := ring.Of(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	now = now.Add(signing.RotationPeriod)
	if key, err := ring.Signer(t.Context(), "a", false); err != nil || key.KID != before[1].KID {
		t.Errorf("rotated by itself in manual mode: %v", err)
	}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if key, err := ring.Signer(t.Context(), "a", true); err != nil || key.KID != before[0].KID {
				t.Errorf("signs with another key than the one published as next: %v", err)
			}
		})
	}
	group.Wait()
}
