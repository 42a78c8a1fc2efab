package lru

import (
	"container/list"
	"hash/maphash"
	"sync"
	"time"
)

const shardCount = 32

// Cache is a bounded map whose entries expire; when it is full, the entry of
// the shard that was used longest ago goes first.
type Cache[K comparable, V any] struct {
	seed   maphash.Seed
	shards [shardCount]shard[K, V]
}

type shard[K comparable, V any] struct {
	sync.Mutex
	size    int
	entries map[K]*list.Element
	recent  *list.List // of *entry, the last used in front
}

type entry[K comparable, V any] struct {
	key     K
	value   V
	expires time.Time
}

// New makes a cache that holds about size entries.
func New[K comparable, V any](size int) *Cache[K, V] {
	c := &Cache[K, V]{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i] = shard[K, V]{size: max(1, size/shardCount), entries: map[K]*list.Element{}, recent: list.New()}
	}
	return c
}

func (c *Cache[K, V]) part(key K) *shard[K, V] {
	return &c.shards[maphash.Comparable(c.seed, key)%shardCount]
}

// Find returns the value of a key that has not expired.
func (c *Cache[K, V]) Find(key K, now time.Time) (V, bool) {
	s := c.part(key)
	s.Lock()
	defer s.Unlock()
	return s.find(key, now)
}

func (s *shard[K, V]) find(key K, now time.Time) (value V, ok bool) {
	at, ok := s.entries[key]
	if !ok {
		return value, false
	}
	entry := at.Value.(*entry[K, V])
	if !now.Before(entry.expires) {
		s.recent.Remove(at)
		delete(s.entries, key)
		return value, false
	}
	s.recent.MoveToFront(at)
	return entry.value, true
}

// Put stores a value until expires.
func (c *Cache[K, V]) Put(key K, value V, expires time.Time) {
	s := c.part(key)
	s.Lock()
	defer s.Unlock()
	s.put(key, value, expires)
}

func (s *shard[K, V]) put(key K, value V, expires time.Time) {
	if at, ok := s.entries[key]; ok {
		entry := at.Value.(*entry[K, V])
		entry.value, entry.expires = value, expires
		s.recent.MoveToFront(at)
		return
	}
	if s.recent.Len() >= s.size {
		oldest := s.recent.Back()
		delete(s.entries, oldest.Value.(*entry[K, V]).key)
		s.recent.Remove(oldest)
	}
	s.entries[key] = s.recent.PushFront(&entry[K, V]{key, value, expires})
}

// Update replaces the value of a key by what change makes of it (the zero value
// when there is none); nothing else happens to that key meanwhile.
func (c *Cache[K, V]) Update(key K, now time.Time, change func(V) (V, time.Time)) {
	s := c.part(key)
	s.Lock()
	defer s.Unlock()
	old, _ := s.find(key, now)
	value, expires := change(old)
	s.put(key, value, expires)
}
