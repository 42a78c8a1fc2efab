package bench_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// body is what the upstream answers: 1 KiB.
func body() string { return strings.Repeat("0123456789abcdef", 64) }

// startUpstream starts the service behind every gateway that is measured.
func startUpstream(b testing.TB) string {
	b.Helper()
	_, address := startNginx(b, "upstream", 1, `location / { default_type text/plain; return 200 "`+body()+`"; }`)
	return address
}

// startProxy starts nginx as the plainest of gateways: it asks for no
// credentials and keeps its connections.
func startProxy(b testing.TB, upstream string) (*process, string) {
	b.Helper()
	return startNginx(b, "proxy", 2, `location / { proxy_pass http://upstream; proxy_http_version 1.1; proxy_set_header Connection ""; }
		}
		upstream upstream { server `+upstream+`; keepalive 128; keepalive_requests 1000000000; keepalive_timeout 1h;`)
}

// startNginx starts nginx with one server, whose block holds the given
// directives, and returns where it listens.
func startNginx(b testing.TB, name string, workers int, directives string) (*process, string) {
	b.Helper()
	path, err := exec.LookPath("nginx")
	if err != nil {
		b.Skip("nginx is not installed, and there is nothing to compare with: apt-get install nginx-light")
	}
	dir := filepath.Join(b.TempDir(), name)
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	address := "127.0.0.1:" + strconv.Itoa(freePort(b))
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, fmt.Appendf(nil, `
		daemon off; pid nginx.pid; error_log stderr error; worker_processes %d;
		events { worker_connections 1024; }
		http {
			access_log off; keepalive_timeout 1h; keepalive_requests 1000000000;
			client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
			server { listen %s; %s }
		}`, workers, address, directives), 0o600); err != nil {
		b.Fatal(err)
	}
	p := run(b, path, "-e", "stderr", "-p", dir, "-c", file)
	p.until("listening", func() bool {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			conn.Close()
		}
		return err == nil
	})
	return p, address
}
