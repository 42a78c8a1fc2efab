package app

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"portico/mail"
	"portico/secret"
)

// Config is everything that can be configured. Each field is one setting of
// Settings, which names it in the file, the environment and the flags.
type Config struct {
	DataDir            string
	Database           secret.Text // a DSN may hold a password
	ListenGateway      string
	ListenManagement   string
	ListenPortal       string
	ListenHealth       string
	ListenAuthServer   string // empty: there is no built-in authorization server
	PortalDomain       string
	PortalURL          string // with %s for the portal's domain
	GatewayURL         string // without a trailing slash
	ConsoleURL         string // without a trailing slash
	AuthServerURL      string // without a trailing slash
	AuthServerEmail    string
	AuthServerPassword secret.Text
	Key                secret.Text
	KeyFile            string
	MailFrom           string
	SMTPHost           string
	SMTPPort           int
	SMTPEncryption     string
	SMTPUsername       string
	SMTPPassword       secret.Text
	IdPTimeout         time.Duration
	IdPAllowPrivate    bool
	IdPCompare         time.Duration
	TrustedProxies     []netip.Prefix
	AuditKeep          time.Duration
	LogLevel           slog.Level
	LogFormat          string
	ShutdownTimeout    time.Duration
}

// Default is the configuration of a single machine.
func Default() Config {
	return Config{
		DataDir:          "portico-data",
		ListenGateway:    "127.0.0.1:8000",
		ListenManagement: "127.0.0.1:8001",
		ListenPortal:     "127.0.0.1:8002",
		ListenHealth:     "127.0.0.1:8100",
		PortalDomain:     "localhost",
		MailFrom:         "portico@localhost",
		IdPTimeout:       20 * time.Second,
		IdPCompare:       time.Hour,
		SMTPEncryption:   string(mail.StartTLS),
		AuditKeep:        90 * 24 * time.Hour,
		LogLevel:         slog.LevelInfo,
		LogFormat:        "text",
		ShutdownTimeout:  15 * time.Second,
	}
}

// Setting is one thing that can be configured: listen.gateway in the file,
// PORTICO_LISTEN_GATEWAY in the environment, --listen-gateway on the command
// line.
type Setting struct {
	Name  string // as in the file, with dots between the levels
	Usage string
	Set   func(c *Config, value string) error
}

// Env is the setting's environment variable.
func (s Setting) Env() string {
	return "PORTICO_" + strings.ToUpper(strings.NewReplacer(".", "_", "-", "_").Replace(s.Name))
}

// Flag is the setting's command-line flag, without dashes.
func (s Setting) Flag() string { return strings.NewReplacer(".", "-", "_", "-").Replace(s.Name) }

// Settings lists all settings in the order in which they are documented.
func Settings() []Setting {
	return []Setting{
		{"data_dir", "directory for the database, the key file and the outbox", text(func(c *Config) *string { return &c.DataDir })},
		{"database", "sqlite:PATH or postgres://…; default: portico.db in the data directory", hidden(func(c *Config) *secret.Text { return &c.Database })},
		{"listen.gateway", "address of the gateway", address(func(c *Config) *string { return &c.ListenGateway })},
		{"listen.management", "address of the management API", address(func(c *Config) *string { return &c.ListenManagement })},
		{"listen.portal", "address of the portals", address(func(c *Config) *string { return &c.ListenPortal })},
		{"listen.health", "address of /livez, /readyz and /metrics", address(func(c *Config) *string { return &c.ListenHealth })},
		{"listen.authserver", "address of the built-in authorization server; without one there is none", address(func(c *Config) *string { return &c.ListenAuthServer })},
		{"portal.domain", "domain under which every portal gets its own name", text(func(c *Config) *string { return &c.PortalDomain })},
		{"portal.url", "address of a portal in mails, with %s for its domain; default: http://%s and the port of listen.portal", text(func(c *Config) *string { return &c.PortalURL })},
		{"gateway.url", "address of the gateway as callers reach it, for examples on pages; default: http://localhost and the port of listen.gateway", webAddress(func(c *Config) *string { return &c.GatewayURL })},
		{"console.url", "address of the console and the management API, for links in mails and single sign-on; default: http://localhost and the port of listen.management", webAddress(func(c *Config) *string { return &c.ConsoleURL })},
		{"authserver.url", "address of the built-in authorization server as everybody reaches it, with which its issuers begin; default: http://localhost and the port of listen.authserver", webAddress(func(c *Config) *string { return &c.AuthServerURL })},
		{"authserver.email", "who signs in to its pages", text(func(c *Config) *string { return &c.AuthServerEmail })},
		{"authserver.password", "the password for that; without one nobody does", hidden(func(c *Config) *secret.Text { return &c.AuthServerPassword })},
		{"key.value", "key that seals secrets, in the form of the key file; instead of one", hidden(func(c *Config) *secret.Text { return &c.Key })},
		{"key.file", "file of that key, created on first start; default: portico.key in the data directory", text(func(c *Config) *string { return &c.KeyFile })},
		{"mail.from", "sender of mails", text(func(c *Config) *string { return &c.MailFrom })},
		{"mail.smtp.host", "mail server; without one, mails are kept in the outbox", text(func(c *Config) *string { return &c.SMTPHost })},
		{"mail.smtp.port", "its port; default: 587, or 465 with implicit encryption", port(func(c *Config) *int { return &c.SMTPPort })},
		{"mail.smtp.encryption", "starttls, implicit or none", choice(func(c *Config) *string { return &c.SMTPEncryption }, string(mail.StartTLS), string(mail.Implicit), string(mail.None))},
		{"mail.smtp.username", "account at the mail server", text(func(c *Config) *string { return &c.SMTPUsername })},
		{"mail.smtp.password", "its password", hidden(func(c *Config) *secret.Text { return &c.SMTPPassword })},
		{"idp.timeout", "longest conversation with an identity provider", duration(func(c *Config) *time.Duration { return &c.IdPTimeout })},
		{"idp.allow_private", "let identity providers be in private networks: true or false", boolean(func(c *Config) *bool { return &c.IdPAllowPrivate })},
		{"idp.compare", "how often the clients in identity providers are compared with the applications", duration(func(c *Config) *time.Duration { return &c.IdPCompare })},
		{"trusted_proxies", "networks of the proxies in front, separated by commas", setProxies},
		{"audit.keep", "how long entries of the audit log are kept", duration(func(c *Config) *time.Duration { return &c.AuditKeep })},
		{"log.level", "debug, info, warn or error", setLevel},
		{"log.format", "text or json", choice(func(c *Config) *string { return &c.LogFormat }, "text", "json")},
		{"shutdown_timeout", "how long requests under way may take to end", duration(func(c *Config) *time.Duration { return &c.ShutdownTimeout })},
	}
}

