package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"portico/declare"
	"portico/secret"
)

// exitStatus ends the program with a status of its own and no message.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// changesPending is the status of a dry run that would change something.
const changesPending exitStatus = 2

// remote is the management API that a command speaks to.
type remote struct {
	server    string
	tokenFile string
	insecure  bool
}

func (r *remote) flags(p *program, cmd *cobra.Command) {
	cmd.Flags().StringVar(&r.server, "server", cmp.Or(p.env("PORTICO_SERVER"), "http://127.0.0.1:8001"), "address of the management API [PORTICO_SERVER]")
	cmd.Flags().StringVar(&r.tokenFile, "token-file", "", "file with the access token, instead of the environment variable PORTICO_TOKEN")
	cmd.Flags().BoolVar(&r.insecure, "insecure-http", false, "allow http to other machines: the token goes there as it is")
}

func (r *remote) client(p *program) (*declare.Client, error) {
	token := secret.New(p.env("PORTICO_TOKEN"))
	if r.tokenFile != "" {
		content, err := os.ReadFile(r.tokenFile)
		if err != nil {
			return nil, fmt.Errorf("the access token cannot be read: %w", err)
		}
		token = secret.New(strings.TrimSpace(string(content)))
	}
	return declare.NewClient(r.server, token, r.insecure)
}

func (p *program) apply() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Make a Portico what files declare (docs/declarative.md)",
	}
	dryRun := cmd.Flags().Bool("dry-run", false, "print the plan and change nothing; the exit status is 2 if there is something to change")
	return p.declaring(cmd, func() bool { return *dryRun })
}

func (p *program) diff() *cobra.Command {
	return p.declaring(&cobra.Command{
		Use:   "diff",
		Short: "Print what apply would change; the exit status is 2 if there is something",
	}, func() bool { return true })
}

// declaring makes a command out of one that plans what files declare.
func (p *program) declaring(cmd *cobra.Command, dryRun func() bool) *cobra.Command {
	var to remote
	var files []string
	options := declare.Options{Env: p.env, ReadFile: os.ReadFile}
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		declared, err := declare.Load(files...)
		if err != nil {
			return err
		}
		client, err := to.client(p)
		if err != nil {
			return err
		}
		plan, err := declare.NewPlan(cmd.Context(), client, declared, options)
		if err != nil {
			return err
		}
		fmt.Fprint(cmd.OutOrStdout(), plan)
		switch {
		case !dryRun():
			return plan.Apply(cmd.Context(), cmd.OutOrStdout())
		case !plan.Empty():
			return changesPending
		}
		return nil
	}
	cmd.Flags().StringArrayVarP(&files, "file", "f", nil, "file or directory with declarations; may be given more than once")
	cmd.Flags().BoolVar(&options.Prune, "prune", false, "delete what the set manages and does not declare any more")
	cmd.Flags().BoolVar(&options.RefreshSecrets, "refresh-secrets", false, "send all secrets again, not only those of what changes")
	to.flags(p, cmd)
	if err := cmd.MarkFlagRequired("file"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

func (p *program) export() *cobra.Command {
	var to remote
	var dir, set string
	cmd := &cobra.Command{
		Use:   "export [KIND|KIND/NAME]…",
		Short: "Write what a Portico is into files that apply reads",
		RunE: func(cmd *cobra.Command, what []string) error {
			client, err := to.client(p)
			if err != nil {
				return err
			}
			found, err := declare.NewExport(cmd.Context(), client, what, set)
			if err != nil {
				return err
			}
			for _, warning := range found.Warnings {
				fmt.Fprintln(cmd.ErrOrStderr(), "warning:", warning)
			}
			if err := found.Write(dir); err != nil {
				return fmt.Errorf("the export is not complete: %w", err)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d files written to %s.\n", len(found.Files), dir)
			for _, name := range found.Secrets {
				fmt.Fprintf(cmd.OutOrStdout(), "Secrets cannot be read back: set %s before applying.\n", name)
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&dir, "out", "", "directory to write to; files of the same names are replaced")
	cmd.Flags().StringVar(&set, "set", "", "name of the set; default: that of the set that manages everything, or main")
	to.flags(p, cmd)
	if err := cmd.MarkFlagRequired("out"); err != nil {
		panic(err) // the flag is defined above
	}
	return cmd
}

// statusOf is what the process ends with, and whether there is something to say.
func statusOf(err error) (status int, silent bool) {
	if own, is := errors.AsType[exitStatus](err); is {
		return int(own), true
	}
	return 1, false
}
