package mail_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"portico"
	"portico/mail"
)

var (
	_ portico.Mailer = (*mail.Outbox)(nil)
	_ portico.Mailer = (*mail.SMTP)(nil)
)

func message() portico.Message {
	return portico.Message{
		Kind: "confirm-email-address", To: "zoë@example.com", Subject: "Confirm your e-mail address, Zoë",
		Text: "Hello Zoë,\nplease confirm.", Link: "https://portal.localhost/verify?token=abc&x=<y>",
	}
}

func TestTheOutboxKeepsMailsInOrder(t *testing.T) {
	t.Parallel()
	box := mail.NewOutbox(filepath.Join(t.TempDir(), "outbox.jsonl"))
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	box.Now = func() time.Time { now = now.Add(time.Second); return now }
	if entries, err := mail.ReadAll(box.Path); err != nil || len(entries) != 0 {
		t.Errorf("before the first mail: %v, %v", entries, err)
	}
	first, second := message(), message()
	second.Subject, second.Link = "Another", ""
	for _, m := range []portico.Message{first, second} {
		if err := box.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := mail.ReadAll(box.Path)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%+v, %v", entries, err)
	}
	e := entries[0]
	if e.Kind != first.Kind || e.To != first.To || e.Subject != first.Subject || e.Text != first.Text || e.Link != first.Link ||
		!e.Time.Equal(now.Add(-time.Second)) || !portico.IsID(e.ID) || e.ID == entries[1].ID {
		t.Errorf("%+v", e)
	}
	if entries[1].Subject != "Another" || entries[1].Link != "" {
		t.Errorf("%+v", entries[1])
	}
	if info, err := os.Stat(box.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestALineCutShortCostsOnlyItself(t *testing.T) {
	t.Parallel()
	box := mail.NewOutbox(filepath.Join(t.TempDir(), "outbox.jsonl"))
	if err := box.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(box.Path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(box.Path, append(whole, whole[:len(whole)/2]...), 0o600); err != nil {
		t.Fatal(err)
	}
	if entries, err := mail.ReadAll(box.Path); err != nil || len(entries) != 1 {
		t.Errorf("after the crash: %v, %v", entries, err)
	}
	last := message()
	last.Subject = "After the crash"
	if err := box.Send(t.Context(), last); err != nil {
		t.Fatal(err)
	}
	if entries, err := mail.ReadAll(box.Path); err != nil || len(entries) != 2 || entries[1].Subject != last.Subject {
		t.Errorf("after the next mail: %v, %v", entries, err)
	}
}

func TestMailsSentTogetherAreAllKept(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	boxes := []*mail.Outbox{mail.NewOutbox(path), mail.NewOutbox(path)} // as two processes would
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			m := message()
			m.Subject = fmt.Sprint(i)
			if err := boxes[i%2].Send(t.Context(), m); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	seen := make(map[string]bool)
	entries, err := mail.ReadAll(path)
	for _, e := range entries {
		seen[e.Subject] = true
	}
	if err != nil || len(entries) != 20 || len(seen) != 20 {
		t.Errorf("%d mails, %d subjects, %v", len(entries), len(seen), err)
	}
}

func TestAnUnusableOutboxRefusesWithoutSecrets(t *testing.T) {
	t.Parallel()
	open := filepath.Join(t.TempDir(), "outbox.jsonl")
	if err := os.WriteFile(open, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{open: "chmod 600", filepath.Join(t.TempDir(), "missing", "outbox"): "no such file"} {
		err := mail.NewOutbox(path).Send(t.Context(), message())
		if portico.KindOf(err) != portico.KindUnavailable || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "token=abc") {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := mail.ReadAll(t.TempDir()); err == nil {
		t.Error("a directory is read as an outbox")
	}
}
