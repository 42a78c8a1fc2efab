package migrations

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed *.sql
var files embed.FS

// Step is one step of the schema. Steps only go forward; one that was
// applied anywhere is never edited.
type Step struct {
	Version  int // the number that the file's name begins with; they ascend, some may be missing
	Name     string
	Checksum string
	SQL      string // for both engines; Without leaves out what is for the other one
}

// All lists the steps in order.
func All() []Step {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		panic(err) // the pattern is malformed
	}
	steps := make([]Step, len(names))
	for i, name := range names {
		text, err := files.ReadFile(name)
		if err != nil {
			panic(err) // embedded files can be read
		}
		sum := sha256.Sum256(text)
		base := strings.TrimSuffix(name, ".sql")
		digits, _, _ := strings.Cut(base, "_")
		version, err := strconv.Atoi(digits)
		if err != nil || i > 0 && version <= steps[i-1].Version {
			panic("migration " + base + " has no number, or that of another one")
		}
		steps[i] = Step{Version: version, Name: base, Checksum: hex.EncodeToString(sum[:]), SQL: string(text)}
	}
	return steps
}

// Without leaves out what a migration has for the other engine alone: from
// "-- ENGINE only:" to "-- end".
func Without(engine, migration string) string {
	for {
		before, rest, found := strings.Cut(migration, "-- "+engine+" only:")
		if !found {
			return migration
		}
		_, after, _ := strings.Cut(rest, "-- end\n")
		migration = before + after
	}
}
