package rekey_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/keyring"
	"portico/ledger"
	"portico/mail"
	"portico/rekey"
	"portico/secret"
	"portico/sqlstore"
	"portico/storetest"
	"portico/usecase"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house is a store with sealed values, and its key file.
type house struct {
	usecase.Deps
	path string
	now  time.Time
}

// mails are more than two batches.
const mails = 230

func open(t *testing.T, dsn string) *house {
	t.Helper()
	h := &house{path: filepath.Join(t.TempDir(), "portico.key"), now: time.Date(2026, 11, 2, 14, 32, 0, 0, time.UTC)}
	h.Deps = usecase.Deps{Now: func() time.Time { return h.now }, Logger: slog.New(slog.DiscardHandler), Checkpoint: func(string) {}}
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: dsn, Now: h.Now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring := h.ring(t)
	h.Store, h.Sealer, h.KeyFile = store, ring, h.path
	signer, err := ledger.Open(t.Context(), store, ring)
	must(t, err)
	store.Sign(signer)
	founded, err := admins.Accounts{Deps: h.Deps}.Bootstrap(t.Context(), admins.Founding{Organization: "Acme", Email: "ada@acme.example", NoToken: true})
	must(t, err)
	_, err = admins.IdentityProviders{Deps: h.Deps}.Create(t.Context(), admins.IdentityProviderFields{
		IssuerURL: portico.Some("https://login.acme.example"), ClientID: portico.Some("console"), Secret: portico.Some(secret.New("of the console")),
	})
	must(t, err)
	must(t, store.Update(t.Context(), func(tx portico.Tx) error {
		_, err := tx.Users().Change(t.Context(), founded.User.ID, func(u *portico.User) (err error) {
			u.SealedTOTP, err = ring.Seal(secret.New("of ada"), u.TOTPPlace())
			return err
		})
		if err != nil {
			return err
		}
		for n := range mails {
			m := portico.Message{To: "dora@acme.example", Subject: strconv.Itoa(n)}
			if _, err := (mail.Queue{Store: store, Sealer: ring, Now: h.Now}).Put(t.Context(), tx, m); err != nil {
				return err
			}
		}
		return nil
	}))
	return h
}

// ring opens the key file, as another process does.
func (h *house) ring(t *testing.T) *keyring.Ring {
	t.Helper()
	ring, _, err := keyring.Open(h.path)
	must(t, err)
	return ring
}

// run runs the job in a process that ends at a checkpoint; empty: at none.
func (h *house) run(t *testing.T, end string, nth int) (done rekey.Done, err error) {
	t.Helper()
	d := h.Deps
	d.Checkpoint = func(step string) {
		if step == end {
			if nth--; nth == 0 {
				panic(errKilled)
			}
		}
	}
	defer func() {
		if p := recover(); p != nil && p != any(errKilled) {
			panic(p)
		} else if p != nil {
			err = errKilled
		}
	}()
	return rekey.Job{Deps: d, Ring: h.ring(t)}.Run(t.Context())
}

var errKilled = errors.New("killed")

// opens says that every value opens with a ring, and how many they are.
func (h *house) opens(t *testing.T, ring portico.Sealer) int {
	t.Helper()
	values := 0
	must(t, h.Store.View(t.Context(), func(tx portico.Tx) error {
		all, err := tx.Sealed(t.Context(), portico.Place{}, 1000)
		for _, v := range all {
			if _, err := ring.Open(v.Value, v.At); err != nil {
				t.Fatalf("%+v: %v", v.At, err)
			}
		}
		values = len(all)
		return err
	}))
	return values
}

// both runs a test on both databases.
func both(t *testing.T, test func(t *testing.T, h *house)) {
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); test(t, open(t, "sqlite:"+t.TempDir()+"/portico.db")) })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, open(t, storetest.Postgres(t))) })
}

