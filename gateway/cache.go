package gateway

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

const cacheShards = 32

// cache is a bounded map whose entries expire; when it is full, the entry of
// the shard that was used longest ago goes first.
type cache[K comparable, V any] struct {
	seed   maphash.Seed
	shards [cacheShards]cacheShard[K, V]
}

type cacheShard[K comparable, V any] struct {
	sync.Mutex
	size    int
	entries map[K]*list.Element
	recent  *list.List // of *cacheEntry, the last used in front
}

type cacheEntry[K comparable, V any] struct {
	key     K
	value   V
	expires time.Time
}

// newCache makes a cache that holds about size entries.
func newCache[K comparable, V any](size int) *cache[K, V] {
	c := &cache[K, V]{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i] = cacheShard[K, V]{size: max(1, size/cacheShards), entries: map[K]*list.Element{}, recent: list.New()}
	}
	return c
}

func (c *cache[K, V]) shard(key K) *cacheShard[K, V] {
	return &c.shards[maphash.Comparable(c.seed, key)%cacheShards]
}

// find returns the value of a key that has not expired.
func (c *cache[K, V]) find(key K, now time.Time) (V, bool) {
	s := c.shard(key)
	s.Lock()
	defer s.Unlock()
	return s.find(key, now)
}

func (s *cacheShard[K, V]) find(key K, now time.Time) (value V, ok bool) {
	at, ok := s.entries[key]
	if !ok {
		return value, false
	}
	entry := at.Value.(*cacheEntry[K, V])
	if !now.Before(entry.expires) {
		s.recent.Remove(at)
		delete(s.entries, key)
		return value, false
	}
	s.recent.MoveToFront(at)
	return entry.value, true
}

// put stores a value until expires.
func (c *cache[K, V]) put(key K, value V, expires time.Time) {
	s := c.shard(key)
	s.Lock()
	defer s.Unlock()
	s.put(key, value, expires)
}

func (s *cacheShard[K, V]) put(key K, value V, expires time.Time) {
	if at, ok := s.entries[key]; ok {
		entry := at.Value.(*cacheEntry[K, V])
		entry.value, entry.expires = value, expires
		s.recent.MoveToFront(at)
		return
	}
	if s.recent.Len() >= s.size {
		oldest := s.recent.Back()
		delete(s.entries, oldest.Value.(*cacheEntry[K, V]).key)
		s.recent.Remove(oldest)
	}
	s.entries[key] = s.recent.PushFront(&cacheEntry[K, V]{key, value, expires})
}

// update replaces the value of a key by what change makes of it (the zero value
// when there is none); nothing else happens to that key meanwhile.
func (c *cache[K, V]) update(key K, now time.Time, change func(V) (V, time.Time)) {
	s := c.shard(key)
	s.Lock()
	defer s.Unlock()
	old, _ := s.find(key, now)
	value, expires := change(old)
	s.put(key, value, expires)
}