// Load reads the configuration: the file if one is named, over it the
// environment, over that the flags that were given (by Setting.Name). It
// reports every fault at once.
func Load(file string, env func(string) string, flags map[string]string) (Config, error) {
	c := Default()
	var faults []error
	if file != "" {
		values, err := readFile(file)
		if err != nil {
			return c, err
		}
		faults = append(faults, c.apply(values, func(name string) string { return fmt.Sprintf("%s: %s", file, name) }, true)...)
	}
	fromEnv := map[string]string{}
	for _, s := range Settings() {
		if v := env(s.Env()); v != "" {
			fromEnv[s.Name] = v
		}
	}
	faults = append(faults, c.apply(fromEnv, func(name string) string { return Setting{Name: name}.Env() }, false)...)
	faults = append(faults, c.apply(flags, func(name string) string { return "--" + Setting{Name: name}.Flag() }, false)...)
	faults = append(faults, c.complete()...)
	return c, errors.Join(faults...)
}

// apply sets the values; from says where a value came from.
func (c *Config) apply(values map[string]string, from func(string) string, strict bool) []error {
	var faults []error
	rest := make(map[string]bool, len(values))
	for name := range values {
		rest[name] = true
	}
	for _, s := range Settings() {
		v, given := values[s.Name]
		if !given {
			continue
		}
		delete(rest, s.Name)
		if err := s.Set(c, v); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", from(s.Name), err))
		}
	}
	if strict {
		for _, name := range slices.Sorted(maps.Keys(rest)) {
			faults = append(faults, fmt.Errorf("%s: there is no such setting", from(name)))
		}
	}
	return faults
}

// complete fills in what follows from other settings and checks what concerns
// several.
func (c *Config) complete() []error {
	var faults []error
	if c.Database.Empty() {
		c.Database = secret.New("sqlite:" + filepath.Join(c.DataDir, "portico.db"))
	}
	if c.KeyFile == "" {
		c.KeyFile = filepath.Join(c.DataDir, "portico.key")
	}
	if c.PortalURL == "" {
		if _, port, err := net.SplitHostPort(c.ListenPortal); err == nil {
			c.PortalURL = "http://%s:" + port
		}
	}
	if c.GatewayURL == "" {
		if _, port, err := net.SplitHostPort(c.ListenGateway); err == nil {
			c.GatewayURL = "http://localhost:" + port
		}
	}
	if c.ConsoleURL == "" {
		if _, port, err := net.SplitHostPort(c.ListenManagement); err == nil {
			c.ConsoleURL = "http://localhost:" + port
		}
	}
	if c.AuthServerURL == "" && c.ListenAuthServer != "" {
		if _, port, err := net.SplitHostPort(c.ListenAuthServer); err == nil {
			c.AuthServerURL = "http://localhost:" + port
		}
	}
	if strings.Count(c.PortalURL, "%s") != 1 {
		faults = append(faults, errors.New("portal.url: %s must stand in it once, for the portal's domain"))
	}
	if !strings.HasPrefix(c.Database.Reveal(), "sqlite:") && !strings.HasPrefix(c.Database.Reveal(), "postgres://") && !strings.HasPrefix(c.Database.Reveal(), "postgresql://") {
		faults = append(faults, errors.New("database: must begin with sqlite: or postgres://"))
	}
	if c.SMTPHost == "" && (c.SMTPUsername != "" || !c.SMTPPassword.Empty()) {
		faults = append(faults, errors.New("mail.smtp.host: missing, although an account for it is given"))
	}
	return faults
}

