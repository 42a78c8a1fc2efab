package mail_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/mail"
	"portico/secret"
)

// server is a mail server on the loopback that knows as much SMTP as it takes.
type server struct {
	listener net.Listener
	tls      *tls.Config // nil: STARTTLS is not offered
	implicit bool
	user     string // "name\x00password": required
	refuse   string // a recipient it does not take
	silent   bool   // says nothing at all
	mails    chan string
}

// start runs the server and returns how to send through it.
func (s *server) start(t *testing.T) mail.Server {
	t.Helper()
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.listener.Close() })
	s.mails = make(chan string, 1)
	go func() {
		for {
			conn, err := s.listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return mail.Server{
		Host: "127.0.0.1", Port: s.listener.Addr().(*net.TCPAddr).Port, From: "Portal <portal@example.com>", Timeout: 10 * time.Second,
	}
}

func (s *server) serve(conn net.Conn) {
	defer func() { conn.Close() }()
	if s.silent {
		io.Copy(io.Discard, conn)
		return
	}
	encrypted := s.implicit
	if s.implicit {
		conn = tls.Server(conn, s.tls)
	}
	in, authenticated, recipient := bufio.NewReader(conn), s.user == "", ""
	say := func(line string) { fmt.Fprintf(conn, "%s\r\n", line) }
	say("220 test ESMTP")
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(strings.TrimSpace(line)); {
		case strings.HasPrefix(verb, "EHLO"):
			say("250-test")
			if s.tls != nil && !encrypted {
				say("250-STARTTLS")
			}
			say("250-AUTH PLAIN")
			say("250 8BITMIME")
		case verb == "STARTTLS":
			say("220 go on")
			conn, encrypted = tls.Server(conn, s.tls), true
			in = bufio.NewReader(conn)
		case strings.HasPrefix(verb, "AUTH PLAIN"):
			given, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line)[len("AUTH PLAIN "):])
			if authenticated = string(given) == "\x00"+s.user && encrypted; authenticated {
				say("235 welcome")
			} else {
				say("535 who are you")
			}
		case !authenticated && strings.HasPrefix(verb, "MAIL"):
			say("530 authenticate first")
		case strings.HasPrefix(verb, "RCPT"):
			if recipient = strings.TrimSpace(line); s.refuse != "" && strings.Contains(recipient, s.refuse) {
				say("550 no such person")
				continue
			}
			say("250 yes")
		case verb == "DATA":
			say("354 go on")
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mails <- text.String()
			say("250 taken")
		case verb == "QUIT":
			say("221 bye")
			return
		default:
			say("250 yes")
		}
	}
}

// certificate returns the server's and the client's side of a TLS configuration.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

func send(ctx context.Context, t *testing.T, to mail.Server, m portico.Message) error {
	t.Helper()
	s, err := mail.NewSMTP(to)
	if err != nil {
		t.Fatal(err)
	}
	return s.Send(ctx, m)
}

func TestSMTPDelivers(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	for name, tt := range map[string]struct {
		server     server
		encryption mail.Encryption
	}{
		"starttls": {server{tls: serverTLS, user: "portal\x00s3cret"}, ""},
		"implicit": {server{tls: serverTLS, user: "portal\x00s3cret", implicit: true}, mail.Implicit},
		"plain":    {server{}, mail.None},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := tt.server.start(t)
			to.Encryption, to.TLS = tt.encryption, clientTLS
			if tt.server.user != "" {
				to.Username, to.Password = "portal", secret.New("s3cret")
			}
			m := message()
			m.To = "zoe@example.com"
			m.Subject = "Confirm, Zoë\r\nBcc: everyone@example.com"
			if err := send(t.Context(), t, to, m); err != nil {
				t.Fatal(err)
			}
			got, err := netmail.ReadMessage(strings.NewReader(<-tt.server.mails))
			if err != nil {
				t.Fatal(err)
			}
			subject, err := new(mime.WordDecoder).DecodeHeader(got.Header.Get("Subject"))
			if err != nil || subject != "Confirm, Zoë  Bcc: everyone@example.com" || got.Header.Get("Bcc") != "" {
				t.Errorf("subject %q, header %v, %v", subject, got.Header, err)
			}
			if got.Header.Get("To") != "<zoe@example.com>" || got.Header.Get("From") != `"Portal" <portal@example.com>` ||
				got.Header.Get("Date") == "" || got.Header.Get("Message-Id") == "" || got.Header.Get("Auto-Submitted") != "auto-generated" {
				t.Errorf("header %v", got.Header)
			}
			body, err := io.ReadAll(quotedprintable.NewReader(got.Body))
			if err != nil || !strings.Contains(string(body), "Hello Zoë") || strings.Count(string(body), m.Link) != 1 {
				t.Errorf("body %q, %v", body, err)
			}
		})
	}
}

