package sqlstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/ledger"
	"portico/secret"
	"portico/storetest"
)

// plainSealer seals for tests that are not about sealing: the place and the
// value, reversed.
type plainSealer struct{}

func (plainSealer) Seal(value secret.Text, at portico.Place) ([]byte, error) {
	out := []byte(fmt.Sprint(at, value.Reveal()))
	slices.Reverse(out)
	return out, nil
}

func (plainSealer) Open(sealed []byte, at portico.Place) (secret.Text, error) {
	out := slices.Clone(sealed)
	slices.Reverse(out)
	value, ok := strings.CutPrefix(string(out), fmt.Sprint(at))
	if !ok {
		return secret.Text{}, errors.New("sealed for another place")
	}
	return secret.New(value), nil
}

func (plainSealer) Keys() []string { return []string{"plain"} }

func (plainSealer) KeyOf([]byte) string { return "plain" }

// signed opens a store that signs its log.
func signed(t *testing.T, dsn string) (*Store, ledger.Key) {
	t.Helper()
	store := openAt(t, dsn)
	key, err := ledger.Open(t.Context(), store, plainSealer{})
	if err != nil {
		t.Fatal(err)
	}
	store.Sign(key)
	return store, key
}

func entries(t *testing.T, store *Store, filters ...portico.Filter) (found []portico.AuditEntry) {
	t.Helper()
	err := store.View(t.Context(), func(tx portico.Tx) (err error) {
		found, err = tx.AuditEntries(t.Context(), portico.AuditQuery{Filters: filters, OldestFirst: true, Size: 10_000})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// verify checks the whole log.
func verify(t *testing.T, store *Store, key ledger.Key) (found error) {
	t.Helper()
	must(t, store.View(t.Context(), func(tx portico.Tx) error {
		found = verifyIn(t, tx, key)
		return nil
	}))
	return found
}

func verifyIn(t *testing.T, tx portico.Tx, key ledger.Key) error {
	t.Helper()
	value, err := tx.Meta(t.Context(), portico.MetaAuditAnchor)
	must(t, err)
	anchor, err := ledger.ParseAnchor(value)
	must(t, err)
	all, err := tx.AuditEntries(t.Context(), portico.AuditQuery{OldestFirst: true, Size: 10_000})
	must(t, err)
	chain, err := key.NewChain(anchor)
	for _, e := range all {
		if err == nil {
			err = chain.Next(e)
		}
	}
	return err
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestEveryChangeIsTold(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store, key := signed(t, dsn)
		w := storetest.Seed(t, store)
		event := portico.Event{
			Action: "update-portal", Principal: portico.Principal{Kind: portico.PrincipalUser, ID: string(w.User.ID), Name: "ada@example.com"},
			ClientIP: "192.0.2.1", UserAgent: "test\x00\xff", TraceID: "trace", Method: "PATCH", URI: "/v3/portals/1",
		}
		ctx := portico.WithEvent(t.Context(), event)
		must(t, store.Update(ctx, func(tx portico.Tx) error {
			_, err := tx.Portals().Change(ctx, w.Portal.ID, func(p *portico.Portal) error {
				p.Name, p.Labels["added"], p.RBACEnabled = "renamed", "label", !p.RBACEnabled
				return nil
			})
			if err == nil {
				_, err = tx.Users().Change(ctx, w.User.ID, func(u *portico.User) error { u.PasswordHash = "hunter2"; return nil })
			}
			if err == nil {
				_, err = tx.Teams().Change(ctx, w.Team.ID, func(*portico.Team) error { return nil })
			}
			return err
		}))
		all := entries(t, store)
		if len(all) != 2 {
			t.Fatalf("%d entries, not one of the seed and one of the change", len(all))
		}
		e := all[1]
		event.PortalID, event.UserAgent = w.Portal.ID, "test"
		if e.Event != event || e.Type != portico.AuditAuthorization || !e.Granted || e.OrgID != w.Organization.ID ||
			e.Resource != "krn:portico:portal/"+string(w.Portal.ID) || e.ResourceName != "renamed" || e.Position <= all[0].Position {
			t.Errorf("the entry is %+v", e)
		}
		if len(e.Changes) != 2 || e.Changes[0].Action != portico.AuditChanged || e.Changes[1].Entity != "user" {
			t.Fatalf("it tells %+v", e.Changes)
		}
		told := map[string]string{}
		for _, change := range e.Changes {
			for _, f := range change.Fields {
				told[f.Name] = string(f.Old) + " → " + string(f.New)
			}
		}
		if told["rbac_enabled"] != "true → false" || !strings.HasSuffix(told["name"], `→ "renamed"`) || !strings.Contains(told["labels"], `"added":"label"`) ||
			strings.Contains(strings.Split(told["labels"], "→")[0], "added") || told["password_hash"] != `{"withheld":"secret"} → {"withheld":"secret"}` || len(told) != 4 {
			t.Errorf("it tells the fields %v", told)
		}
		if system := all[0]; system.Event.Principal.Kind != portico.PrincipalPortico || system.Event.Action != "create-organization" {
			t.Errorf("without an event it is %+v", system.Event)
		}
		must(t, verify(t, store, key))
	})
}

// TestWhatIsNoNews: a use, a session, a task, a failed transaction.
func TestWhatIsNoNews(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store, _ := signed(t, dsn)
		w, ctx := storetest.Seed(t, store), t.Context()
		refusal := errors.New("no")
		for name, fn := range map[string]func(portico.Tx) error{
			"use": func(tx portico.Tx) error {
				_, err := tx.AccessTokens().Change(ctx, w.AccessToken.ID, func(a *portico.AccessToken) error { a.LastUsedAt = new(time.Now()); return nil })
				return err
			},
			"delivery": func(tx portico.Tx) error {
				_, err := tx.AuditWebhooks().Change(ctx, w.AuditWebhook.ID, func(a *portico.AuditWebhook) error { a.Position++; return nil })
				return err
			},
			"session":       func(tx portico.Tx) error { return tx.Sessions().Delete(ctx, w.Session.ID) },
			"task":          func(tx portico.Tx) error { return tx.Tasks().Delete(ctx, w.Task.ID) },
			"one-time link": func(tx portico.Tx) error { return tx.OneTimeTokens().Delete(ctx, w.OneTimeToken.ID) },
			"refusal":       func(tx portico.Tx) error { return errors.Join(tx.Routes().Delete(ctx, w.Route.ID), refusal) },
		} {
			if err := store.Update(ctx, fn); err != nil && !errors.Is(err, refusal) {
				t.Errorf("%s: %v", name, err)
			}
			if got := len(entries(t, store)); got != 1 {
				t.Errorf("after %s there are %d entries", name, got)
			}
		}
	})
}

