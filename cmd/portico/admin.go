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
	"portico/usecase"
)

// admin is the command for an operator whom the console does not let in any more.
func (p *program) admin() *cobra.Command {
	cmd := &cobra.Command{Use: "admin", Short: "Let an admin in who is locked out of the console"}
	cmd.AddCommand(
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

// adminCommand is a command about the admin with an address. It works on the
// database directly, beside a server that may be running.
func (p *program) adminCommand(use, short string, do func(ctx context.Context, a admins.Admins, email string, out io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			log := logger(c, cmd.ErrOrStderr())
			store, ring, err := app.OpenStore(cmd.Context(), c, log, time.Now)
			if err != nil {
				return err
			}
			a := admins.New(usecase.Deps{Store: store, Sealer: ring, Logger: log, Now: time.Now})
			ctx := portico.WithEvent(cmd.Context(), portico.Event{
				Action: "portico " + cmd.CommandPath()[len(cmd.Root().Name())+1:], Principal: portico.Principal{Kind: portico.PrincipalPortico, Name: "portico"},
			})
			return errors.Join(do(ctx, a, args[0], cmd.OutOrStdout()), store.Close())
		},
	}
}
