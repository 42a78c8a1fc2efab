package main

import (
	"bytes"
	"strings"
	"testing"
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
