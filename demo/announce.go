package demo

import (
	_ "embed"
	"io"
	"path/filepath"
	"text/template"

	"portico/app"
)

//go:embed announce.txt
var announcement string

// announce says where everything is, and prints lines to try in a shell.
func announce(out io.Writer, m Manifest, dir string, p places) error {
	t, err := template.New("announcement").Parse(announcement)
	if err != nil {
		return err
	}
	return t.Execute(out, struct {
		Manifest
		File, Outbox, Health, Sample, Scope string
	}{m, filepath.Join(dir, manifestFile), app.Config{DataDir: dir}.Outbox(), p.health(), p.sample(), scopeName})
}
