package configsync_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"portico/configsync"
	"portico/snapshot"
)

// source is a history of applications, one commit per version, that remembers
// the last commits only.
type source struct {
	mu       sync.Mutex
	epoch    string
	first    uint64 // oldest version that a delta may start from
	commits  []snapshot.Application
	fulls    int
	deltas   int
	err      error
	entered  chan struct{} // told when a Since begins, if set
	released chan struct{} // Since waits for it, if set
}

func (s *source) commit(id string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.commits = append(s.commits, snapshot.Application{ID: id, PortalID: "p", StrategyID: "s"})
	return uint64(len(s.commits))
}

func (s *source) set(change func(*source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *source) count() (fulls, deltas int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.fulls, s.deltas
}

func (s *source) Full(context.Context) (*snapshot.Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	s.fulls++
	return &snapshot.Snapshot{Epoch: s.epoch, Version: uint64(len(s.commits)), Applications: append([]snapshot.Application(nil), s.commits...)}, nil
}

func (s *source) Since(_ context.Context, version uint64) (snapshot.Delta, bool, error) {
	s.mu.Lock()
	entered, released := s.entered, s.released
	s.mu.Unlock()
	if entered != nil {
		entered <- struct{}{}
		<-released
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	newest := uint64(len(s.commits))
	if s.err != nil || version < s.first || version > newest {
		return snapshot.Delta{}, false, s.err
	}
	s.deltas++
	return snapshot.Delta{Epoch: s.epoch, From: version, To: newest, Upserted: s.commits[version:]}, true, nil
}

// target obeys, as strictly as a gateway does.
type target struct {
	mu      sync.Mutex
	epoch   string
	version uint64
	apps    map[string]bool
	refuse  atomic.Bool // deltas
}

func (g *target) Replace(s *snapshot.Snapshot) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.epoch, g.version, g.apps = s.Epoch, s.Version, map[string]bool{}
	for _, a := range s.Applications {
		g.apps[a.ID] = true
	}
	return nil
}

func (g *target) Apply(d snapshot.Delta) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.refuse.Load() {
		return errors.New("refused")
	}
	if d.Epoch != g.epoch || d.From != g.version {
		return fmt.Errorf("delta from %s/%d, have %s/%d", d.Epoch, d.From, g.epoch, g.version)
	}
	g.version = d.To
	for _, a := range d.Upserted {
		g.apps[a.ID] = true
	}
	return nil
}

func (g *target) Version() (string, uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.epoch, g.version
}

func (g *target) has(id string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.apps[id]
}

func newPublisher(s *source, path string) *configsync.Publisher {
	return configsync.New(s, configsync.Options{Logger: slog.New(slog.DiscardHandler), Path: path})
}

func newSource(apps ...string) *source {
	s := &source{epoch: "e1"}
	for _, id := range apps {
		s.commit(id)
	}
	return s
}

func TestFullCopyThenDeltas(t *testing.T) {
	t.Parallel()
	s, g := newSource("a"), &target{}
	p := newPublisher(s, "")
	if err := p.Follow(t.Context(), "g", g); err != nil || !g.has("a") {
		t.Fatalf("after Follow: %v, %+v", err, g.apps)
	}
	s.commit("b")
	if err := p.Flush(t.Context()); err != nil || !g.has("b") {
		t.Fatalf("after Flush: %v, %+v", err, g.apps)
	}
	if fulls, deltas := s.count(); fulls != 1 || deltas != 1 {
		t.Errorf("%d full copies and %d deltas, want 1 and 1", fulls, deltas)
	}
	if got, want := p.Versions()["g"], (configsync.Version{Epoch: "e1", Number: 2}); got != want {
		t.Errorf("acknowledged %+v, want %+v", got, want)
	}
}

func TestStartingOver(t *testing.T) {
	t.Parallel()
	for name, upset := range map[string]func(*source, *target){
		"another epoch":    func(s *source, _ *target) { s.set(func(s *source) { s.epoch = "e2" }) },
		"log cut":          func(s *source, _ *target) { s.set(func(s *source) { s.first = 2 }) },
		"restored, behind": func(s *source, _ *target) { s.set(func(s *source) { s.epoch, s.commits = "e2", nil }) },
		"delta refused":    func(_ *source, g *target) { g.refuse.Store(true) },
	} {
		s, g := newSource("a"), &target{}
		p := newPublisher(s, "")
		if err := p.Follow(t.Context(), "g", g); err != nil {
			t.Fatal(err)
		}
		upset(s, g)
		s.commit("new")
		if err := p.Flush(t.Context()); err != nil || !g.has("new") {
			t.Errorf("%s: %v, apps %v", name, err, g.apps)
		}
		if fulls, _ := s.count(); fulls != 2 {
			t.Errorf("%s: %d full copies, want 2", name, fulls)
		}
	}
}

func TestFlushReportsAndRecovers(t *testing.T) {
	t.Parallel()
	s, g := newSource("a"), &target{}
	p := newPublisher(s, "")
	if err := p.Follow(t.Context(), "g", g); err != nil {
		t.Fatal(err)
	}
	away := errors.New("database away")
	s.set(func(s *source) { s.err = away })
	s.commit("b")
	if err := p.Flush(t.Context()); !errors.Is(err, away) || !g.has("a") || g.has("b") {
		t.Errorf("%v, apps %v: want the error and the previous configuration", err, g.apps)
	}
	s.set(func(s *source) { s.err = nil })
	if err := p.Flush(t.Context()); err != nil || !g.has("b") {
		t.Errorf("after recovery: %v, apps %v", err, g.apps)
	}
}

