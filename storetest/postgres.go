//go:build unix

package storetest

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"portico"
)

// shared is this test process's own PostgreSQL. Starting one takes seconds, so
// all tests of the process share it, each with a database of its own.
var shared struct {
	sync.Mutex
	server *server
	err    error
}

// Main runs the tests, stops the PostgreSQL that they have started, if any, and
// returns the exit code. Call it from TestMain.
func Main(m *testing.M) int {
	code := m.Run()
	shared.Lock()
	defer shared.Unlock()
	if shared.server != nil {
		if err := shared.server.stop(); err != nil {
			fmt.Fprintln(os.Stderr, "storetest: stop PostgreSQL:", err)
			code = max(code, 1)
		}
	}
	return code
}

// Postgres returns the DSN of a new, empty PostgreSQL database that goes when
// the test ends. It is on the server that PORTICO_TEST_POSTGRES names, whose
// user must be allowed to create databases, or else on a server that is started
// from the installed programs for this test process.
func Postgres(t testing.TB) string {
	t.Helper()
	admin := os.Getenv("PORTICO_TEST_POSTGRES")
	if admin == "" {
		var err error
		if admin, err = sharedDSN(); err != nil {
			t.Fatal(err)
		}
	}
	dsn, err := url.Parse(admin)
	if err != nil {
		t.Fatal("PORTICO_TEST_POSTGRES is not of the form postgres://USER:PASSWORD@HOST:PORT/DATABASE")
	}
	db, err := sql.Open("pgx", admin)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	name := "portico_test_" + portico.NewRandomID()[:8]
	create := `CREATE DATABASE ` + name + ` ENCODING 'UTF8' TEMPLATE template0`
	var version int
	if err := db.QueryRowContext(t.Context(), "SELECT current_setting('server_version_num')::int").Scan(&version); err != nil {
		t.Fatalf("PostgreSQL does not answer: %v", err)
	}
	if version >= 150000 {
		// An order of text that is nobody's byte order: a store must not depend on it.
		create += ` LOCALE_PROVIDER icu ICU_LOCALE 'en-US'`
	}
	if _, err := db.ExecContext(t.Context(), create); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := db.ExecContext(context.Background(), "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	dsn.Path = "/" + name
	return dsn.String()
}

func sharedDSN() (string, error) {
	shared.Lock()
	defer shared.Unlock()
	if shared.server == nil && shared.err == nil {
		shared.server, shared.err = start()
	}
	if shared.err != nil {
		return "", shared.err
	}
	return shared.server.dsn, nil
}

// server is a PostgreSQL in a temporary directory, reached by a socket there.
type server struct {
	dsn     string
	dir     string
	process *os.Process
	ended   chan struct{} // closed when the process has ended
	output  bytes.Buffer  // to be read after that
}

const (
	dirPrefix    = "portico-postgres-"
	startTimeout = time.Minute
	stopTimeout  = 20 * time.Second
)

func start() (*server, error) {
	removeLeftovers()
	initdb, postgres, err := programs()
	if err != nil {
		return nil, err
	}
	attributes, uid, err := unprivileged()
	if err != nil {
		return nil, err
	}
	s := &server{ended: make(chan struct{})}
	if s.dir, err = os.MkdirTemp("", dirPrefix); err != nil {
		return nil, err
	}
	if err := os.Chown(s.dir, uid, -1); err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	data := filepath.Join(s.dir, "data")
	init := exec.Command(initdb, "--pgdata="+data, "--username=postgres", "--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C")
	init.Dir, init.SysProcAttr = s.dir, attributes
	if output, err := init.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("initdb: %w\n%s", err, output), os.RemoveAll(s.dir))
	}
	command := exec.Command(postgres, "-D", data, "-k", s.dir, "-c", "listen_addresses=", "-c", "fsync=off",
		"-c", "synchronous_commit=off", "-c", "full_page_writes=off", "-c", "max_connections=200")
	command.Dir, command.SysProcAttr = s.dir, attributes
	command.Stdout, command.Stderr = &s.output, &s.output
	started := make(chan error)
	go func() {
		// The signal that comes with the parent's death comes with that of the
		// parent's thread, so this goroutine keeps its thread.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := command.Start()
		started <- err
		if err == nil {
			command.Wait() // how it ended shows in the output
			close(s.ended)
		}
	}()
	if err := <-started; err != nil {
		return nil, errors.Join(err, os.RemoveAll(s.dir))
	}
	s.process = command.Process
	s.dsn = "postgres://postgres@/postgres?host=" + url.QueryEscape(s.dir)
	if err := s.ready(); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	return s, nil
}

