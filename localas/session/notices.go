package session

import (
	"crypto/rand"
	"sync"
	"time"

	"portico/secret"
)

// noticeLifetime is how long a value waits to be shown for the first time.
const noticeLifetime = 10 * time.Minute

// Notices hold values between the request that made them and the one page that
// shows them. They are in memory only: a value is never written down.
type Notices struct {
	now     func() time.Time
	mu      sync.Mutex
	waiting map[string]notice
}

type notice struct {
	session secret.Digest
	value   secret.Text
	expires time.Time
}

// NewNotices holds nothing yet.
func NewNotices(now func() time.Time) *Notices {
	return &Notices{now: now, waiting: map[string]notice{}}
}

// Leave keeps a value for one session and returns the id to take it by.
func (n *Notices) Leave(session secret.Digest, value secret.Text) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	for id, old := range n.waiting {
		if n.now().After(old.expires) {
			delete(n.waiting, id)
		}
	}
	id := rand.Text()
	n.waiting[id] = notice{session, value, n.now().Add(noticeLifetime)}
	return id
}

// Take returns a value once, and only to the session it was left for.
func (n *Notices) Take(session secret.Digest, id string) (secret.Text, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	left, found := n.waiting[id]
	if !found || !left.session.Equal(session) || n.now().After(left.expires) {
		return secret.Text{}, false
	}
	delete(n.waiting, id)
	return left.value, true
}
