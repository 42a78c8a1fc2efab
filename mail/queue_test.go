package mail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"portico"
	"portico/mail"
)

// slowServer takes a second for every mail and refuses those to nobody.
type slowServer struct{ sent []string }

func (s *slowServer) Send(_ context.Context, m portico.Message) error {
	time.Sleep(time.Second)
	if m.To == "nobody@example.com" {
		return errors.New("no such mailbox")
	}
	s.sent = append(s.sent, m.To)
	return nil
}

func TestQueueLetsNobodyWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		server := new(slowServer)
		q := mail.NewQueue(server, slog.New(slog.NewTextHandler(&log, nil)))
		ctx, end := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { q.Run(ctx); close(done) }()
		began := time.Now()
		for _, to := range []string{"a@example.com", "nobody@example.com", "b@example.com"} {
			if err := q.Send(ctx, portico.Message{To: to, Kind: "reset-password", Link: "https://shop.example.com/?token=t0ken"}); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(began); waited != 0 {
			t.Errorf("sending took %v", waited)
		}
		end() // what waits is sent all the same
		<-done
		if got := strings.Join(server.sent, " "); got != "a@example.com b@example.com" {
			t.Errorf("sent to %s", got)
		}
		if said := log.String(); !strings.Contains(said, "no such mailbox") || strings.Contains(said, "t0ken") {
			t.Errorf("log: %s", said)
		}
	})
}

func TestQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := mail.NewQueue(new(slowServer), slog.New(slog.DiscardHandler))
	var err error
	for range 2000 {
		if err = q.Send(t.Context(), portico.Message{To: "a@example.com"}); err != nil {
			break
		}
	}
	if portico.KindOf(err) != portico.KindUnavailable {
		t.Errorf("the queue takes anything: %v", err)
	}
}
