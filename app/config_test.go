package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"portico/app"
)

func none(string) string { return "" }

func TestLaterSourcesWin(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "portico.yaml")
	if err := os.WriteFile(file, []byte("data_dir: from-file\nlisten:\n  gateway: 127.0.0.1:1\n  portal: 127.0.0.1:3\nidp:\n  timeout: 5s\ntrusted_proxies: [10.0.0.0/8, 192.0.2.0/24]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string {
		return map[string]string{"PORTICO_LISTEN_GATEWAY": "127.0.0.1:2", "PORTICO_IDP_TIMEOUT": "6s"}[name]
	}
	c, err := app.Load(file, env, map[string]string{"idp.timeout": "7s"})
	if err != nil {
		t.Fatal(err)
	}
	if c.DataDir != "from-file" || c.ListenGateway != "127.0.0.1:2" || c.IdPTimeout != 7*time.Second || len(c.TrustedProxies) != 2 {
		t.Errorf("%+v", c)
	}
	if got := c.Database.Reveal(); got != "sqlite:"+filepath.Join("from-file", "portico.db") {
		t.Errorf("database %q does not follow the data directory", got)
	}
	if got := fmt.Sprintf(c.PortalURL, "shop.localhost"); got != "http://shop.localhost:3" {
		t.Errorf("portal.url does not follow listen.portal: %s", got)
	}
}

func TestEveryFaultIsReportedAtOnce(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "portico.yaml")
	if err := os.WriteFile(file, []byte("listen:\n  gateway: nowhere\nlisten_gatway: x\nlog:\n  level: loud\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := app.Load(file, func(name string) string {
		if name == "PORTICO_IDP_TIMEOUT" {
			return "soon"
		}
		return ""
	}, map[string]string{"database": "mysql://x", "mail.smtp.username": "u"})
	for _, want := range []string{"listen.gateway", "nowhere", "listen_gatway", "log.level", "PORTICO_IDP_TIMEOUT", "database", "mail.smtp.host"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not reported in: %v", want, err)
		}
	}
}

func TestUnusableFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct{ content, want string }{
		"no YAML":   {"a: [", "YAML"},
		"a list":    {"- a", "YAML"},
		"no value":  {"data_dir:", "data_dir"},
		"too large": {strings.Repeat("# x\n", 1<<19), "larger"},
	} {
		file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := app.Load(file, none, nil); err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := app.Load(filepath.Join(dir, "absent"), none, nil); err == nil || !strings.Contains(err.Error(), "no such configuration file") {
		t.Errorf("absent: %v", err)
	}
}

// TestSettingsAreDocumented keeps docs/configuration.md equal to the table of
// settings.
func TestSettingsAreDocumented(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range app.Settings() {
		row := fmt.Sprintf("| `%s` | `%s` | `--%s` | %s |\n", s.Name, s.Env(), s.Flag(), s.Usage)
		if !strings.Contains(string(doc), row) {
			t.Errorf("docs/configuration.md lacks the row\n%s", row)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("listen:\n  gateway: 127.0.0.1:8000\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("trusted_proxies: [1.2.3.0/24]\nlog: {level: debug}\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		file := filepath.Join(t.TempDir(), "portico.yaml")
		if err := os.WriteFile(file, content, 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := app.Load(file, none, nil)
		if err == nil && (c.Database.Empty() || c.KeyFile == "" || strings.Count(c.PortalURL, "%s") != 1) {
			t.Errorf("accepted, but not complete: %+v", c)
		}
	})
}