// TestNoSecretIsTold: nothing of what is sealed, digested, hashed or named a
// secret comes into the log, whatever table it is in.
func TestNoSecretIsTold(t *testing.T) {
	t.Parallel()
	store, _ := signed(t, "sqlite:"+t.TempDir()+"/portico.db")
	w, ctx := storetest.Seed(t, store), t.Context()
	must(t, store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.Strategies().Change(ctx, w.Strategy.ID, func(s *portico.Strategy) error {
			s.OIDC.Raw = []byte(`{"issuer":"https://idp.example","client_secret":["hush-1"],"redis":{"password":"hush-2"},"credential_claim":["sub"]}`)
			return nil
		})
		if err == nil {
			_, err = tx.AuditDestinations().Change(ctx, w.AuditDestination.ID, func(d *portico.AuditDestination) error {
				d.Endpoint = "https://user:hush-3@siem.example/in?token=hush-4"
				return nil
			})
		}
		if err == nil {
			_, err = tx.Pages().Change(ctx, w.Page.ID, func(p *portico.PortalPage) error { p.Content = strings.Repeat("long", 200); return nil })
		}
		return err
	}))
	log := strings.Join(texts(t, store.reads, "SELECT changes || resource || resource_name FROM audit_entries"), "\n")
	for _, hidden := range []string{"hush-", "longlong", w.User.PasswordHash[:30], w.Developer.PasswordHash[:30], w.AccessToken.Digest.Hex(), w.APIKey.Digest.Hex()} {
		if strings.Contains(log, hidden) {
			t.Errorf("the log tells %q", hidden)
		}
	}
	for _, shown := range []string{`https://idp.example`, `"withheld":"800 characters"`, `https://siem.example/in?…`, `"sub"`} {
		if !strings.Contains(log, shown) {
			t.Errorf("the log does not tell %q", shown)
		}
	}
}

