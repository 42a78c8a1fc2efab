package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		status, silent := statusOf(err)
		if !silent {
			fmt.Fprintln(os.Stderr, "portico:", err)
		}
		os.Exit(status)
	}
}

// run is the program without its process: tests call it.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) error {
	cmd := root(env)
	cmd.SetArgs(args)
	cmd.SetOut(stdout)
	cmd.SetErr(stderr)
	return cmd.ExecuteContext(ctx)
}