// TestAMailHasTextAndHTML holds that programs can choose (RFC 2046 §5.1.4): the
// text first, the HTML last.
func TestAMailHasTextAndHTML(t *testing.T) {
	t.Parallel()
	var s server
	to := s.start(t)
	to.Encryption = mail.None
	m := message()
	m.To, m.HTML = "zoe@example.com", "<p>Hello Zoë</p>"
	if err := send(t.Context(), t, to, m); err != nil {
		t.Fatal(err)
	}
	got, err := netmail.ReadMessage(strings.NewReader(<-s.mails))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("%s, %v", kind, err)
	}
	parts := multipart.NewReader(got.Body, params["boundary"])
	for _, want := range []struct{ kind, text string }{{"text/plain", "Hello Zoë,"}, {"text/html", m.HTML}} {
		part, err := parts.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(part)
		if err != nil || !strings.HasPrefix(part.Header.Get("Content-Type"), want.kind) || !strings.Contains(string(body), want.text) {
			t.Errorf("%s: %q, %v", part.Header.Get("Content-Type"), body, err)
		}
	}
}

func TestSMTPFailuresSayNothingSecret(t *testing.T) {
	t.Parallel()
	serverTLS, clientTLS := certificate(t)
	for name, tt := range map[string]struct {
		server server
		trust  *tls.Config
		to     string
		kind   portico.Kind
	}{
		"no STARTTLS offered": {server{}, clientTLS, "ann@example.com", portico.KindUnavailable},
		"unknown authority":   {server{tls: serverTLS}, nil, "ann@example.com", portico.KindUnavailable},
		"wrong password":      {server{tls: serverTLS, user: "portal\x00other"}, clientTLS, "ann@example.com", portico.KindUnavailable},
		"recipient refused":   {server{tls: serverTLS, user: "portal\x00s3cret", refuse: "ann@"}, clientTLS, "ann@example.com", portico.KindUnavailable},
		"no address":          {server{tls: serverTLS}, clientTLS, "ann@example.com\r\nRCPT TO:<bob@example.com>", portico.KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			to := tt.server.start(t)
			to.TLS, to.Username, to.Password = tt.trust, "portal", secret.New("s3cret")
			m := message()
			m.To = tt.to
			err := send(t.Context(), t, to, m)
			if portico.KindOf(err) != tt.kind || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "token=abc") {
				t.Errorf("%v", err)
			}
			if len(tt.server.mails) != 0 {
				t.Error("delivered all the same")
			}
		})
	}
}

func TestASilentMailServerIsGivenUp(t *testing.T) {
	t.Parallel()
	silent := server{silent: true}
	to := silent.start(t)
	to.Encryption, to.Timeout = mail.None, 50*time.Millisecond
	start := time.Now()
	if err := send(t.Context(), t, to, message()); portico.KindOf(err) != portico.KindUnavailable || time.Since(start) > 5*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
	to.Timeout = time.Minute
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := send(ctx, t, to, message()); portico.KindOf(err) != portico.KindUnavailable || time.Since(start) > 10*time.Second {
		t.Errorf("cancelled after %s: %v", time.Since(start), err)
	}
}

func TestUnusableServersAreNamed(t *testing.T) {
	t.Parallel()
	for want, s := range map[string]mail.Server{
		"sender [nobody]":         {Host: "a.example", From: "nobody"},
		"encryption [rot13]":      {Host: "a.example", From: "a@a.example", Encryption: "rot13"},
		"cannot be given a passw": {Host: "a.example", From: "a@a.example", Encryption: mail.None, Username: "u", Password: secret.New("s3cret")},
		"use the mail server []":  {From: "a@a.example"},
		"use the mail server [b]": {Host: "b", Port: 70000, From: "a@a.example"},
	} {
		if _, err := mail.NewSMTP(s); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%v; want %s", err, want)
		}
	}
}
