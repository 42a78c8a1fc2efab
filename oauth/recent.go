package oauth

import (
	"container/list"
	"sync"
	"time"
)

// recentSet remembers strings for a time, the most recently added ones only.
type recentSet struct {
	size int
	life time.Duration

	mu      sync.Mutex
	entries map[string]*list.Element
	order   *list.List // of recentEntry, newest in front
}

type recentEntry struct {
	value   string
	expires time.Time
}

func newRecentSet(size int, life time.Duration) *recentSet {
	return &recentSet{size: size, life: life, entries: make(map[string]*list.Element), order: list.New()}
}

// add remembers a value from now on; the oldest one makes room.
func (s *recentSet) add(value string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.forgetLocked(s.entries[value])
	s.entries[value] = s.order.PushFront(recentEntry{value, now.Add(s.life)})
	if s.order.Len() > s.size {
		s.forgetLocked(s.order.Back())
	}
}

// contains reports whether a value was added within the set's life.
func (s *recentSet) contains(value string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	element := s.entries[value]
	if element == nil {
		return false
	}
	if now.Before(element.Value.(recentEntry).expires) {
		return true
	}
	s.forgetLocked(element)
	return false
}

func (s *recentSet) forgetLocked(element *list.Element) {
	if element != nil {
		delete(s.entries, element.Value.(recentEntry).value)
		s.order.Remove(element)
	}
}
