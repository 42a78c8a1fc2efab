package e2e_test

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestAPorticoKeptInFiles applies docs/coffee-shop from the command line and
// heeds the exit statuses that pipelines go by.
func TestAPorticoKeptInFiles(t *testing.T) {
	t.Parallel()
	p := demo(t, t.TempDir(), "--bare", "--port-base", strconv.Itoa(portBase(t)))
	tokenFile, exported := filepath.Join(t.TempDir(), "token"), filepath.Join(t.TempDir(), "shop")
	if err := os.WriteFile(tokenFile, []byte(p.Token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	const files, oktaToken = "../docs/coffee-shop", "00kept-in-files"
	for _, step := range []struct {
		status int
		says   string
		args   []string
	}{
		{1, "which is not set", []string{"diff", "-f", files}},
		{2, "+ portal Coffee Shop", []string{"diff", "-f", files}},
		{2, "+ API orders", []string{"apply", "--dry-run", "-f", files}},
		{0, "+ API orders: done", []string{"apply", "-f", files}},
		{0, "Nothing to change.", []string{"apply", "-f", files, "--prune"}},
		{2, "): failed\n  - ", []string{"doctor"}},
		{1, "nothing was examined", []string{"doctor", "nobody"}},
		{1, "--dry-run changes nothing", []string{"reconcile", "--dry-run", "--remove"}},
		{1, "there is no DCR provider", []string{"reconcile", "--provider", "nobody"}},
		{0, "set OKTA_DCR_TOKEN before applying", []string{"export", "--out", exported}},
		{0, "Nothing to change.", []string{"diff", "-f", exported}},
		{1, "no access token", []string{"diff", "-f", exported, "--token-file", "/dev/null"}},
	} {
		args := step.args
		if !strings.Contains(strings.Join(args, " "), "--token-file") {
			args = append(args, "--token-file", tokenFile)
		}
		cmd := exec.Command(binary, args...)
		cmd.Env = []string{"PORTICO_SERVER=" + p.ManagementURL, "OKTA_TOKEN=" + oktaToken, "OKTA_DCR_TOKEN=" + oktaToken}
		if strings.Contains(step.says, "not set") {
			cmd.Env = cmd.Env[:1]
		}
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		err, status := cmd.Run(), 0
		if ended, is := errors.AsType[*exec.ExitError](err); is {
			status = ended.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if status != step.status || !strings.Contains(out.String(), step.says) {
			t.Errorf("portico %s ends with %d, want %d and %q:\n%s", strings.Join(step.args, " "), status, step.status, step.says, &out)
		}
		if strings.Contains(out.String(), p.Token) || strings.Contains(out.String(), oktaToken) {
			t.Errorf("portico %s prints a secret", strings.Join(step.args, " "))
		}
	}
	// The documentation's commands, as printed, but for the place and the secrets.
	docs, err := filepath.Abs("../docs")
	if err != nil {
		t.Fatal(err)
	}
	block := codeBlock.FindStringSubmatch(readFile(t, "../docs/declarative.md"))
	script := strings.NewReplacer("https://management.example.com", p.ManagementURL, "PORTICO_TOKEN=…", "PORTICO_TOKEN="+p.Token,
		"OKTA_TOKEN=…", "OKTA_TOKEN="+oktaToken, "docs/coffee-shop", docs+"/coffee-shop").Replace(block[1])
	cmd := exec.Command("bash", "-eu", "-c", script)
	cmd.Dir, cmd.Env = t.TempDir(), []string{"PATH=" + filepath.Dir(binary) + ":" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "Nothing to change.") != 2 {
		t.Errorf("the commands of docs/declarative.md: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(cmd.Dir, "shop", "portico.yaml")); err != nil {
		t.Errorf("nothing was exported: %v", err)
	}
}
