package mail

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	netmail "net/mail"
	"os"
	"sync"
	"time"

	"portico"
)

// Outbox keeps mails in a file, one JSON object a line, for its owner alone.
// It implements portico.Mailer and is safe for concurrent use.
type Outbox struct {
	Path string
	Now  func() time.Time
	mu   sync.Mutex
}

// Entry is one kept mail: a line of the outbox.
type Entry struct {
	ID      string    `json:"id"`
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"`
	From    string    `json:"from,omitempty"` // if it is not the mail server's own sender
	ReplyTo string    `json:"reply_to,omitempty"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	HTML    string    `json:"html,omitempty"`
	Link    string    `json:"link,omitempty"`
}

// NewOutbox returns the outbox kept at path; the file is made by the first mail.
func NewOutbox(path string) *Outbox { return &Outbox{Path: path, Now: time.Now} }

// Send implements portico.Mailer: it appends a line.
func (o *Outbox) Send(_ context.Context, m portico.Message) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	now := o.Now().UTC()
	line, err := json.Marshal(Entry{
		ID: portico.NewID(now), Time: now, Kind: m.Kind, From: from(m), ReplyTo: m.ReplyTo, To: m.To, Subject: m.Subject, Text: m.Text, HTML: m.HTML, Link: m.Link,
	})
	if err != nil {
		return fmt.Errorf("encode a mail: %w", err)
	}
	if err := o.add(append(line, '\n')); err != nil {
		return &portico.Error{Kind: portico.KindUnavailable, Detail: "The mail could not be put into the outbox. Try again later.", Err: err}
	}
	return nil
}

// add appends a line in one write, after ending one that a crash has cut short.
func (o *Outbox) add(line []byte) error {
	f, err := os.OpenFile(o.Path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open the outbox: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("examine the outbox: %w", err)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return fmt.Errorf("the outbox %s can be read or written by others (mode %04o); run: chmod 600 %s", o.Path, perm, o.Path)
	}
	if size := info.Size(); size > 0 {
		last := make([]byte, 1)
		if _, err := f.ReadAt(last, size-1); err != nil {
			return fmt.Errorf("read the outbox: %w", err)
		}
		if last[0] != '\n' {
			line = append([]byte{'\n'}, line...)
		}
	}
	if _, err := f.Write(line); err != nil {
		return fmt.Errorf("write the outbox: %w", err)
	}
	return nil
}

// ReadAll returns the mails kept at path, oldest first; none when there is no
// outbox yet. A line that a crash has cut short is left out.
func ReadAll(path string) ([]Entry, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("open the outbox: %w", err)
	}
	defer f.Close()
	var entries []Entry
	for lines := bufio.NewReader(f); ; {
		line, err := lines.ReadBytes('\n')
		var entry Entry
		if json.Unmarshal(bytes.TrimSpace(line), &entry) == nil {
			entries = append(entries, entry)
		}
		if errors.Is(err, io.EOF) {
			return entries, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the outbox: %w", err)
		}
	}
}

// from is a sender of a mail's own.
func from(m portico.Message) string {
	if m.FromEmail == "" {
		return m.FromName
	}
	return (&netmail.Address{Name: m.FromName, Address: m.FromEmail}).String()
}
