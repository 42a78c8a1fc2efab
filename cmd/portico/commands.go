package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"portico"
	"portico/admins"
	"portico/app"
	"portico/control"
	"portico/demo"
	"portico/mail"
	"portico/sqlstore"
	"portico/usecase"
)

// program is what the commands share.
type program struct {
	env  func(string) string
	file string // --config
	cmd  *cobra.Command
}

func root(env func(string) string) *cobra.Command {
	p := &program{env: env}
	p.cmd = &cobra.Command{
		Use:           "portico",
		Short:         "A developer portal with Dynamic Client Registration, and the gateway that enforces it",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	flags := p.cmd.PersistentFlags()
	flags.StringVar(&p.file, "config", env("PORTICO_CONFIG"), "configuration file (YAML)")
	for _, s := range app.Settings() {
		flags.String(s.Flag(), "", s.Usage+" ["+s.Env()+"]")
	}
	p.cmd.AddCommand(p.demo(), p.serve(), p.migrate(), p.token(), p.admin(), p.outbox(), p.apply(), p.diff(), p.export(), p.doctor(), p.reconcile(), p.audit(), p.rekey(), p.backup(), p.version())
	return p.cmd
}

// config reads file, environment and the flags that were given.
func (p *program) config() (app.Config, error) {
	given := map[string]string{}
	for _, s := range app.Settings() {
		if f := p.cmd.PersistentFlags().Lookup(s.Flag()); f.Changed {
			given[s.Name] = f.Value.String()
		}
	}
	c, err := app.Load(p.file, p.env, given)
	if err != nil {
		return c, fmt.Errorf("the configuration is not usable; nothing was started:\n%w", err)
	}
	return c, nil
}

// given reports whether a setting was given as a flag or in the environment.
func (p *program) given(name string) bool {
	s := app.Setting{Name: name}
	return p.cmd.PersistentFlags().Lookup(s.Flag()).Changed || p.env(s.Env()) != ""
}

func logger(c app.Config, to io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: c.LogLevel}
	if c.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(to, options))
	}
	return slog.New(slog.NewTextHandler(to, options))
}

func (p *program) demo() *cobra.Command {
	var o demo.Options
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run everything on this machine, with a built-in authorization server and a sample API",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			if !p.given("log.level") {
				c.LogLevel = slog.LevelWarn // what the demo prints is to be seen
			}
			o.Out, o.Logger = cmd.OutOrStdout(), logger(c, cmd.ErrOrStderr())
			return demo.Run(cmd.Context(), o)
		},
	}
	cmd.Flags().StringVar(&o.Dir, "data", "portico-demo", "directory for the demo's state")
	cmd.Flags().IntVar(&o.PortBase, "port-base", 8000, "port of the gateway; management +1, portals +2, authorization server +3, sample API +4, health +100")
	cmd.Flags().BoolVar(&o.Faults, "faults", false, "let the authorization server misbehave on request, at POST /_faults (docs/operating.md)")
	cmd.Flags().BoolVar(&o.Bare, "bare", false, "set up nothing but the admin, to walk through docs/okta.md by hand")
	return cmd
}

func (p *program) serve() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run control plane, portals and gateway",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			a, err := app.Open(cmd.Context(), c, app.Options{Logger: logger(c, cmd.ErrOrStderr())})
			if err != nil {
				return err
			}
			return errors.Join(a.Run(cmd.Context()), a.Close())
		},
	}
}

func (p *program) migrate() *cobra.Command {
	return &cobra.Command{
		Use:   "migrate",
		Short: "Bring the database to this version's schema and exit",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			return sqlstore.Migrate(cmd.Context(), sqlstore.Config{DSN: c.Database.Reveal(), Now: time.Now, Logger: logger(c, cmd.ErrOrStderr())})
		},
	}
}

func (p *program) token() *cobra.Command {
	var email, name, organization string
	var life time.Duration
	cmd := &cobra.Command{
		Use:   "token",
		Short: "Print a new access token for the management API; the first one founds the organization and its admin",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			return p.issueToken(cmd.Context(), c, cmd, admins.Founding{Organization: organization, Email: email, FullName: email, TokenName: name, TokenLifetime: life})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the admin's e-mail address")
	cmd.Flags().StringVar(&name, "name", "command line", "name of the token; a token of that name is replaced")
	cmd.Flags().StringVar(&organization, "organization", "Portico", "name of the organization, when it is founded")
	cmd.Flags().DurationVar(&life, "life", 90*24*time.Hour, "how long the token works")
	if err := cmd.MarkFlagRequired("email"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (p *program) issueToken(ctx context.Context, c app.Config, cmd *cobra.Command, founding admins.Founding) error {
	store, ring, err := app.OpenStore(ctx, c, logger(c, cmd.ErrOrStderr()), time.Now)
	if err != nil {
		return err
	}
	defer store.Close()
	accounts := control.New(usecase.Deps{Store: store, Sealer: ring, Now: time.Now}).Accounts
	founded, err := accounts.Bootstrap(ctx, founding)
	token := founded.Token
	if portico.KindOf(err) == portico.KindConflict {
		token, err = accounts.ReissueToken(ctx, founding.Email, founding.TokenName, founding.TokenLifetime)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), token.Reveal())
	return err
}

func (p *program) outbox() *cobra.Command {
	return &cobra.Command{
		Use:   "outbox",
		Short: "Print the mails that were kept for lack of a mail server, as JSON lines",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			if _, err := os.Stat(c.DataDir); err != nil {
				return fmt.Errorf("data_dir: there is no data directory %s; name the one that portico runs with", c.DataDir)
			}
			mails, err := mail.ReadAll(c.Outbox())
			if err != nil {
				return err
			}
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			for _, m := range mails {
				if err := out.Encode(m); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (p *program) version() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			version, revision := "unknown", ""
			if info, ok := debug.ReadBuildInfo(); ok {
				version = info.Main.Version
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						revision = " " + s.Value
					}
				}
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "portico %s%s\n", version, revision)
			return err
		},
	}
}