func TestEverythingOpensWithTheNewKeyAlone(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house) {
		before := h.ring(t)
		copied, err := os.ReadFile(h.path)
		must(t, err)
		old, err := keyring.FromEnv(secret.New(string(copied))) // which follows no file
		must(t, err)
		running := h.Sealer
		was, err := rekey.Keys{Deps: h.Deps}.Status(t.Context())
		must(t, err)
		values := h.opens(t, before)
		if values != mails+3 || len(was.Keys) != 1 || was.Keys[0].Values != values || was.Old() != 0 || was.Lost != 0 || !was.Since.Equal(h.now) || was.File != h.path {
			t.Errorf("%d values; before: %+v", values, was)
		}
		h.now = h.now.Add(time.Hour)
		done, err := h.run(t, "", 0)
		must(t, err)
		if done.Resumed || done.Resealed != values || done.Key == was.Keys[0].Name {
			t.Errorf("did %+v", done)
		}
		if got := h.opens(t, running); got != values { // a server that has been running all the time
			t.Errorf("%d values are left of %d", got, values)
		}
		now, err := rekey.Keys{Deps: h.Deps}.Status(t.Context())
		must(t, err)
		if len(now.Keys) != 1 || now.Keys[0] != (rekey.Key{Name: done.Key, Values: values}) || !now.Since.Equal(h.now) || now.Fingerprint != was.Fingerprint {
			t.Errorf("after: %+v", now)
		}
		sealed, err := running.Seal(secret.New("later"), portico.Place{})
		must(t, err)
		if running.KeyOf(sealed) != done.Key {
			t.Error("a running server seals with the old key")
		}
		if _, err := old.Open(sealed, portico.Place{}); !errors.Is(err, keyring.ErrWrongKey) {
			t.Errorf("the old key opens it: %v", err)
		}
		if lost, err := (rekey.Keys{Deps: withSealer(h.Deps, old)}).Status(t.Context()); err != nil || lost.Lost != values {
			t.Errorf("with a copy of the old file: %+v, %v", lost, err)
		}
		verified(t, h)
	})
}

func withSealer(d usecase.Deps, s portico.Sealer) usecase.Deps {
	d.Sealer = s
	return d
}

// verified says that the log is still signed by its own key, and tells of the run.
func verified(t *testing.T, h *house) {
	t.Helper()
	_, err := ledger.Open(t.Context(), h.Store, h.ring(t))
	must(t, err)
	must(t, h.Store.View(t.Context(), func(tx portico.Tx) error {
		entries, err := tx.AuditEntries(t.Context(), portico.AuditQuery{Size: 1})
		if err == nil && (len(entries) != 1 || entries[0].ResourceName != h.ring(t).Keys()[0] || entries[0].Signature == "") {
			t.Errorf("the log ends with %+v", entries)
		}
		return err
	}))
}

// TestAKilledRunIsEndedByTheNext kills the job at every checkpoint that there is.
func TestAKilledRunIsEndedByTheNext(t *testing.T) {
	t.Parallel()
	both(t, func(t *testing.T, h *house) {
		for _, at := range []struct {
			step string
			nth  int
		}{{"rekey:rotated", 1}, {"rekey:batch", 1}, {"rekey:batch", 2}, {"rekey:batch", 4}, {"rekey:resealed", 1}, {"rekey:finished", 1}} {
			if _, err := h.run(t, at.step, at.nth); !errors.Is(err, errKilled) {
				t.Fatalf("%+v: %v", at, err)
			}
			if keys := h.ring(t).Keys(); len(keys) != 2 {
				t.Fatalf("%+v: killed, there are %d keys", at, len(keys))
			}
			values := h.opens(t, h.ring(t))
			h.opens(t, h.Sealer)
			h.now = h.now.Add(2 * time.Minute)
			done, err := h.run(t, "", 0)
			if err != nil || !done.Resumed {
				t.Fatalf("%+v: resumed, %+v, %v", at, done, err)
			}
			if keys := h.ring(t).Keys(); len(keys) != 1 || keys[0] != done.Key || h.opens(t, h.ring(t)) != values {
				t.Errorf("%+v: resumed, the keys are %v", at, keys)
			}
		}
	})
}

func TestOneRunAtATime(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	d := h.Deps
	first := true
	d.Checkpoint = func(step string) {
		if step != "rekey:batch" || !first {
			return
		}
		first = false
		if _, err := h.run(t, "", 0); portico.KindOf(err) != portico.KindConflict {
			t.Errorf("two at once: %v", err)
		}
	}
	_, err := rekey.Job{Deps: d, Ring: h.ring(t)}.Run(t.Context())
	must(t, err)
	if first {
		t.Error("the first one did nothing")
	}
	_, err = h.run(t, "", 0) // which may begin at once
	must(t, err)
}

func TestWhatDoesNotOpenKeepsTheOldKey(t *testing.T) {
	t.Parallel()
	h := open(t, "sqlite:"+t.TempDir()+"/portico.db")
	must(t, h.Store.Update(t.Context(), func(tx portico.Tx) error {
		all, err := tx.Sealed(t.Context(), portico.Place{}, 1)
		if err != nil {
			return err
		}
		all[0].Value[len(all[0].Value)-1] ^= 1
		return tx.Reseal(t.Context(), all[0])
	}))
	if _, err := h.run(t, "", 0); err == nil || len(h.ring(t).Keys()) != 2 {
		t.Errorf("a damaged value: %v", err)
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (rekey.Job{Deps: h.Deps, Ring: h.ring(t)}).Run(canceled); err == nil {
		t.Error("runs on though it was cancelled")
	}
}
