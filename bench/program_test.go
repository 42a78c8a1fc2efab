package bench_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"testing"
	"time"

	"portico/storetest"
)

// binary is the program that is measured, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) int {
	dir, err := os.MkdirTemp("", "portico-bench-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "portico")
	if out, err := exec.Command("go", "build", "-o", binary, "portico/cmd/portico").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return storetest.Main(m)
}

// patience bounds every wait for a process.
const patience = 60 * time.Second

// process is a program that was started to be measured.
type process struct {
	b      testing.TB
	pid    int
	stderr bytes.Buffer // to be read once it has ended
	ended  chan struct{}
	err    error // how it ended
}

// run starts a program, which ends with the benchmark at the latest.
func run(b testing.TB, path string, args ...string) *process {
	b.Helper()
	p := &process{b: b, ended: make(chan struct{})}
	cmd := exec.Command(path, args...)
	cmd.Stderr = &p.stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go func() {
		// The signal comes with the death of the thread that started the program.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			p.err = cmd.Wait()
			close(p.ended)
		}
	}()
	if err := <-started; err != nil {
		b.Fatal(err)
	}
	p.pid = cmd.Process.Pid
	b.Cleanup(p.stop)
	return p
}

// stop ends the process as an operator would, and fails if that does not work.
func (p *process) stop() {
	select {
	case <-p.ended:
		return
	default:
	}
	if err := syscall.Kill(p.pid, syscall.SIGTERM); err != nil {
		p.b.Error(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		syscall.Kill(p.pid, syscall.SIGKILL)
		<-p.ended
		p.b.Errorf("still running %s after SIGTERM", patience)
	}
	if p.err != nil {
		p.b.Errorf("%v\n%s", p.err, &p.stderr)
	}
}

// until polls a condition of the process, often enough to time it.
func (p *process) until(what string, condition func() bool) {
	p.b.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !condition(); <-tick.C {
		select {
		case <-p.ended:
			p.b.Fatalf("ended before it was %s: %v\n%s", what, p.err, &p.stderr)
		default:
		}
		if time.Now().After(deadline) {
			p.b.Fatalf("not %s after %s", what, patience)
		}
	}
}

// manifest is what the benchmarks need of demo.json.
type manifest struct {
	ManagementURL string `json:"management_url"`
	PortalURL     string `json:"portal_url"`
	GatewayURL    string `json:"gateway_url"`
	Issuer        string `json:"issuer"`
	Token         string `json:"token"`
	Developer     struct{ Email, Password string }
}

// startDemo starts the demo in a directory and returns once demo.json tells
// that it is ready, with the time that this took.
func startDemo(b testing.TB, dir string, base int) (*process, manifest, time.Duration) {
	b.Helper()
	file := filepath.Join(dir, "demo.json")
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		b.Fatal(err)
	}
	began := time.Now()
	p := run(b, binary, "demo", "--data", dir, "--port-base", strconv.Itoa(base))
	p.until("ready", func() bool {
		_, err := os.Stat(file)
		return err == nil
	})
	took := time.Since(began)
	data, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	var m manifest
	if err := json.Unmarshal(data, &m); err != nil {
		b.Fatal(err)
	}
	return p, m, took
}

// portBase finds a base for the demo whose ports are all free, in a range that
// the system does not hand out for connections.
func portBase(b testing.TB) int {
	b.Helper()
	for i := range 100 {
		base := 11000 + (os.Getpid()+i)%100*200
		if free(base, base+1, base+2, base+3, base+4, base+100) {
			return base
		}
	}
	b.Fatal("no free ports")
	return 0
}

func free(ports ...int) bool {
	for _, port := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:"+strconv.Itoa(port))
		if err != nil {
			return false
		}
		l.Close()
	}
	return true
}

// freePort finds one port that nothing listens on.
func freePort(b testing.TB) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}
