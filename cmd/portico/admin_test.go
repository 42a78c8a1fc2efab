package main

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/app"
	"portico/secret"
	"portico/usecase"
)

// execute runs the program as the command line would, on a data directory.
func execute(t *testing.T, dir string, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := root(func(string) string { return "" })
	cmd.SetOut(&out)
	cmd.SetErr(&bytes.Buffer{})
	cmd.SetArgs(append(args, "--data-dir", dir))
	err := cmd.ExecuteContext(t.Context())
	return strings.TrimSpace(out.String()), err
}

func TestAdminsWhoAreLockedOut(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	token, err := execute(t, dir, "token", "--email", "ada@acme.example")
	if err != nil || !strings.HasPrefix(token, "kpat_") {
		t.Fatalf("token: %q, %v", token, err)
	}
	first, err := execute(t, dir, "admin", "reset-password", "ADA@acme.example")
	second, again := execute(t, dir, "admin", "reset-password", "ada@acme.example")
	if err != nil || again != nil || len(first) < 20 || first == second {
		t.Errorf("passwords %d and %d letters long; %v, %v", len(first), len(second), err, again)
	}
	if out, err := execute(t, dir, "admin", "disable-2fa", "ada@acme.example"); err != nil || out != "" {
		t.Errorf("disable-2fa: %q, %v", out, err)
	}
	for _, command := range []string{"reset-password", "disable-2fa"} {
		if _, err := execute(t, dir, "admin", command, "eve@acme.example"); err == nil || !strings.Contains(err.Error(), "eve@acme.example") {
			t.Errorf("%s of nobody: %v", command, err)
		}
		if _, err := execute(t, dir, "admin", command); err == nil {
			t.Errorf("%s without an address", command)
		}
	}
}

func TestTheFirstAdmin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := execute(t, dir, "admin", "create", "--email", "nobody"); err == nil || out != "" || !strings.Contains(err.Error(), "email") {
		t.Errorf("an address that is none: %q, %v", out, err)
	}
	if _, err := execute(t, dir, "admin", "create"); err == nil {
		t.Error("without an address")
	}
	first, err := execute(t, dir, "admin", "create", "--email", "ada@acme.example", "--name", "Ada Admin", "--organization", "Acme")
	if err != nil || len(first) < 20 || strings.ContainsAny(first, " \n") {
		t.Fatalf("prints %d letters, %v", len(first), err)
	}
	if out, err := execute(t, dir, "admin", "create", "--email", "ada@acme.example"); err == nil || out != "" || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("the second time: %q, %v", out, err)
	}
	c := app.Config{DataDir: dir, KeyFile: dir + "/portico.key", Database: secret.New("sqlite:" + dir + "/portico.db")}
	store, ring, err := app.OpenStore(t.Context(), c, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	d := usecase.Deps{Store: store, Sealer: ring, Logger: slog.New(slog.DiscardHandler), Now: time.Now}
	session, err := admins.New(d).Sessions.SignIn(t.Context(), "ada@acme.example", secret.New(first), admins.Browser{})
	if err != nil {
		t.Fatal(err)
	}
	who, err := admins.New(d).Sessions.Current(t.Context(), session.Token)
	if err != nil || who.User.FullName != "Ada Admin" || !who.Grants.May(access.Organization, access.Edit, access.Everything) {
		t.Errorf("is %+v, %v", who.User, err)
	}
	if tokens, err := (admins.Accounts{Deps: d}).Tokens(t.Context(), who.User.ID, portico.Everything()); err != nil || tokens.Total != 0 {
		t.Errorf("%d tokens that nobody has seen, %v", tokens.Total, err)
	}
}
