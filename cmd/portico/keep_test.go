package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestABackupIsAWholePortico: what was copied is what another Portico starts from.
func TestABackupIsAWholePortico(t *testing.T) {
	t.Parallel()
	dir, to := t.TempDir(), filepath.Join(t.TempDir(), "copy")
	if _, err := execute(t, filepath.Join(dir, "none"), "backup", to); err == nil {
		t.Error("copies a database that is not there")
	}
	if _, err := execute(t, dir, "admin", "create", "--email", "ada@acme.example"); err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, dir, "backup", to, "--with-key")
	if err != nil || strings.Count(out, to) != 2 {
		t.Fatalf("backup: %q, %v", out, err)
	}
	for _, name := range []string{"portico.db", "portico.key"} {
		info, err := os.Stat(filepath.Join(to, name))
		if err != nil || info.Size() == 0 || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
	if _, err := execute(t, dir, "backup", to); err == nil || !strings.Contains(err.Error(), "nothing was copied") {
		t.Errorf("over a copy that is there: %v", err)
	}
	if _, err := execute(t, to, "admin", "reset-password", "ada@acme.example"); err != nil {
		t.Errorf("the copy does not start: %v", err)
	}
	if out, err := execute(t, to, "audit", "verify"); err != nil || !strings.Contains(out, "entries are good") {
		t.Errorf("the copy's audit log: %q, %v", out, err)
	}
	if _, err := execute(t, to, "admin", "create", "--email", "eve@acme.example"); err == nil {
		t.Error("the copy has no organization")
	}

	alone := filepath.Join(t.TempDir(), "alone")
	if out, err := execute(t, dir, "backup", alone); err != nil || strings.Contains(out, "key") {
		t.Fatalf("backup without the key: %q, %v", out, err)
	}
	if _, err := execute(t, alone, "audit", "verify"); err == nil || !strings.Contains(err.Error(), "portico.key") {
		t.Errorf("a copy without its key: %v", err)
	}
	pg := "postgres://portico@127.0.0.1/portico"
	if _, err := execute(t, dir, "backup", filepath.Join(dir, "pg"), "--database", pg); err == nil || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("PostgreSQL: %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*copy*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func TestRekey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if _, err := execute(t, dir, "admin", "create", "--email", "ada@acme.example"); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(filepath.Join(dir, "portico.key"))
	if err != nil {
		t.Fatal(err)
	}
	out, err := execute(t, dir, "rekey")
	if err != nil || !strings.Contains(out, "1 values are sealed anew") { // the key of the audit log
		t.Fatalf("rekey: %q, %v", out, err)
	}
	if out, err := execute(t, dir, "audit", "verify"); err != nil || !strings.Contains(out, "entries are good") {
		t.Errorf("afterwards: %q, %v", out, err)
	}
	after, err := os.ReadFile(filepath.Join(dir, "portico.key"))
	if err != nil || string(after) == string(before) {
		t.Errorf("the key file is the same: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "portico.key"), before, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := execute(t, dir, "audit", "verify"); err == nil {
		t.Error("the old key file still opens what is there")
	}
}
