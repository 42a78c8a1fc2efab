package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"portico"
	"portico/app"
	"portico/rekey"
	"portico/sqlstore"
	"portico/usecase"
)

// underway is longer than a change takes that another process has begun.
const underway = 5 * time.Second

// rekey brings a new key into use, beside a server that may be running.
func (p *program) rekey() *cobra.Command {
	return &cobra.Command{
		Use: "rekey", Short: "Seal everything anew with a new key, and retire the old one; running servers follow", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			log := logger(c, cmd.ErrOrStderr())
			store, ring, err := app.OpenStore(cmd.Context(), c, log, time.Now)
			if err != nil {
				return err
			}
			defer store.Close()
			ctx := portico.WithEvent(cmd.Context(), portico.Event{Action: "portico rekey", Principal: portico.Principal{Kind: portico.PrincipalPortico, Name: "portico"}})
			job := rekey.Job{Deps: usecase.Deps{Store: store, Sealer: ring, Logger: log, Now: time.Now, Checkpoint: func(string) {}}, Ring: ring, Settle: underway}
			done, err := job.Run(ctx)
			if err != nil {
				return err
			}
			if done.Resumed {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), "An earlier run had been interrupted; this one ended it."); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d values are sealed anew, with the key %s. Back up the key file now: older copies open only older backups of the database.\n", done.Resealed, done.Key)
			return err
		},
	}
}

// backup copies what has to be kept, beside a server that may be running.
func (p *program) backup() *cobra.Command {
	var withKey bool
	cmd := &cobra.Command{
		Use: "backup DIRECTORY", Short: "Copy the SQLite database, as it is at one moment, into a new directory", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.config()
			if err != nil {
				return err
			}
			made, err := backup(cmd.Context(), c, args[0], withKey)
			for _, file := range made {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), file); err != nil {
					return err
				}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&withKey, "with-key", false, "copy the key file, too: whoever has both can read every secret")
	return cmd
}

// backup returns the files that it has made. The directory must not be there yet.
func backup(ctx context.Context, c app.Config, dir string, withKey bool) (made []string, err error) {
	var key []byte
	if withKey {
		if !c.Key.Empty() {
			return nil, errors.New("the key came in the environment, so there is no file of it to copy; nothing was copied")
		}
		if key, err = os.ReadFile(c.KeyFile); err != nil {
			return nil, fmt.Errorf("the key file cannot be read; nothing was copied: %w", err)
		}
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return nil, fmt.Errorf("name a directory that is not there yet; nothing was copied: %w", err)
	}
	database := filepath.Join(dir, "portico.db")
	if err := sqlstore.Backup(ctx, sqlstore.Config{DSN: c.Database.Reveal(), Now: time.Now}, database); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir)) // made a moment ago
	}
	if !withKey {
		return []string{database}, nil
	}
	file := filepath.Join(dir, "portico.key")
	if err := os.WriteFile(file, key, 0o600); err != nil {
		return []string{database}, fmt.Errorf("the key file is not copied, the database is: %w", err)
	}
	return []string{database, file}, nil
}
