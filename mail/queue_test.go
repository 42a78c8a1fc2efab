package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portico"
	"portico/keyring"
	"portico/mail"
	"portico/sqlstore"
	"portico/storetest"
)

// postman takes mails, or refuses them with an error for an address.
type postman struct {
	mu     sync.Mutex
	sent   []portico.Message
	refuse map[string]error
	began  chan struct{} // nil: nobody wants to know that a mail has come
	hold   chan struct{} // nil: mails are taken at once
}

func (s *postman) Send(_ context.Context, m portico.Message) error {
	if s.began != nil {
		s.began <- struct{}{}
	}
	if s.hold != nil {
		<-s.hold
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.refuse[m.To]; err != nil {
		return err
	}
	s.sent = append(s.sent, m)
	return nil
}

func (s *postman) to() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.sent {
		out = append(out, m.To)
	}
	return out
}

// office is a queue on a real store, with a mail server that is played.
type office struct {
	mail.Queue
	server *postman
	now    atomic.Pointer[time.Time]
	log    *bytes.Buffer
}

func newOffice(t *testing.T, dsn string) *office {
	t.Helper()
	o := &office{server: &postman{refuse: map[string]error{}}, log: new(bytes.Buffer)}
	o.now.Store(new(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))
	now := func() time.Time { return *o.now.Load() }
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	ring, _, err := keyring.Open(filepath.Join(t.TempDir(), "key.json"))
	if err != nil {
		t.Fatal(err)
	}
	o.Queue = mail.Queue{Store: store, Sealer: ring, Next: o.server, Logger: slog.New(slog.NewTextHandler(o.log, nil)), Now: now}
	return o
}

// eachStore runs a test on both databases.
func eachStore(t *testing.T, test func(t *testing.T, o *office)) {
	t.Parallel()
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, newOffice(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db")))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, newOffice(t, storetest.Postgres(t)))
	})
}

