package snapshot

import (
	"hash/maphash"
	"sync"

	"portico/secret"
)

const shardCount = 64

// Index finds applications by id, by client id and by API key. Lookups run
// while a single writer changes it in place: a lookup sees each application
// either before or after a change, never in between, and every lookup that
// starts after a change returned sees the change. Applications handed out are
// shared and must not be modified.
type Index struct {
	writer   sync.Mutex // serializes changes
	byID     shards[string]
	byClient shards[clientKey]
	byKey    shards[apiKey]
}

type clientKey struct{ strategy, client string }

type apiKey struct {
	strategy string
	digest   secret.Digest
}

// NewIndex builds the index of the given applications.
func NewIndex(apps []Application) *Index {
	x := &Index{byID: newShards[string](len(apps)), byClient: newShards[clientKey](len(apps)), byKey: newShards[apiKey](len(apps))}
	for i := range apps {
		x.put(&apps[i])
	}
	return x
}

// Apply removes and upserts as the delta says.
func (x *Index) Apply(d Delta) {
	x.writer.Lock()
	defer x.writer.Unlock()
	for _, id := range d.Removed {
		if old := x.byID.find(id); old != nil {
			x.byID.remove(id, old)
			x.unlink(old)
		}
	}
	for i := range d.Upserted {
		app := &d.Upserted[i]
		old := x.byID.find(app.ID)
		x.put(app)
		if old != nil {
			x.unlink(old)
		}
	}
}

func (x *Index) put(app *Application) {
	x.byID.put(app.ID, app)
	for _, id := range app.clientIDs() {
		x.byClient.put(clientKey{app.StrategyID, id}, app)
	}
	for _, k := range app.Keys {
		x.byKey.put(apiKey{app.StrategyID, k.Digest}, app)
	}
}

// unlink removes the ways to an application that still lead to that version of
// it; those taken over by a newer version or another application stay.
func (x *Index) unlink(old *Application) {
	for _, id := range old.clientIDs() {
		x.byClient.remove(clientKey{old.StrategyID, id}, old)
	}
	for _, k := range old.Keys {
		x.byKey.remove(apiKey{old.StrategyID, k.Digest}, old)
	}
}

// Application finds by id; nil when there is none.
func (x *Index) Application(id string) *Application { return x.byID.find(id) }

// ByClient finds the application that has this client id with this strategy;
// nil when there is none.
func (x *Index) ByClient(strategyID, clientID string) *Application {
	return x.byClient.find(clientKey{strategyID, clientID})
}

// ByKey finds the application that has this API key with this strategy, and
// the key; nil when there is none. Expiry is the caller's to check.
func (x *Index) ByKey(strategyID string, digest secret.Digest) (*Application, *Key) {
	app := x.byKey.find(apiKey{strategyID, digest})
	if app == nil {
		return nil, nil
	}
	for i := range app.Keys {
		if app.Keys[i].Digest.Equal(digest) {
			return app, &app.Keys[i]
		}
	}
	return nil, nil
}

// Len is the number of applications.
func (x *Index) Len() int { return x.byID.size() }

// shards is a map cut into parts, so that a change blocks few lookups.
type shards[K comparable] struct {
	seed  maphash.Seed
	parts []shard[K]
}

type shard[K comparable] struct {
	sync.RWMutex
	apps map[K]*Application
}

func newShards[K comparable](size int) shards[K] {
	s := shards[K]{seed: maphash.MakeSeed(), parts: make([]shard[K], shardCount)}
	for i := range s.parts {
		s.parts[i].apps = make(map[K]*Application, size/shardCount)
	}
	return s
}

func (s *shards[K]) part(key K) *shard[K] {
	return &s.parts[maphash.Comparable(s.seed, key)%shardCount]
}

func (s *shards[K]) find(key K) *Application {
	p := s.part(key)
	p.RLock()
	defer p.RUnlock()
	return p.apps[key]
}

func (s *shards[K]) put(key K, app *Application) {
	p := s.part(key)
	p.Lock()
	defer p.Unlock()
	p.apps[key] = app
}

func (s *shards[K]) remove(key K, app *Application) {
	p := s.part(key)
	p.Lock()
	defer p.Unlock()
	if p.apps[key] == app {
		delete(p.apps, key)
	}
}

func (s *shards[K]) size() int {
	n := 0
	for i := range s.parts {
		s.parts[i].RLock()
		n += len(s.parts[i].apps)
		s.parts[i].RUnlock()
	}
	return n
}