// maxFile is far more than any configuration needs.
const maxFile = 1 << 20

// readFile reads a YAML file into dotted names.
func readFile(file string) (map[string]string, error) {
	info, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: there is no such configuration file", file)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: larger than %d bytes; this is no configuration file", file, maxFile)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	values, err := parse(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return values, nil
}

// parse reads YAML into dotted names. Lists become comma-separated values.
func parse(data []byte) (map[string]string, error) {
	var doc map[string]any
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return nil, fmt.Errorf("not readable as YAML: %w", err)
	}
	out := map[string]string{}
	return out, flatten(out, "", doc)
}

func flatten(out map[string]string, prefix string, level map[string]any) error {
	for key, value := range level {
		name := prefix + key
		switch v := value.(type) {
		case map[string]any:
			if err := flatten(out, name+".", v); err != nil {
				return err
			}
		case []any:
			parts := make([]string, len(v))
			for i, item := range v {
				parts[i] = fmt.Sprint(item)
			}
			out[name] = strings.Join(parts, ",")
		case nil:
			return fmt.Errorf("%s: has no value", name)
		default:
			out[name] = fmt.Sprint(v)
		}
	}
	return nil
}

func text(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error { *field(c) = v; return nil }
}

func hidden(field func(*Config) *secret.Text) func(*Config, string) error {
	return func(c *Config, v string) error { *field(c) = secret.New(v); return nil }
}

func address(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		_, number, err := net.SplitHostPort(v)
		if err != nil {
			return fmt.Errorf("%q is no address such as 127.0.0.1:8000", v)
		}
		if _, err := parsePort(number); err != nil {
			return err
		}
		*field(c) = v
		return nil
	}
}

func webAddress(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, v string) error {
		u, err := url.Parse(v)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%q is no address such as https://api.example.com", v)
		}
		*field(c) = strings.TrimSuffix(v, "/")
		return nil
	}
}

func port(field func(*Config) *int) func(*Config, string) error {
	return func(c *Config, v string) (err error) {
		*field(c), err = parsePort(v)
		return err
	}
}

func parsePort(v string) (int, error) {
	n, err := strconv.ParseUint(v, 10, 16)
	if err != nil {
		return 0, fmt.Errorf("%q is no port from 0 to 65535", v)
	}
	return int(n), nil
}

func duration(field func(*Config) *time.Duration) func(*Config, string) error {
	return func(c *Config, v string) error {
		d, err := time.ParseDuration(v)
		if err != nil || d <= 0 {
			return fmt.Errorf("%q is no duration such as 20s", v)
		}
		*field(c) = d
		return nil
	}
}

func boolean(field func(*Config) *bool) func(*Config, string) error {
	return func(c *Config, v string) error {
		b, err := strconv.ParseBool(v)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", v)
		}
		*field(c) = b
		return nil
	}
}

func choice(field func(*Config) *string, choices ...string) func(*Config, string) error {
	return func(c *Config, v string) error {
		if !slices.Contains(choices, v) {
			return fmt.Errorf("%q is none of %s", v, strings.Join(choices, ", "))
		}
		*field(c) = v
		return nil
	}
}

func setLevel(c *Config, v string) error {
	if err := c.LogLevel.UnmarshalText([]byte(v)); err != nil {
		return fmt.Errorf("%q is none of debug, info, warn, error", v)
	}
	return nil
}

func setProxies(c *Config, v string) error {
	c.TrustedProxies = nil
	for part := range strings.SplitSeq(v, ",") {
		prefix, err := netip.ParsePrefix(strings.TrimSpace(part))
		if err != nil {
			return fmt.Errorf("%q is no network such as 10.0.0.0/8", strings.TrimSpace(part))
		}
		c.TrustedProxies = append(c.TrustedProxies, prefix)
	}
	return nil
}

// Outbox is the file that mails are kept in when there is no mail server.
func (c Config) Outbox() string { return filepath.Join(c.DataDir, "outbox.jsonl") }

// keyFile is where the key is; empty if it came as a value.
func (c Config) keyFile() string {
	if !c.Key.Empty() {
		return ""
	}
	return c.KeyFile
}

// snapshot is the gateway's own copy of its configuration, from which it starts
// when the database does not answer.
func (c Config) snapshot() string { return filepath.Join(c.DataDir, "gateway.snapshot") }
