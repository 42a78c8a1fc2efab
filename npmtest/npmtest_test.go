package npmtest_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"portico/npmtest"
)

func program(text string) fs.FS {
	return fstest.MapFS{
		"package.json":      {Data: []byte(`{"private":true,"type":"module"}`)},
		"package-lock.json": {Data: []byte(`{"lockfileVersion":3,"packages":{"":{}}}`)},
		"program.mjs":       {Data: []byte(text)},
	}
}

func TestPrograms(t *testing.T) {
	t.Parallel()
	p := npmtest.Start(t, program(`
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) console.log(process.argv[2], line);
`), "program.mjs", "heard")
	fmt.Fprintln(p.In, "this")
	if !p.Out.Scan() || p.Out.Text() != "heard this" {
		t.Errorf("the program says %q", p.Out.Text())
	}
	if err := p.End(); err != nil {
		t.Error(err)
	}
	p = npmtest.Start(t, program(`throw new Error('out of coffee');`), "program.mjs")
	if err := p.End(); err == nil || !strings.Contains(err.Error(), "out of coffee") {
		t.Errorf("a program that fails ends with %v", err)
	}
}

// TestLocks: every package is held to a digest, and to no registry.
func TestLocks(t *testing.T) {
	t.Parallel()
	found := 0
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.Name() != "package-lock.json" {
			return err
		}
		found++
		text, err := fs.ReadFile(os.DirFS(".."), path)
		if err != nil {
			return err
		}
		var lock struct {
			Packages map[string]struct{ Version, Integrity, Resolved string }
		}
		if err := json.Unmarshal(text, &lock); err != nil {
			return err
		}
		for name, p := range lock.Packages {
			if name != "" && (p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-") || p.Resolved != "") {
				t.Errorf("%s: %s is %+v", path, name, p)
			}
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Errorf("looked at %d locks: %v", found, err)
	}
}
