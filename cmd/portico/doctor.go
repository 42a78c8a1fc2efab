package main

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"portico/declare"
)

// faultsFound is the status of a check that found something wrong.
const faultsFound exitStatus = 2

// dcrProvider is what the commands need of one.
type dcrProvider struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Type string `json:"provider_type"`
}

func (p *program) doctor() *cobra.Command {
	var to remote
	cmd := &cobra.Command{
		Use:   "doctor [PROVIDER]…",
		Short: "Examine DCR providers, with a client that is registered for it and removed; the exit status is 2 if something is wrong",
		RunE: func(cmd *cobra.Command, wanted []string) error {
			return p.eachProvider(cmd, to, wanted, func(provider dcrProvider, call calling) (bool, error) {
				var found struct {
					Status string
					Errors []string
				}
				if err := call("verify", nil, &found); err != nil {
					return false, err
				}
				report(cmd.OutOrStdout(), provider, found.Status, found.Errors)
				return found.Status == "success", nil
			})
		},
	}
	to.flags(p, cmd)
	return cmd
}

func report(to io.Writer, provider dcrProvider, status string, said []string) {
	fmt.Fprintf(to, "%s (%s): %s\n", provider.Name, provider.Type, status)
	for _, sentence := range said {
		fmt.Fprintf(to, "  - %s\n", sentence)
	}
}

// calling is a POST to an operation of a provider.
type calling func(operation string, body, out any) error

// eachProvider examines the DCR providers of the names or ids, or all; fine says
// whether nothing is wrong with one. One that cannot be examined keeps none of
// the others from it. Errors are those of examine, or else faultsFound.
func (p *program) eachProvider(cmd *cobra.Command, to remote, wanted []string, examine func(dcrProvider, calling) (fine bool, err error)) error {
	client, err := to.client(p)
	if err != nil {
		return err
	}
	providers, err := dcrProviders(cmd, client, wanted)
	if err != nil {
		return err
	}
	var status error
	var failures []error
	for _, provider := range providers {
		fine, err := examine(provider, func(operation string, body, out any) error {
			return client.Call(cmd.Context(), "POST", "/v2/dcr-providers/"+provider.ID+"/"+operation, body, out)
		})
		if err != nil {
			failures = append(failures, fmt.Errorf("%s: %w", provider.Name, err))
		} else if !fine {
			status = faultsFound
		}
	}
	if len(failures) > 0 {
		return errors.Join(failures...)
	}
	return status
}

// dcrProviders lists those of the names or ids, or all.
func dcrProviders(cmd *cobra.Command, client *declare.Client, wanted []string) (out []dcrProvider, err error) {
	missing := slices.Clone(wanted)
	for number := 1; ; number++ {
		var page struct {
			Data []dcrProvider
			Meta struct{ Page struct{ Total int } }
		}
		path := fmt.Sprintf("/v2/dcr-providers?page%%5Bsize%%5D=100&page%%5Bnumber%%5D=%d", number)
		if err := client.Call(cmd.Context(), "GET", path, nil, &page); err != nil {
			return nil, err
		}
		for _, provider := range page.Data {
			named := func(s string) bool { return s == provider.ID || s == provider.Name }
			if len(wanted) == 0 || slices.ContainsFunc(wanted, named) {
				out, missing = append(out, provider), slices.DeleteFunc(missing, named)
			}
		}
		if len(page.Data) == 0 || number*100 >= page.Meta.Page.Total {
			break
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("there is no DCR provider with the name or id %q; nothing was examined", missing[0])
	}
	return out, nil
}
