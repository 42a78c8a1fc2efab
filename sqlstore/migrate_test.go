package sqlstore

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico"
	"portico/sqlstore/migrations"
	"portico/storetest"
)

// eachEngine runs a test on an empty database of both.
func eachEngine(t *testing.T, test func(t *testing.T, dsn string)) {
	t.Run("SQLite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "portico.db"))
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		t.Parallel()
		test(t, storetest.Postgres(t))
	})
}

func TestMigrationsGoForward(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		store := openAt(t, dsn)
		steps := append(migrations.All(), migrations.Step{Version: 9999, Name: "9999_next", Checksum: "next",
			SQL: "CREATE TABLE next (id TEXT NOT NULL PRIMARY KEY); INSERT INTO next (id) VALUES ('one');"})
		broken := append(steps[:len(steps):len(steps)], migrations.Step{Version: 10_000, Name: "broken", Checksum: "broken",
			SQL: "CREATE TABLE half (id TEXT); SELECT nonsense FROM nowhere;"})
		if err := store.migrate(ctx, broken); err == nil || !strings.Contains(err.Error(), "migration broken") {
			t.Errorf("a broken step gives %v", err)
		}
		if _, err := store.writes.ExecContext(ctx, "SELECT id FROM next"); err == nil {
			t.Error("a step before a broken one was kept")
		}
		for range 2 { // the second time there is nothing to do
			if err := store.migrate(ctx, steps); err != nil {
				t.Fatal(err)
			}
		}
		if got := texts(t, store.reads, "SELECT id FROM next"); len(got) != 1 {
			t.Errorf("the step was applied %d times", len(got))
		}

		_, err := Open(ctx, Config{DSN: dsn})
		if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), "newer version of Portico") {
			t.Errorf("a newer database gives %v", err)
		}
		steps[0].Checksum = "edited"
		if err := store.migrate(ctx, steps); err == nil || !strings.Contains(err.Error(), "not migrated by a release") {
			t.Errorf("an edited step gives %v", err)
		}
	})
}

func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		var group sync.WaitGroup
		for range 6 {
			group.Go(func() {
				if err := Migrate(t.Context(), Config{DSN: dsn}); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		store := openAt(t, dsn)
		if got := texts(t, store.reads, "SELECT name FROM schema_migrations"); len(got) != len(migrations.All()) {
			t.Errorf("applied: %v", got)
		}
	})
}

// TestStateOutlivesTheProgram: what was committed is there for the next one,
// under the same epoch.
func TestStateOutlivesTheProgram(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		var epochs [2]string
		var w storetest.World
		for i := range epochs {
			store, err := Open(ctx, Config{DSN: dsn})
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				w = storetest.Seed(t, store)
			}
			err = store.View(ctx, func(tx portico.Tx) error {
				if _, err := tx.Applications().ByID(ctx, w.Application.ID); err != nil {
					return err
				}
				epochs[i], err = tx.Meta(ctx, portico.MetaEpoch)
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
		}
		if epochs[0] != epochs[1] || !portico.IsID(epochs[0]) {
			t.Errorf("the epochs are %v", epochs)
		}
	})
}