func TestTamperingIsNoticed(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store, key := signed(t, dsn)
		ctx := t.Context()
		for i := range 6 {
			must(t, store.Update(ctx, func(tx portico.Tx) error {
				return tx.RecordAudit(ctx, portico.AuditEntry{Type: portico.AuditAuthentication, ResourceName: fmt.Sprint("entry ", i)})
			}))
		}
		all := entries(t, store)
		must(t, verify(t, store, key))
		for name, sabotage := range map[string]string{
			"changed":    "UPDATE audit_entries SET resource_name = 'another' WHERE position = @1",
			"permitted":  "UPDATE audit_entries SET granted = TRUE WHERE position = @1",
			"removed":    "DELETE FROM audit_entries WHERE position = @1",
			"beheaded":   "DELETE FROM audit_entries WHERE position <= @1",
			"swapped":    "UPDATE audit_entries SET resource_name = CASE position WHEN @1 THEN 'entry 3' ELSE 'entry 2' END WHERE position IN (@1, @2)",
			"forged":     "UPDATE audit_entries SET signature = (SELECT signature FROM audit_entries WHERE position = @2) WHERE position = @1",
			"new anchor": `INSERT INTO meta (key, value) VALUES ('audit_anchor', '{"position":1,"previous":"x","signature":"x"}')`,
		} {
			undone := errors.New("undone")
			err := store.Update(ctx, func(inner portico.Tx) error {
				statement := strings.NewReplacer("@1", fmt.Sprint(all[2].Position), "@2", fmt.Sprint(all[3].Position)).Replace(sabotage)
				must(t, inner.(*tx).write(ctx, statement))
				if verifyIn(t, inner, key) == nil {
					t.Errorf("%s: nobody notices", name)
				}
				return undone
			})
			if !errors.Is(err, undone) {
				t.Errorf("%s: %v", name, err)
			}
		}
		must(t, verify(t, store, key))
		foreign, err := ledger.Open(ctx, openAt(t, "sqlite:"+t.TempDir()+"/portico.db"), plainSealer{})
		must(t, err)
		if verify(t, store, foreign) == nil {
			t.Error("the log agrees with a foreign key")
		}
	})
}

func TestTrimmedLogsVerify(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store, key := signed(t, dsn)
		ctx, clock := t.Context(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		store.now = func() time.Time { return clock }
		record := func() {
			must(t, store.Update(ctx, func(tx portico.Tx) error {
				return tx.RecordAudit(ctx, portico.AuditEntry{Type: portico.AuditAuthentication})
			}))
			clock = clock.Add(time.Hour)
		}
		for range 10 {
			record()
		}
		trim := func(before time.Time, atMost, want, left int) {
			t.Helper()
			must(t, store.Update(ctx, func(tx portico.Tx) error {
				got, err := tx.TrimAudit(ctx, before, atMost)
				if got != want {
					t.Errorf("%d entries trimmed, not %d", got, want)
				}
				return err
			}))
			if got := len(entries(t, store)); got != left {
				t.Errorf("%d entries are left, not %d", got, left)
			}
			must(t, verify(t, store, key))
		}
		trim(clock.Add(-24*time.Hour), 100, 0, 10)
		trim(clock.Add(-5*time.Hour), 3, 3, 7)
		trim(clock.Add(-5*time.Hour), 100, 2, 5)
		record()
		trim(clock, 100, 6, 0)
		record()
		trim(clock.Add(-24*time.Hour), 100, 0, 1)
	})
}

