package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// inventoryOf is what the command needs of the answer to POST …/reconcile.
type inventoryOf struct {
	NotVisible []string `json:"not_visible"`
	Findings   []finding
	Results    []struct {
		FindingID string `json:"finding_id"`
		Status    string
		Detail    string
	}
}

type finding struct {
	ID       string
	Kind     string
	ClientID string `json:"client_id"`
	Name     string
	Fields   []struct {
		Name         string
		Ours, Theirs []string
	}
	Actions []string
	Ignored *struct{ By string }
}

func (p *program) reconcile() *cobra.Command {
	var to remote
	var dryRun bool
	var wanted []string
	does := map[string]*bool{}
	cmd := &cobra.Command{
		Use:   "reconcile",
		Short: "Compare the clients in identity providers with the applications; the exit status is 2 if something differs and stays so",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var actions []string
			for _, action := range []string{"push_back", "remove"} {
				if *does[action] {
					actions = append(actions, action)
				}
			}
			if dryRun && len(actions) > 0 {
				return errors.New("--dry-run changes nothing: leave it out, or the flags that do; nothing was changed")
			}
			return p.eachProvider(cmd, to, wanted, func(provider dcrProvider, call calling) (bool, error) {
				var found inventoryOf
				if err := call("reconcile", map[string]any{"dry_run": true}, &found); err != nil {
					return false, err
				}
				if err := found.report(cmd.OutOrStdout(), provider); err != nil {
					return false, err
				}
				left := found
				for batch := range slices.Chunk(found.wishes(actions), 100) {
					left = inventoryOf{}
					if err := call("reconcile", map[string]any{"actions": batch}, &left); err != nil {
						return false, err
					}
					left.tell(cmd.OutOrStdout())
				}
				return left.open() == 0, nil
			})
		},
	}
	cmd.Flags().StringArrayVar(&wanted, "provider", nil, "name or id of a DCR provider; may be given more than once; default: all")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "change nothing, as without any other flag")
	does["push_back"] = cmd.Flags().Bool("push-back", false, "make clients what their applications say, and register those anew that are missing")
	does["remove"] = cmd.Flags().Bool("remove", false, "remove clients that Portico registered and no application has")
	to.flags(p, cmd)
	return cmd
}

// open counts what nobody has decided to live with.
func (i inventoryOf) open() (n int) {
	for _, f := range i.Findings {
		if f.Ignored == nil {
			n++
		}
	}
	return n
}

// wishes are the actions for what is found, one each.
func (i inventoryOf) wishes(actions []string) (out []map[string]string) {
	for _, f := range i.Findings {
		for _, action := range f.Actions {
			if f.Ignored == nil && slices.Contains(actions, action) {
				out = append(out, map[string]string{"finding_id": f.ID, "action": action})
				break
			}
		}
	}
	return out
}

// report prints the findings as a table.
func (i inventoryOf) report(to io.Writer, provider dcrProvider) error {
	fmt.Fprintf(to, "%s (%s): %d findings\n", provider.Name, provider.Type, i.open())
	if len(i.NotVisible) > 0 {
		fmt.Fprintf(to, "  This provider cannot be asked about: %s.\n", strings.Join(i.NotVisible, ", "))
	}
	table := tabwriter.NewWriter(to, 2, 0, 2, ' ', 0)
	for _, f := range i.Findings {
		var differs []string
		for _, d := range f.Fields {
			differs = append(differs, fmt.Sprintf("%s is %q, not %q", d.Name, d.Theirs, d.Ours))
		}
		if f.Ignored != nil {
			differs = append(differs, "ignored by "+f.Ignored.By)
		}
		fmt.Fprintf(table, "  %s\t%s\t%q\t%s\n", f.Kind, f.ClientID, f.Name, strings.Join(differs, "; "))
	}
	return table.Flush()
}

// tell prints what became of the actions.
func (i inventoryOf) tell(to io.Writer) {
	count := map[string]int{}
	for _, r := range i.Results {
		count[r.Status]++
		if r.Detail != "" {
			fmt.Fprintf(to, "  %s: %s\n", r.Status, r.Detail)
		}
	}
	fmt.Fprintf(to, "  %d done, %d queued, %d failed\n", count["done"], count["queued"], count["failed"])
}
