package npmtest

import (
	"bufio"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	oldest       = 20              // the major version of Node.js that the programs need at least
	fetchTimeout = 3 * time.Minute // for npm
)

// Program is a running program. It is to end when its standard input does, so
// that nothing is left behind by a test that dies; after a test it is ended.
type Program struct {
	In  io.Writer
	Out *bufio.Scanner // by lines

	stdin  io.Closer
	cmd    *exec.Cmd
	faults *strings.Builder // what it said on standard error, once it ended
	end    func() error
}

// Start runs a program of a directory, which must have nothing but files; the
// test ends it.
func Start(t testing.TB, dir fs.FS, name string, args ...string) *Program {
	t.Helper()
	home, err := install(t.Context(), dir)
	if err != nil {
		lack(t, err)
	}
	p := &Program{cmd: exec.CommandContext(t.Context(), "node", append([]string{filepath.Join(home, name)}, args...)...), faults: new(strings.Builder)}
	p.cmd.Stderr = p.faults
	in, err := p.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		t.Fatalf("starting %s: %v", name, err)
	}
	p.In, p.stdin, p.Out = in, in, bufio.NewScanner(out)
	p.end = sync.OnceValue(func() error {
		in.Close()
		if err := p.cmd.Wait(); err != nil {
			return fmt.Errorf("%s: %w\n%s", name, err, p.faults)
		}
		return nil
	})
	t.Cleanup(func() { _ = p.end() }) // a test that cares how it ended has asked
	return p
}

// End closes the program's input and waits for it; the error says what it
// complained of.
func (p *Program) End() error { return p.end() }

// lack ends a test whose program cannot be had.
func lack(t testing.TB, err error) {
	t.Helper()
	if os.Getenv("PORTICO_REQUIRE_NODE") == "1" || os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	t.Skip(err)
}

// install puts a directory and the packages that its lock names into the cache,
// unless they are there, and says where.
func install(ctx context.Context, dir fs.FS) (string, error) {
	if err := look(ctx); err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	name, err := digest(dir)
	if err != nil {
		return "", err
	}
	home := filepath.Join(cache, "portico", "npm", name)
	if _, err := os.Stat(home); err == nil {
		return home, nil
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return "", err
	}
	fresh, err := os.MkdirTemp(filepath.Dir(home), "new-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(fresh)
	if err := os.CopyFS(fresh, dir); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	npm := exec.CommandContext(ctx, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
	npm.Dir = fresh
	if out, err := npm.CombinedOutput(); err != nil {
		return "", fmt.Errorf("npm could not fetch the packages that the test needs: %w\n%s", err, out)
	}
	// Another process may have been faster; then its directory is as good.
	if err := os.Rename(fresh, home); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", err
	}
	return home, nil
}

// look looks for Node.js and npm.
func look(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "node", "--version").Output()
	if err != nil {
		return fmt.Errorf("the test needs Node.js %d or later (make tools): %w", oldest, err)
	}
	version := strings.TrimPrefix(strings.TrimSpace(string(out)), "v")
	major, _, _ := strings.Cut(version, ".")
	if n, err := strconv.Atoi(major); err != nil || n < oldest {
		return fmt.Errorf("the test needs Node.js %d or later, and there is %s", oldest, version)
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("the test needs npm (make tools): %w", err)
	}
	return nil
}

// digest of the files of a directory.
func digest(dir fs.FS) (string, error) {
	sum := sha256.New()
	err := fs.WalkDir(dir, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%q %d\n%s", path, len(content), content)
		return nil
	})
	return fmt.Sprintf("%x", sum.Sum(nil)), err
}