func (o *office) put(t *testing.T, m portico.Message) portico.MailID {
	t.Helper()
	o.now.Store(new(o.now.Load().Add(time.Millisecond))) // who comes first is served first
	var id portico.MailID
	err := o.Store.Update(t.Context(), func(tx portico.Tx) (err error) {
		id, err = o.Put(t.Context(), tx, m)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (o *office) row(t *testing.T, id portico.MailID) portico.Mail {
	t.Helper()
	var row portico.Mail
	err := o.Store.View(t.Context(), func(tx portico.Tx) (err error) {
		row, err = tx.Mails().ByID(t.Context(), id)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

func (o *office) work(t *testing.T) {
	t.Helper()
	if err := o.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func letter(to string) portico.Message {
	return portico.Message{Kind: "reset-password", To: to, Subject: "Reset", Text: "Open it", Link: "https://shop.example.com/?token=t0ken", OneTime: true}
}

func TestAMailGoesWithItsChange(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		broken := errors.New("the change was not possible")
		err := o.Store.Update(t.Context(), func(tx portico.Tx) error {
			if _, err := o.Put(t.Context(), tx, letter("nobody@example.com")); err != nil {
				return err
			}
			return broken
		})
		if !errors.Is(err, broken) {
			t.Fatal(err)
		}
		plain := letter("plain@example.com")
		plain.Link, plain.OneTime = "", false
		ids := []portico.MailID{o.put(t, letter("a@example.com")), o.put(t, plain)}
		if row := o.row(t, ids[0]); row.State != portico.MailQueued || bytes.Contains(row.Sealed, []byte("t0ken")) || row.Subject != "Reset" {
			t.Errorf("%+v", row)
		}
		// Whoever comes next, after a crash for instance, finds them.
		o.work(t)
		o.work(t)
		if got := o.server.to(); !slices.Equal(got, []string{"a@example.com", "plain@example.com"}) {
			t.Errorf("sent to %v", got)
		}
		if m := o.server.sent[0]; m != letter("a@example.com") {
			t.Errorf("sent %+v", m)
		}
		for i, there := range []bool{false, true} { // the text with the link that lets somebody in is gone
			row := o.row(t, ids[i])
			m, ok, err := o.Message(row)
			if err != nil || ok != there || row.State != portico.MailSent || row.FinishedAt == nil || row.Attempts != 1 || ok && m != plain {
				t.Errorf("%+v: %v, %v, %v", row, m, ok, err)
			}
		}
		o.now.Store(new(o.now.Load().Add(29 * 24 * time.Hour)))
		if err := o.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		o.row(t, ids[0])
		o.now.Store(new(o.now.Load().Add(2 * 24 * time.Hour)))
		if err := o.Trim(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := o.Store.View(t.Context(), func(tx portico.Tx) error { _, err := tx.Mails().ByID(t.Context(), ids[0]); return err }); portico.KindOf(err) != portico.KindNotFound {
			t.Errorf("a month later: %v", err)
		}
	})
}

func TestAMailIsTriedAgain(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		o.server.refuse["a@example.com"] = portico.Errorf(portico.KindUnavailable, "The mail server did not take the mail.")
		o.server.refuse["never@example"] = portico.Invalid("to", "invalid", "must be a mail address")
		a, never := o.put(t, letter("a@example.com")), o.put(t, letter("never@example"))
		o.work(t)
		if row := o.row(t, never); row.State != portico.MailFailed || !strings.Contains(row.LastError, "must be a mail address") {
			t.Errorf("an address that is none: %+v", row)
		}
		var waited []time.Duration
		for o.row(t, a).State == portico.MailQueued {
			row := o.row(t, a)
			if !strings.Contains(row.LastError, "did not take") || strings.Contains(o.log.String(), "t0ken") {
				t.Fatalf("%+v, %s", row, o.log)
			}
			waited = append(waited, row.NextTryAt.Sub(*o.now.Load()))
			o.now.Store(new(row.NextTryAt.Add(-time.Second)))
			o.work(t) // too early
			if o.row(t, a).Attempts != row.Attempts {
				t.Fatalf("tried before its time: %+v", o.row(t, a))
			}
			o.now.Store(new(row.NextTryAt))
			o.work(t)
		}
		if len(waited) != 7 || waited[0] != time.Minute || !slices.IsSorted(waited) {
			t.Errorf("waited %v", waited)
		}
		row := o.row(t, a)
		if row.State != portico.MailFailed || row.FinishedAt == nil || row.Attempts != 8 || len(row.Sealed) == 0 {
			t.Errorf("in the end %+v", row)
		}
	})
}

// TestAClaimIsForATime holds that a mail is one worker's, until it must have died.
func TestAClaimIsForATime(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
	id := o.put(t, letter("a@example.com"))
	o.server.began, o.server.hold = make(chan struct{}), make(chan struct{})
	done := make(chan struct{})
	go func() { defer close(done); o.Deliver(context.Background(), id) }()
	<-o.server.began
	other := o.Queue
	other.Next = &postman{}
	if err := other.DeliverDue(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := other.Next.(*postman).to(); len(got) != 0 {
		t.Errorf("what one delivers, the other delivers, too: %v", got)
	}
	close(o.server.hold)
	<-done
	if row := o.row(t, id); row.State != portico.MailSent {
		t.Errorf("%+v", row)
	}

	id = o.put(t, letter("b@example.com"))
	dies, died := context.WithCancel(t.Context())
	crash := o.Queue
	crash.Next = dying(died)
	crash.Deliver(dies, id)
	if row := o.row(t, id); row.State != portico.MailQueued || row.Attempts != 1 {
		t.Errorf("after the crash %+v", row)
	}
	o.server.began, o.server.hold = nil, nil
	o.work(t)
	if got := o.server.to(); len(got) != 1 {
		t.Errorf("at once %v", got)
	}
	o.now.Store(new(o.now.Load().Add(5 * time.Minute)))
	o.work(t)
	if got := o.server.to(); len(got) != 2 {
		t.Errorf("after its lease %v", got)
	}
}

// dying ends everything that happens after it was given a mail.
type dying context.CancelFunc

func (d dying) Send(context.Context, portico.Message) error {
	d()
	return nil
}

// TestTheWorkerLetsNobodyWait holds that the worker looks when it is told to.
func TestTheWorkerLetsNobodyWait(t *testing.T) {
	t.Parallel()
	o := newOffice(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
	o.server.began = make(chan struct{})
	before := o.put(t, letter("before@example.com"))
	w := mail.NewWorker(o.Queue)
	ctx, end := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { w.Run(ctx); close(done) }()
	<-o.server.began // what was left behind
	after := o.put(t, letter("after@example.com"))
	for range 3 {
		w.Wake() // never waits
	}
	<-o.server.began
	end()
	<-done
	for _, id := range []portico.MailID{before, after} {
		if row := o.row(t, id); row.State != portico.MailSent {
			t.Errorf("%+v", row)
		}
	}
}

func TestWorkersTogetherSendEachMailOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, o *office) {
		var want []string
		for i := range 20 {
			want = append(want, fmt.Sprintf("%02d@example.com", i))
			o.put(t, letter(want[i]))
		}
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if err := o.DeliverDue(context.Background()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		got := o.server.to()
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("sent %v", got)
		}
	})
}
