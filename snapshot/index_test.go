package snapshot_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"portico/secret"
	"portico/snapshot"
)

func digest(s string) secret.Digest { return secret.New(s).Digest() }

func app(id, client string, generation uint64, keys ...string) snapshot.Application {
	a := snapshot.Application{ID: id, PortalID: "p", StrategyID: "s", ClientID: client, Generation: generation}
	for _, k := range keys {
		a.Keys = append(a.Keys, snapshot.Key{ID: k, Digest: digest(k)})
	}
	return a
}

func TestIndexFollowsDeltas(t *testing.T) {
	t.Parallel()
	x := snapshot.NewIndex([]snapshot.Application{app("a", "ca", 1, "k1", "k2"), app("b", "cb", 1)})
	if got := x.ByClient("s", "ca"); got == nil || got.ID != "a" {
		t.Fatalf("client ca: %+v", got)
	}
	if x.ByClient("other", "ca") != nil {
		t.Error("a client was found under another strategy")
	}
	if got, key := x.ByKey("s", digest("k2")); got == nil || key.ID != "k2" {
		t.Errorf("key k2: %+v %+v", got, key)
	}
	// k1 is revoked, and b takes over a's client id while a gets another.
	x.Apply(snapshot.Delta{Upserted: []snapshot.Application{app("b", "ca", 2), app("a", "cz", 2, "k2")}})
	if got, _ := x.ByKey("s", digest("k1")); got != nil {
		t.Error("a revoked key is still found")
	}
	if got := x.ByClient("s", "ca"); got == nil || got.ID != "b" {
		t.Errorf("client ca: %+v, want b", got)
	}
	if x.ByClient("s", "cb") != nil || x.ByClient("s", "cz") == nil {
		t.Error("client ids do not follow the change")
	}
	x.Apply(snapshot.Delta{Removed: []string{"a", "never there"}})
	if got, _ := x.ByKey("s", digest("k2")); got != nil || x.ByClient("s", "cz") != nil || x.Application("a") != nil || x.Len() != 1 {
		t.Error("a removed application is still found")
	}
}

// The index answers as a plain list of applications would, after any deltas.
func TestIndexEqualsList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		model := map[string]snapshot.Application{}
		x := snapshot.NewIndex(nil)
		for range rapid.IntRange(1, 20).Draw(t, "deltas") {
			var d snapshot.Delta
			clients := map[string]bool{} // unique in a valid configuration
			for id := range model {
				clients[model[id].ClientID] = true
			}
			for range rapid.IntRange(0, 3).Draw(t, "changes") {
				id := strconv.Itoa(rapid.IntRange(0, 5).Draw(t, "id"))
				if slices.ContainsFunc(d.Upserted, func(a snapshot.Application) bool { return a.ID == id }) || slices.Contains(d.Removed, id) {
					continue
				}
				if rapid.Bool().Draw(t, "remove") {
					d.Removed = append(d.Removed, id)
					continue
				}
				client := "c" + strconv.Itoa(rapid.IntRange(0, 7).Draw(t, "client"))
				if clients[client] && model[id].ClientID != client {
					client = ""
				}
				clients[client] = true
				a := app(id, client, rapid.Uint64().Draw(t, "generation"))
				for i := range rapid.IntRange(0, 3).Draw(t, "keys") {
					a.Keys = append(a.Keys, snapshot.Key{ID: strconv.Itoa(i), Digest: digest(id + "/" + strconv.Itoa(i))})
				}
				d.Upserted = append(d.Upserted, a)
			}
			x.Apply(d)
			for _, id := range d.Removed {
				delete(model, id)
			}
			for _, a := range d.Upserted {
				model[a.ID] = a
			}
			compare(t, x, model)
		}
	})
}

func compare(t *rapid.T, x *snapshot.Index, model map[string]snapshot.Application) {
	if x.Len() != len(model) {
		t.Fatalf("%d applications, want %d", x.Len(), len(model))
	}
	for i := range 8 {
		client := "c" + strconv.Itoa(i)
		want := ""
		for id := range maps.Keys(model) {
			if model[id].ClientID == client {
				want = id
			}
		}
		if got := x.ByClient("s", client); (got == nil) != (want == "") || got != nil && got.ID != want {
			t.Fatalf("client %s: %+v, want %q", client, got, want)
		}
	}
	for id := range 6 {
		for k := range 3 {
			a, there := model[strconv.Itoa(id)]
			there = there && k < len(a.Keys)
			got, _ := x.ByKey("s", digest(fmt.Sprintf("%d/%d", id, k)))
			if (got != nil) != there {
				t.Fatalf("key %d/%d found: %v, want %v", id, k, got != nil, there)
			}
		}
	}
}

func TestIndexIsReadWhileItChanges(t *testing.T) {
	t.Parallel()
	x := snapshot.NewIndex([]snapshot.Application{app("a", "c", 0, "k")})
	var readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			last := uint64(0)
			for {
				select {
				case <-stop:
					return
				default:
				}
				got := x.ByClient("s", "c")
				if got == nil || got.Generation < last {
					t.Errorf("application vanished or went back from generation %d: %+v", last, got)
					return
				}
				last = got.Generation
			}
		})
	}
	for g := range uint64(2000) {
		x.Apply(snapshot.Delta{Upserted: []snapshot.Application{app("a", "c", g, "k")}})
		if got := x.ByClient("s", "c"); got.Generation != g {
			t.Errorf("generation %d right after %d was applied", got.Generation, g)
		}
	}
	close(stop)
	readers.Wait()
}

func BenchmarkIndexByClient(b *testing.B) {
	apps := make([]snapshot.Application, 100_000)
	for i := range apps {
		apps[i] = app(strconv.Itoa(i), "client-"+strconv.Itoa(i), 1)
	}
	x := snapshot.NewIndex(apps)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if x.ByClient("s", "client-4711") == nil {
				b.Fatal("not found")
			}
		}
	})
}
