package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"portico"
	"portico/app"
	"portico/audit"
	"portico/usecase"
)

// audit is the command around the audit log.
func (p *program) audit() *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "Verify, export and check the audit log"}
	var known string
	verify := p.auditCommand("verify", "Check that no entry was changed, removed, added or moved", func(ctx context.Context, e audit.Entries, out io.Writer) error {
		return verifyAudit(ctx, e, known, out)
	})
	verify.Flags().StringVar(&known, "known", "", "signature that an earlier verification printed: it must still be in the log")
	cmd.AddCommand(verify,
		p.auditCommand("key", "Print the public key that the log is signed with, as a JSON Web Key", func(ctx context.Context, e audit.Entries, out io.Writer) error {
			key, err := e.Key(ctx)
			if err != nil {
				return err
			}
			return json.NewEncoder(out).Encode(key)
		}),
		p.auditCommand("export", "Print the log, oldest first, as JSON lines", func(ctx context.Context, e audit.Entries, out io.Writer) error {
			return e.Export(ctx, out, nil)
		}),
	)
	return cmd
}

// auditCommand is a command that works on the database directly, beside a
// server that may be running.
func (p *program) auditCommand(use, short string, do func(context.Context, audit.Entries, io.Writer) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			store, ring, err := app.OpenStore(cmd.Context(), c, logger(c, cmd.ErrOrStderr()), time.Now)
			if err != nil {
				return err
			}
			entries := audit.Entries{Deps: usecase.Deps{Store: store, Sealer: ring, Now: time.Now}}
			return errors.Join(do(cmd.Context(), entries, cmd.OutOrStdout()), store.Close())
		},
	}
}

func verifyAudit(ctx context.Context, e audit.Entries, known string, out io.Writer) error {
	report, err := e.Verify(ctx, known)
	switch _, ours := errors.AsType[*portico.Error](err); {
	case ours:
		return err
	case err != nil:
		return fmt.Errorf("the audit log does not hold after %d good entries: %w", report.Entries, err)
	case !report.Found:
		return fmt.Errorf("the audit log lacks the entry with the signature %s: its end was cut off, the database was put back to an earlier state, or the entry was trimmed", known)
	}
	if report.Trimmed > 0 {
		if _, err := fmt.Fprintf(out, "trimmed up to entry %d\n", report.Trimmed); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(out, "%d entries are good, the newest is %d\nlast signature: %s\n", report.Entries, report.Last, report.Signature)
	return err
}