// Every caller of Flush sees its own commit, however many share a round.
func TestEveryFlushSeesItsOwnCommit(t *testing.T) {
	t.Parallel()
	s, g := newSource("first"), &target{}
	p := newPublisher(s, "")
	if err := p.Follow(t.Context(), "g", g); err != nil {
		t.Fatal(err)
	}
	var callers sync.WaitGroup
	for i := range 8 {
		callers.Go(func() {
			for j := range 50 {
				id := strconv.Itoa(i*1000 + j)
				s.commit(id)
				if err := p.Flush(t.Context()); err != nil || !g.has(id) {
					t.Errorf("after Flush: %v, %s there: %v", err, id, g.has(id))
					return
				}
			}
		})
	}
	callers.Wait()
}

func TestFlushesShareARound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g := newSource("first"), &target{}
		p := newPublisher(s, "")
		if err := p.Follow(t.Context(), "g", g); err != nil {
			t.Fatal(err)
		}
		s.set(func(s *source) { s.entered, s.released = make(chan struct{}), make(chan struct{}) })
		var callers sync.WaitGroup
		callers.Go(func() { _ = p.Flush(t.Context()) })
		<-s.entered // this round may have begun before the next commits
		for i := range 20 {
			callers.Go(func() {
				id := strconv.Itoa(i)
				s.commit(id)
				if err := p.Flush(t.Context()); err != nil || !g.has(id) {
					t.Errorf("after Flush: %v, %s there: %v", err, id, g.has(id))
				}
			})
		}
		synctest.Wait() // all wait for the one round after this
		s.released <- struct{}{}
		<-s.entered
		s.released <- struct{}{}
		callers.Wait()
		if _, deltas := s.count(); deltas != 2 {
			t.Errorf("%d deltas, want 2: one running, one for the twenty", deltas)
		}
	})
}

func TestACallerWhoLeavesDoesNotStopTheRound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g := newSource("a"), &target{}
		p := newPublisher(s, "")
		if err := p.Follow(t.Context(), "g", g); err != nil {
			t.Fatal(err)
		}
		s.set(func(s *source) { s.entered, s.released = make(chan struct{}), make(chan struct{}) })
		s.commit("b")
		ctx, cancel := context.WithCancel(t.Context())
		left := make(chan error)
		go func() { left <- p.Flush(ctx) }()
		<-s.entered
		cancel()
		if err := <-left; !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		s.released <- struct{}{}
		synctest.Wait()
		if !g.has("b") {
			t.Error("the round stopped with its caller")
		}
	})
}

func TestRunFollowsOthersAndBacksOff(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, g := newSource("a"), &target{}
		path := filepath.Join(t.TempDir(), "copy")
		p := newPublisher(s, path)
		if err := p.Follow(t.Context(), "g", g); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- p.Run(ctx) }()
		s.commit("b") // by another control plane: nobody calls Flush
		time.Sleep(3 * time.Second)
		if !g.has("b") {
			t.Error("Run does not follow")
		}
		if kept, err := configsync.Load(path); err != nil || kept.Version != 2 {
			t.Errorf("copy on disk: %+v, %v", kept, err)
		}
		s.set(func(s *source) { s.err = errors.New("away") })
		time.Sleep(10 * time.Minute)
		s.set(func(s *source) { s.err = nil })
		s.commit("c")
		time.Sleep(time.Minute) // longer than the longest pause
		if !g.has("c") {
			t.Error("Run did not recover")
		}
		if kept, err := configsync.Load(path); err != nil || kept.Version != 3 {
			t.Errorf("copy on disk: %+v, %v", kept, err)
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestStartFromDisk(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "copy")
	s := newSource("a", "b")
	full, err := s.Full(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := configsync.Store(path, full); err != nil {
		t.Fatal(err)
	}
	away := errors.New("database away")
	s.set(func(s *source) { s.err = away })
	g, p := &target{}, newPublisher(s, path)
	if err := p.Follow(t.Context(), "g", g); err != nil || !g.has("b") {
		t.Errorf("%v, apps %v", err, g.apps)
	}
	if err := newPublisher(s, "").Follow(t.Context(), "g", &target{}); !errors.Is(err, away) {
		t.Errorf("without a copy: %v", err)
	}
	if err := newPublisher(s, path+"-missing").Follow(t.Context(), "g", &target{}); !errors.Is(err, away) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing copy: %v", err)
	}
	s.set(func(s *source) { s.err = nil })
	s.commit("c")
	if err := p.Flush(t.Context()); err != nil || !g.has("c") {
		t.Errorf("after recovery: %v, apps %v", err, g.apps)
	}
}

func TestDiskCopy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "copy")
	for version := range uint64(3) {
		want := &snapshot.Snapshot{Epoch: "e", Version: version + 1}
		if err := configsync.Store(path, want); err != nil {
			t.Fatal(err)
		}
		if got, err := configsync.Load(path); err != nil || got.Version != want.Version {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v: want mode 0600", info.Mode(), err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v, %v: temporary files are left", left, err)
	}
	if err := configsync.Store(filepath.Join(dir, "no", "copy"), &snapshot.Snapshot{Epoch: "e"}); err == nil {
		t.Error("stored in a directory that does not exist")
	}
	if err := os.WriteFile(path, []byte("half a snapshot"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := configsync.Load(path); !errors.Is(err, snapshot.ErrFormat) {
		t.Errorf("damaged: %v", err)
	}
}
