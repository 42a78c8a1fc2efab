package lru

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestCacheForgetsInTimeAndSpace(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	c := New[int, string](shardCount * 4)
	c.Put(1, "one", now.Add(time.Second))
	if v, ok := c.Find(1, now); !ok || v != "one" {
		t.Errorf("%q, %v", v, ok)
	}
	if _, ok := c.Find(1, now.Add(time.Second)); ok {
		t.Error("found after its end")
	}
	for i := range 10_000 {
		c.Put(i, "x", now.Add(time.Hour))
	}
	kept := 0
	for i := range 10_000 {
		if _, ok := c.Find(i, now); ok {
			kept++
		}
	}
	if kept != shardCount*4 {
		t.Errorf("%d entries kept, want %d", kept, shardCount*4)
	}
}

func TestCacheKeepsWhatIsUsed(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	c := New[int, int](shardCount * 8)
	c.Put(-1, -1, now.Add(time.Hour))
	for i := range 10_000 {
		c.Put(i, i, now.Add(time.Hour))
		if _, ok := c.Find(-1, now); !ok {
			t.Fatalf("the entry in use went at %d", i)
		}
	}
}

// A large cache answers as a map with ends would.
func TestCacheEqualsMap(t *testing.T) {
	t.Parallel()
	type entry struct {
		value   int
		expires time.Time
	}
	rapid.Check(t, func(t *rapid.T) {
		c, model, now := New[int, int](100_000), map[int]entry{}, time.Unix(1000, 0)
		for range rapid.IntRange(1, 50).Draw(t, "steps") {
			key := rapid.IntRange(0, 9).Draw(t, "key")
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				e := entry{rapid.Int().Draw(t, "value"), now.Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "life")) * time.Second)}
				c.Put(key, e.value, e.expires)
				model[key] = e
			case 1:
				c.Update(key, now, func(old int) (int, time.Time) { return old + 1, now.Add(time.Second) })
				e := model[key]
				if !now.Before(e.expires) {
					e.value = 0
				}
				model[key] = entry{e.value + 1, now.Add(time.Second)}
			case 2:
				now = now.Add(time.Second)
			}
			got, ok := c.Find(key, now)
			want, there := model[key]
			there = there && now.Before(want.expires)
			if ok != there || ok && got != want.value {
				t.Fatalf("key %d: %d, %v; want %d, %v", key, got, ok, want.value, there)
			}
		}
	})
}