// TestConcurrentChangesMakeOneChain: whoever comes first, no two entries follow
// the same one, and positions grow.
func TestConcurrentChangesMakeOneChain(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store, key := signed(t, dsn)
		other := openAt(t, dsn) // another process with the same database
		other.Sign(key)
		storetest.Seed(t, store)
		var work sync.WaitGroup
		for i := range 8 {
			work.Go(func() {
				for n := range 8 {
					s := store
					if i%2 == 1 {
						s = other
					}
					err := s.Update(context.Background(), func(tx portico.Tx) error {
						return tx.ControlPlanes().Insert(t.Context(), portico.ControlPlane{ID: portico.ControlPlaneID(portico.NewRandomID()), Name: fmt.Sprint(i, "-", n)})
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		work.Wait()
		if got := len(entries(t, store, portico.Where("principal_kind", portico.PrincipalPortico))); got != 65 {
			t.Errorf("%d entries, not 65", got)
		}
		if err := verify(t, store, key); err != nil {
			t.Error(err)
		}
	})
}

func TestAuditQueries(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		store := openAt(t, dsn)
		ctx := t.Context()
		for _, name := range []string{"Ada Äsop", "Bob", "Cem"} {
			must(t, store.Update(ctx, func(tx portico.Tx) error {
				return tx.RecordAudit(ctx, portico.AuditEntry{
					Type: portico.AuditAuthentication, Granted: name == "Bob", Outcome: portico.SignInSuccess,
					Event: portico.Event{Action: "sign-in", Principal: portico.Principal{Kind: portico.PrincipalUser, ID: name, Name: name}}})
			}))
		}
		find := func(f portico.Filter) (names []string) {
			for _, e := range entries(t, store, f) {
				names = append(names, e.Event.Principal.Name)
			}
			return names
		}
		second := entries(t, store)[1].Position
		for _, test := range []struct {
			filter portico.Filter
			want   []string
		}{
			{portico.Where("granted", "true"), []string{"Bob"}},
			{portico.Filter{Field: "text", Op: portico.OpContains, Values: []string{"äSOP"}}, []string{"Ada Äsop"}},
			{portico.Filter{Field: "text", Op: portico.OpContains, Values: []string{"sign-in"}}, []string{"Ada Äsop", "Bob", "Cem"}},
			{portico.Filter{Field: "position", Op: portico.OpLess, Values: []string{fmt.Sprint(second)}}, []string{"Ada Äsop"}},
			{portico.Filter{Field: "principal_id", Op: portico.OpAnyEqual, Values: []string{"Cem", "Bob"}}, []string{"Bob", "Cem"}},
			{portico.Filter{Field: "at", Op: portico.OpLess, Values: []string{"2001-01-01T00:00:00Z"}}, nil},
		} {
			if got := find(test.filter); !slices.Equal(got, test.want) {
				t.Errorf("%+v finds %v", test.filter, got)
			}
		}
		for _, bad := range []portico.AuditQuery{{Size: 0}, {Size: 1, Filters: []portico.Filter{portico.Where("changes", "x")}},
			{Size: 1, Filters: []portico.Filter{portico.Where("position", "x")}}} {
			err := store.View(ctx, func(tx portico.Tx) error { _, err := tx.AuditEntries(ctx, bad); return err })
			if portico.KindOf(err) != portico.KindInvalid {
				t.Errorf("%+v gives %v", bad, err)
			}
		}
		if err := store.View(ctx, func(tx portico.Tx) error { return tx.RecordAudit(ctx, portico.AuditEntry{}) }); err == nil {
			t.Error("a view could record")
		}
	})
}
