package admins_test

import (
	"context"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/admins"
	"portico/idptest"
	"portico/oauth"
	"portico/secret"
	"portico/storetest"
	"portico/usecase/usecasetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

const (
	goodPassword = "correct horse battery"
	consoleURL   = "https://console.acme.example"
)

// house is the use cases on a real store and a real key.
type house struct {
	admins.Accounts
	admins.Admins
	clock *idptest.Clock
	post  *post
}

// founded is a house with its first admin.
func founded(t testing.TB, h *house) admins.Founded {
	t.Helper()
	made, err := h.Bootstrap(t.Context(), founding())
	must(t, err)
	return made
}

// token is what a mail's link lets somebody in with.
func token(t testing.TB, m portico.Message) secret.Text {
	t.Helper()
	u, err := url.Parse(m.Link)
	must(t, err)
	if !strings.HasPrefix(m.Link, consoleURL+"/") || !strings.Contains(m.Text, m.Link) {
		t.Errorf("the mail leads to %s:\n%s", m.Link, m.Text)
	}
	return secret.New(u.Query().Get("token"))
}

// hire invites somebody and accepts.
func (h *house) hire(t testing.TB, email string, teams ...portico.AdminTeamID) portico.User {
	t.Helper()
	mails := h.post.mailed(func() {
		_, err := h.Invites.Create(t.Context(), admins.NewInvite{Email: email, TeamIDs: teams})
		must(t, err)
	})
	user, err := h.Invites.Accept(t.Context(), token(t, mails[0]), "Somebody", secret.New(goodPassword))
	must(t, err)
	return user
}

func newHouse(t testing.TB) *house {
	t.Helper()
	return newHouseOn(t, usecasetest.SQLite(t))
}

// onBoth runs a test on SQLite and on PostgreSQL.
func onBoth(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	usecasetest.OnBoth(t, func(t *testing.T, dsn string) { test(t, newHouseOn(t, dsn)) })
}

func newHouseOn(t testing.TB, dsn string) *house {
	t.Helper()
	h := &house{clock: idptest.NewClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)), post: &post{}}
	d := usecasetest.Deps(t, dsn, h.clock.Now)
	d.Mailer, d.Flusher, d.ConsoleURL = h.post, h.post, consoleURL
	d.Client = oauth.NewHTTPClient(oauth.ClientPolicy{AllowPrivate: true, Timeout: 10 * time.Second})
	h.Accounts, h.Admins = admins.Accounts{Deps: d}, admins.New(d)
	return h
}

// wantCode fails unless an error bears a code.
func wantCode(t testing.TB, err error, code string) {
	t.Helper()
	if e, is := errors.AsType[*portico.Error](err); !is || e.Code != code {
		t.Errorf("the error is not %s but %v", code, err)
	}
}

// post keeps the mails; there are no gateways to bring up to date.
type post struct {
	mu    sync.Mutex
	mails []portico.Message
}

func (p *post) Flush(context.Context) error { return nil }

func (p *post) Send(_ context.Context, m portico.Message) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mails = append(p.mails, m)
	return nil
}

// mailed runs something and returns the mails that it sent.
func (p *post) mailed(run func()) []portico.Message {
	p.mu.Lock()
	from := len(p.mails)
	p.mu.Unlock()
	run()
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.mails[from:])
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantKind(t testing.TB, err error, kind portico.Kind) *portico.Error {
	t.Helper()
	var e *portico.Error
	if !errors.As(err, &e) || e.Kind != kind {
		t.Fatalf("got %v, want an error of kind %v", err, kind)
	}
	return e
}

func wantFault(t testing.TB, err error, field, rule string) {
	t.Helper()
	e := wantKind(t, err, portico.KindInvalid)
	if !slices.ContainsFunc(e.Invalid, func(f portico.InvalidParameter) bool { return f.Field == field && f.Rule == rule }) {
		t.Errorf("got %+v, want %s: %s", e.Invalid, field, rule)
	}
}
