package demo

import (
	_ "embed"
	"io"
	"text/template"
)

//go:embed announce.txt
var announcement string

// announce says where everything is, and prints lines to try in a shell.
func announce(out io.Writer, m Manifest, file string, p places) error {
	t, err := template.New("announcement").Parse(announcement)
	if err != nil {
		return err
	}
	return t.Execute(out, struct {
		Manifest
		File, Health, Sample, Scope string
	}{m, file, p.health(), p.sample(), scopeName})
}
