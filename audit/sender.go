package audit

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/errgroup"

	"portico"
	"portico/ledger"
	"portico/usecase"
)

// Sender delivers entries to webhooks, and works off replay jobs. It reads the
// log by position and notes how far it came after each delivery: nothing is
// lost when the program ends or a receiver is away, and something may arrive
// twice. Each webhook waits for its own receiver alone.
type Sender struct {
	usecase.Deps
	Unverified *http.Client // as Deps.Client, for destinations whose certificate is not to be verified
}

// How the sender works.
const (
	pollEvery     = 2 * time.Second
	perDelivery   = 100             // entries in one request
	shortestPause = 2 * time.Second // after a failure; doubled with each
	longestPause  = 15 * time.Minute
	atOnce        = 8 // deliveries that run side by side
	replayTries   = 8 // failures in a row after which a replay job has failed
	maxAnswer     = 200
)

// Run delivers until ctx ends, and lets the deliveries under way come to their
// end.
func (s Sender) Run(ctx context.Context) {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		if err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.Logger.ErrorContext(ctx, "the audit log was not delivered; trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Deliver sends what is due, to every webhook as much as it takes. A receiver
// that refuses is no error here: its webhook remembers it.
func (s Sender) Deliver(ctx context.Context) error {
	due := portico.Filter{Field: "due_at", Op: portico.OpLessEqual, Values: []string{s.Now().UTC().Format(time.RFC3339Nano)}}
	var hooks []portico.AuditWebhook
	var replays []portico.AuditReplay
	err := s.Store.View(ctx, func(tx portico.Tx) error {
		found, err := tx.AuditWebhooks().List(ctx, portico.Everything(portico.Where("enabled", "true"), due))
		if err != nil {
			return err
		}
		hooks = found.Items
		status := portico.Filter{Field: "status", Op: portico.OpAnyEqual, Values: []string{string(portico.ReplayAccepted), string(portico.ReplayRunning)}}
		jobs, err := tx.AuditReplays().List(ctx, portico.Everything(status, due))
		replays = jobs.Items
		return err
	})
	if err != nil {
		return err
	}
	var work errgroup.Group
	work.SetLimit(atOnce)
	for _, hook := range hooks {
		work.Go(func() error { return s.follow(ctx, hook.ID) })
	}
	for _, job := range replays {
		work.Go(func() error { return s.replay(ctx, job.ID) })
	}
	return work.Wait()
}

// follow sends a webhook what it has not got yet.
func (s Sender) follow(ctx context.Context, id portico.AuditWebhookID) error {
	noted := context.WithoutCancel(ctx) // what has arrived is noted, come what may
	for ctx.Err() == nil {
		hook, to, entries, err := s.pending(ctx, id, nil)
		if gone(err) || err == nil && (len(entries) == 0 || !hook.Enabled) {
			return nil
		}
		if err != nil {
			return err
		}
		answer := s.post(ctx, to, entries)
		if ctx.Err() != nil && !answer.ok() {
			return nil // stopped: no fault of the receiver's
		}
		err = s.Store.Update(noted, func(tx portico.Tx) error {
			_, err := tx.AuditWebhooks().Change(noted, id, func(stored *portico.AuditWebhook) error {
				now := s.Now()
				stored.LastAttemptAt, stored.LastStatus, stored.LastMessage = &now, answer.status, answer.message
				if answer.ok() {
					stored.Position, stored.Failures = max(stored.Position, last(entries)), 0
				} else {
					stored.Failures++
					stored.DueAt = now.Add(pause(stored.Failures))
				}
				return nil
			})
			return err
		})
		if err != nil || !answer.ok() {
			return ungone(err)
		}
	}
	return nil
}

// replay sends what a replay job has not sent yet.
func (s Sender) replay(ctx context.Context, id portico.AuditWebhookID) error {
	noted := context.WithoutCancel(ctx)
	for ctx.Err() == nil {
		job, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (portico.AuditReplay, error) { return tx.AuditReplays().ByID(ctx, id) })
		if err != nil || !job.UnderWay() {
			return ungone(err)
		}
		_, to, entries, err := s.pending(ctx, id, &job)
		if err != nil {
			return ungone(err)
		}
		answer := answer{status: http.StatusOK}
		if len(entries) > 0 {
			answer = s.post(ctx, to, entries)
		}
		if ctx.Err() != nil && !answer.ok() {
			return nil
		}
		err = s.Store.Update(noted, func(tx portico.Tx) error {
			_, err := tx.AuditReplays().Change(noted, id, func(stored *portico.AuditReplay) error {
				if !stored.CreatedAt.Equal(job.CreatedAt) {
					return nil // another job has taken its place
				}
				switch stored.Status = portico.ReplayRunning; {
				case len(entries) == 0:
					stored.Status = portico.ReplayCompleted
				case answer.ok():
					stored.Position, stored.Failures = last(entries), 0
				case stored.Failures+1 >= replayTries:
					stored.Failures, stored.Status = stored.Failures+1, portico.ReplayFailed
				default:
					stored.Failures++
					stored.DueAt = s.Now().Add(pause(stored.Failures))
				}
				return nil
			})
			return err
		})
		if err != nil || !answer.ok() {
			return ungone(err)
		}
	}
	return nil
}

// pending reads a webhook, where it goes, and the next entries for it, or those
// of its replay job.
func (s Sender) pending(ctx context.Context, id portico.AuditWebhookID, job *portico.AuditReplay) (hook portico.AuditWebhook, to portico.AuditDestination, entries []portico.AuditEntry, err error) {
	err = s.Store.View(ctx, func(tx portico.Tx) error {
		if hook, err = tx.AuditWebhooks().ByID(ctx, id); err != nil {
			return err
		}
		if to, err = tx.AuditDestinations().ByID(ctx, hook.DestinationID); err != nil {
			return err
		}
		filters := []portico.Filter{beyond(portico.OpGreater, hook.Position)}
		if job != nil {
			at := func(op string, t time.Time) portico.Filter {
				return portico.Filter{Field: "at", Op: op, Values: []string{t.UTC().Format(time.RFC3339Nano)}}
			}
			filters = []portico.Filter{beyond(portico.OpGreater, job.Position), at(portico.OpGreaterOrEq, job.From), at(portico.OpLessEqual, job.To)}
		}
		if hook.PortalID != nil {
			filters = append(filters, portico.Where("portal_id", *hook.PortalID))
		}
		entries, err = tx.AuditEntries(ctx, portico.AuditQuery{Filters: filters, OldestFirst: true, Size: perDelivery})
		return err
	})
	return hook, to, entries, err
}

// answer is what came of one delivery.
type answer struct {
	status  int    // 0: there was no answer
	message string // for a person
}

func (a answer) ok() bool { return a.status >= 200 && a.status < 300 }

// post delivers entries: lines of text, compressed.
func (s Sender) post(ctx context.Context, to portico.AuditDestination, entries []portico.AuditEntry) answer {
	body, err := s.body(ctx, to, entries)
	if err != nil {
		s.Logger.ErrorContext(ctx, "entries of the audit log cannot be sent", "destination", to.ID, "err", err)
		return answer{message: "The entries could not be made ready; the log of Portico says why."}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.Endpoint, bytes.NewReader(body))
	if err != nil {
		return answer{message: "The endpoint is no usable address."}
	}
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	request.Header.Set("Content-Encoding", "gzip")
	request.Header.Set("User-Agent", "portico")
	if len(to.SealedAuthorization) > 0 {
		value, err := s.Sealer.Open(to.SealedAuthorization, to.AuthorizationPlace())
		if err != nil {
			s.Logger.ErrorContext(ctx, "the authorization of an audit log destination cannot be opened", "destination", to.ID, "err", err)
			return answer{message: "The authorization that is kept cannot be opened. Enter it again."}
		}
		request.Header.Set("Authorization", value.Reveal())
	}
	client := s.Client
	if to.SkipTLSVerification {
		client = s.Unverified
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{message: printable(cause(err))}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	message := http.StatusText(response.StatusCode)
	if said := printable(string(text)); err == nil && said != "" {
		message += ": " + said
	}
	return answer{response.StatusCode, message}
}

func (s Sender) body(ctx context.Context, to portico.AuditDestination, entries []portico.AuditEntry) ([]byte, error) {
	key, err := ledger.Open(ctx, s.Store, s.Sealer)
	if err != nil {
		return nil, err
	}
	var body bytes.Buffer
	packed := gzip.NewWriter(&body)
	for _, e := range entries {
		line, err := Render(e, to.Format, key)
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Fprintln(packed, line); err != nil {
			return nil, err
		}
	}
	err = packed.Close()
	return body.Bytes(), err
}

// cause leaves out the address, whose query may hold a secret.
func cause(err error) string {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return err.Error()
}

// printable makes what a receiver says fit for a line of a page.
func printable(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	s = strings.Map(func(c rune) rune {
		if c < ' ' || c == utf8.RuneError {
			return -1
		}
		return c
	}, s)
	return strings.ToValidUTF8(s[:min(len(s), maxAnswer)], "")
}

// pause before the next attempt after so many failures.
func pause(failures int) time.Duration {
	return min(shortestPause<<min(failures-1, 20), longestPause)
}

func last(entries []portico.AuditEntry) int64 { return entries[len(entries)-1].Position }

// gone: the webhook or its job was removed meanwhile.
func gone(err error) bool { return portico.KindOf(err) == portico.KindNotFound && err != nil }

func ungone(err error) error {
	if gone(err) {
		return nil
	}
	return err
}