// ready waits until the server takes connections.
func (s *server) ready() error {
	db, err := sql.Open("pgx", s.dsn)
	if err != nil {
		return err
	}
	defer db.Close()
	deadline := time.After(startTimeout)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if err = db.Ping(); err == nil {
			return nil
		}
		select {
		case <-s.ended:
			return fmt.Errorf("PostgreSQL ended at once:\n%s", s.output.String())
		case <-deadline:
			return fmt.Errorf("PostgreSQL did not start in %s: %w", startTimeout, err)
		case <-tick.C:
		}
	}
}

// stop shuts the server down without ceremony and removes its directory.
func (s *server) stop() error {
	select {
	case <-s.ended:
	default:
		if err := s.process.Signal(syscall.SIGQUIT); err != nil {
			return err
		}
	}
	select {
	case <-s.ended:
	case <-time.After(stopTimeout):
		s.process.Kill()
		<-s.ended
	}
	return os.RemoveAll(s.dir)
}

// removeLeftovers removes the directories of servers whose test process was
// killed: the server goes with it, the files cannot.
func removeLeftovers() {
	dirs, err := filepath.Glob(filepath.Join(os.TempDir(), dirPrefix+"*"))
	if err != nil {
		return
	}
	for _, dir := range dirs {
		_, running := os.Stat(filepath.Join(dir, "data", "postmaster.pid"))
		info, err := os.Stat(dir)
		if err == nil && errors.Is(running, os.ErrNotExist) && time.Since(info.ModTime()) > startTimeout {
			os.RemoveAll(dir)
		}
	}
}

// programs finds the newest installed PostgreSQL.
func programs() (initdb, postgres string, err error) {
	initdb, missingInit := exec.LookPath("initdb")
	postgres, missingServer := exec.LookPath("postgres")
	if missingInit == nil && missingServer == nil {
		return initdb, postgres, nil
	}
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return major(b) - major(a) })
	for _, dir := range dirs {
		initdb, missingInit = exec.LookPath(filepath.Join(dir, "initdb"))
		postgres, missingServer = exec.LookPath(filepath.Join(dir, "postgres"))
		if missingInit == nil && missingServer == nil {
			return initdb, postgres, nil
		}
	}
	return "", "", fmt.Errorf("PostgreSQL is needed for this test and is not installed (%w). "+
		"Run: apt-get install postgresql, or set PORTICO_TEST_POSTGRES to the address of a server",
		errors.Join(missingInit, missingServer))
}

func major(bin string) int {
	n, err := strconv.Atoi(filepath.Base(filepath.Dir(bin)))
	if err != nil {
		return 0
	}
	return n
}

// unprivileged gives the attributes of a process that ends with this one.
// PostgreSQL refuses to run as root, so root runs it as somebody else.
func unprivileged() (*syscall.SysProcAttr, int, error) {
	if os.Geteuid() != 0 {
		return processAttributes(nil), os.Geteuid(), nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		account, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(account.Uid)
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(account.Gid)
		if err != nil {
			continue
		}
		return processAttributes(&syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}), uid, nil
	}
	return nil, 0, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as. " +
		"Run the tests as another user, or set PORTICO_TEST_POSTGRES to the address of a server")
}
