package bench_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// settle is how long a program is left alone before its memory is read.
const settle = 3 * time.Second

// BenchmarkStart times the demo from the start of its process until everything
// is set up and answers: in an empty directory, and in one where it ran before.
func BenchmarkStart(b *testing.B) {
	base := portBase(b)
	b.Run("demo first", func(b *testing.B) {
		var took timings
		for b.Loop() {
			p, _, t := startDemo(b, b.TempDir(), base)
			took = append(took, t)
			p.stop()
		}
		took.report(b, "")
	})
	b.Run("demo again", func(b *testing.B) {
		dir := b.TempDir()
		p, _, _ := startDemo(b, dir, base)
		p.stop()
		var took timings
		for b.Loop() {
			p, _, t := startDemo(b, dir, base)
			took = append(took, t)
			p.stop()
		}
		took.report(b, "")
	})
}

// BenchmarkMemory reads how much memory the programs hold when they have
// started and nobody calls.
func BenchmarkMemory(b *testing.B) {
	idle := func(b *testing.B, p *process) {
		time.Sleep(settle) // what is measured is the absence of anything else
		b.ReportMetric(0, "ns/op")
		b.ReportMetric(p.resident(), "MiB")
		p.stop()
	}
	b.Run("demo", func(b *testing.B) {
		base := portBase(b)
		for b.Loop() {
			p, _, _ := startDemo(b, b.TempDir(), base)
			idle(b, p)
		}
	})
	b.Run("serve", func(b *testing.B) {
		for b.Loop() {
			dir := b.TempDir()
			var listen []string
			for _, name := range []string{"gateway", "management", "portal", "health"} {
				listen = append(listen, "--listen-"+name, "127.0.0.1:"+strconv.Itoa(freePort(b)))
			}
			p := run(b, binary, append([]string{"serve", "--log-level", "warn", "--data-dir", filepath.Join(dir, "data")}, listen...)...)
			idle(b, p)
		}
	})
}
