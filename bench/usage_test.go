package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// clockTick is the unit of CPU times in /proc, which is the same on every
// Linux that Go runs on (USER_HZ).
const clockTick = 10 * time.Millisecond

// stat is what /proc tells of a process.
type stat struct {
	pid, parent int
	cpu         time.Duration // user and system
}

// parseStat reads /proc/PID/stat (proc_pid_stat(5)). The name in it may hold
// anything, parentheses too.
func parseStat(text []byte) (stat, error) {
	begin, end := bytes.IndexByte(text, '('), bytes.LastIndexByte(text, ')')
	if begin < 0 || end < begin {
		return stat{}, fmt.Errorf("no name in %q", text)
	}
	fields := strings.Fields(string(text[end+1:]))
	if len(fields) < 13 {
		return stat{}, fmt.Errorf("only %d fields after the name in %q", len(fields), text)
	}
	var numbers [4]int
	for i, field := range []string{strings.TrimSpace(string(text[:begin])), fields[1], fields[11], fields[12]} {
		n, err := strconv.Atoi(field)
		if err != nil {
			return stat{}, fmt.Errorf("%q: %w", text, err)
		}
		numbers[i] = n
	}
	return stat{numbers[0], numbers[1], time.Duration(numbers[2]+numbers[3]) * clockTick}, nil
}

// cpu is the CPU time that a process and its descendants have used so far.
func (p *process) cpu() time.Duration {
	p.b.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		p.b.Fatal(err)
	}
	children := map[int][]stat{}
	var total time.Duration
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended meanwhile
		}
		s, err := parseStat(text)
		if err != nil {
			p.b.Fatal(err)
		}
		children[s.parent] = append(children[s.parent], s)
		if s.pid == p.pid {
			total = s.cpu
		}
	}
	for queue := children[p.pid]; len(queue) > 0; queue = queue[1:] {
		total += queue[0].cpu
		queue = append(queue, children[queue[0].pid]...)
	}
	return total
}

// resident is the memory of the process that is in RAM, in MiB.
func (p *process) resident() float64 {
	p.b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.pid))
	if err != nil {
		p.b.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if amount, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(amount), "kB")))
			if err != nil {
				p.b.Fatal(err)
			}
			return float64(kib) / 1024
		}
	}
	p.b.Fatalf("no VmRSS in %s", text)
	return 0
}

func TestParseStat(t *testing.T) {
	t.Parallel()
	got, err := parseStat([]byte("17 (a) b (c) S 4 17 17 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 1 0 100 1000 10\n"))
	if want := (stat{pid: 17, parent: 4, cpu: 2 * time.Second}); err != nil || got != want {
		t.Errorf("%+v %v, want %+v", got, err, want)
	}
	for _, text := range []string{"", "17 a S 4", "17 (a) S 4", "x (a) S 4 17 17 0 -1 4194560 1 2 3 4 150 50"} {
		if got, err := parseStat([]byte(text)); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

// TestCPUCountsDescendants burns time in a child of a child.
func TestCPUCountsDescendants(t *testing.T) {
	t.Parallel()
	p := run(t, "bash", "-c", `trap 'kill $!; exit 0' TERM; bash -c 'while :; do :; done' & wait`)
	p.until("busy", func() bool { return p.cpu() >= 5*clockTick })
}
