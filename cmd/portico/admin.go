package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"portico"
	"portico/admins"
	"portico/app"
	"portico/secret"
	"portico/usecase"
)

// admin is the command for an operator whom the console does not let in yet, or
// not any more.
func (p *program) admin() *cobra.Command {
	cmd := &cobra.Command{Use: "admin", Short: "Make the first admin, or let one in who is locked out of the console"}
	cmd.AddCommand(
		p.createAdmin(),
		p.adminCommand("reset-password EMAIL", "Print a new password for an admin, end his sessions, let him in, and switch passwords on",
			func(ctx context.Context, a admins.Admins, email string, out io.Writer) error {
				pass, err := a.Passwords.Issue(ctx, email)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(out, pass.Reveal())
				return err
			}),
		p.adminCommand("disable-2fa EMAIL", "Switch the second factor of an admin off and end his sessions",
			func(ctx context.Context, a admins.Admins, email string, _ io.Writer) error {
				return a.SecondFactors.Reset(ctx, email)
			}),
	)
	return cmd
}

// createAdmin founds the organization with its first admin.
func (p *program) createAdmin() *cobra.Command {
	var f admins.Founding
	cmd := &cobra.Command{
		Use: "create", Short: "Found the organization with its first admin, and print a password for the console, once", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.Password, f.NoToken = secret.Token(""), true
			return p.withAdmins(cmd, func(ctx context.Context, d usecase.Deps) error {
				made, err := admins.Accounts{Deps: d}.Bootstrap(ctx, f)
				if portico.KindOf(err) == portico.KindConflict {
					return errors.New("there is an organization with its first admin already; nothing was changed. Further admins are invited in the console, " +
						"under Settings, Admins; portico admin reset-password lets one in who is locked out")
				}
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s runs %s now. The password, shown this once:\n", made.User.Email, made.Organization.Name); err != nil {
					return err
				}
				_, err = fmt.Fprintln(cmd.OutOrStdout(), f.Password.Reveal())
				return err
			})
		},
	}
	cmd.Flags().StringVar(&f.Email, "email", "", "the admin's e-mail address")
	cmd.Flags().StringVar(&f.FullName, "name", "", "the admin's name; the address if there is none")
	cmd.Flags().StringVar(&f.Organization, "organization", "Portico", "name of the organization")
	if err := cmd.MarkFlagRequired("email"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// adminCommand is a command about the admin with an address.
func (p *program) adminCommand(use, short string, do func(ctx context.Context, a admins.Admins, email string, out io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.withAdmins(cmd, func(ctx context.Context, d usecase.Deps) error {
				return do(ctx, admins.New(d), args[0], cmd.OutOrStdout())
			})
		},
	}
}

// withAdmins works on the database directly, beside a server that may be running.
func (p *program) withAdmins(cmd *cobra.Command, do func(ctx context.Context, d usecase.Deps) error) error {
	c, err := p.config()
	if err != nil {
		return err
	}
	log := logger(c, cmd.ErrOrStderr())
	store, ring, err := app.OpenStore(cmd.Context(), c, log, time.Now)
	if err != nil {
		return err
	}
	ctx := portico.WithEvent(cmd.Context(), portico.Event{
		Action: "portico " + cmd.CommandPath()[len(cmd.Root().Name())+1:], Principal: portico.Principal{Kind: portico.PrincipalPortico, Name: "portico"},
	})
	return errors.Join(do(ctx, usecase.Deps{Store: store, Sealer: ring, Logger: log, Now: time.Now}), store.Close())
}