// TestPortalsOfTheFirstSchema: what the first release kept is there after the
// second step, with the defaults of what it did not know.
func TestPortalsOfTheFirstSchema(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		store, err := connect(ctx, Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		if err := store.migrate(ctx, migrations.All()[:1]); err != nil {
			t.Fatal(err)
		}
		for _, row := range []string{
			`INSERT INTO auth_strategies (id, name, display_name, strategy_type, created_at, updated_at) VALUES ('s', 's', 'S', 'key_auth', 1, 1)`,
			`INSERT INTO portals (id, name, display_name, authentication_enabled, rbac_enabled, sipr_enabled, default_api_visibility, default_page_visibility,
				auto_approve_developers, auto_approve_applications, notifications_developer_pii_visibility_enabled, subdomain, created_at, updated_at)
				VALUES ('p', 'p', 'P', TRUE, FALSE, FALSE, 'private', 'private', TRUE, TRUE, FALSE, 'p', 1, 1), ('q', 'q', 'Q', TRUE, FALSE, FALSE, 'private', 'private', TRUE, TRUE, FALSE, 'q', 1, 1)`,
			`INSERT INTO developers (id, portal_id, email, full_name, status, email_verified, password_hash, created_at, updated_at)
				VALUES ('d', 'p', 'd@dev.example', 'Dora', 'approved', TRUE, 'x', 1, 1), ('e', 'p', 'e@dev.example', 'Emil', 'approved', TRUE, 'x', 1, 1)`,
			`INSERT INTO sessions (id, developer_id, portal_id, access_digest, refresh_digest, access_expires_at, expires_at, created_at)
				VALUES ('n', 'd', 'p', '` + strings.Repeat("a", 64) + `', '` + strings.Repeat("b", 64) + `', 1, 1, 1)`,
			`INSERT INTO applications (id, portal_id, developer_id, auth_strategy_id, name, client_id, external_id, generation, created_at, updated_at)
				VALUES ('a', 'p', 'd', 's', 'Shop', '', '', 0, 1, 1), ('b', 'p', 'e', 's', 'Shop', '', '', 0, 1, 1)`,
		} {
			if _, err := store.writes.ExecContext(ctx, row); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.migrate(ctx, migrations.All()); err != nil {
			t.Fatal(err)
		}
		err = store.View(ctx, func(tx portico.Tx) error {
			portal, err := tx.Portals().ByID(ctx, "p")
			if err != nil || !portal.BasicAuthEnabled || portal.TeamMappingEnabled || portal.CustomDomain != "" || portal.Language != "" {
				t.Errorf("portal %+v, %v", portal, err)
			}
			developer, err := tx.Developers().ByID(ctx, "d")
			if err != nil || developer.Theme != "" || developer.ExternalID != "" || developer.Reason != "" {
				t.Errorf("developer %+v, %v", developer, err)
			}
			session, err := tx.Sessions().ByID(ctx, "n")
			if err != nil || session.UserAgent != "" || session.LastSeenAt.Unix() != 0 {
				t.Errorf("session %+v, %v", session, err)
			}
			own, err := tx.Applications().List(ctx, portico.Everything(portico.Where("owner_id", portico.DeveloperID("e"))))
			if err != nil || len(own.Items) != 1 || own.Items[0].ID != "b" || own.Items[0].TeamID != nil {
				t.Errorf("applications %+v, %v", own, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestUsersOfEarlierSchemas: whoever could do everything still can.
func TestUsersOfEarlierSchemas(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		store, err := connect(ctx, Config{DSN: dsn})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { store.Close() })
		if err := store.migrate(ctx, migrations.All()[:2]); err != nil {
			t.Fatal(err)
		}
		for _, row := range []string{
			`INSERT INTO organizations (id, name, owner_id, created_at, updated_at) VALUES ('o', 'Acme', 'u', 1, 1)`,
			`INSERT INTO users (id, email, full_name, preferred_name, active, password_hash, created_at, updated_at) VALUES ('u', 'ada@acme.example', 'Ada', '', TRUE, 'x', 1, 1), ('v', 'bob@acme.example', 'Bob', '', TRUE, '', 1, 1)`,
		} {
			if _, err := store.writes.ExecContext(ctx, row); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.migrate(ctx, migrations.All()); err != nil {
			t.Fatal(err)
		}
		err = store.View(ctx, func(tx portico.Tx) error {
			o, err := tx.Organizations().ByID(ctx, "o")
			if err != nil || !o.PasswordSignIn || o.TeamsByGroups || !o.TeamsByHand {
				t.Errorf("organization %+v, %v", o, err)
			}
			members, err := tx.AdminTeamMembers().List(ctx, portico.Everything(portico.Where("team_id", portico.OrganizationAdmins)))
			if err != nil || len(members.Items) != 2 || *members.Items[0].UserID != "u" || *members.Items[1].UserID != "v" {
				t.Errorf("members %+v, %v", members, err)
			}
			teams, err := tx.AdminTeams().List(ctx, portico.Everything(portico.Where("system_team", "true")))
			if err != nil || len(teams.Items) < 2 || teams.Items[0].ID != portico.OrganizationAdmins || teams.Items[1].ID != portico.OrganizationReaders {
				t.Errorf("teams %+v, %v", teams, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
