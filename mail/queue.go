package mail

import (
	"context"
	"log/slog"

	"portico"
)

// queued is how many mails wait for a slow server before more are refused.
const queued = 1000

// Queue hands mails to a slower Mailer in the background, so that nobody waits
// for a mail server, and how long an answer takes does not tell whether a mail
// was sent. A mail that cannot be sent, or waits when the process dies, is lost;
// the log has the first. It implements portico.Mailer.
type Queue struct {
	next   portico.Mailer
	logger *slog.Logger
	mails  chan portico.Message
}

// NewQueue returns a queue in front of next. Run works it off.
func NewQueue(next portico.Mailer, logger *slog.Logger) *Queue {
	return &Queue{next: next, logger: logger, mails: make(chan portico.Message, queued)}
}

// Send implements portico.Mailer. It never waits; KindUnavailable when too many
// mails are waiting.
func (q *Queue) Send(_ context.Context, m portico.Message) error {
	select {
	case q.mails <- m:
		return nil
	default:
		return portico.Errorf(portico.KindUnavailable, "%d mails are waiting for the mail server; this one was not sent.", queued)
	}
}

// Run sends what is queued until ctx ends, and then what still waits, each with
// the mail server's own deadline.
func (q *Queue) Run(ctx context.Context) {
	for {
		select {
		case m := <-q.mails:
			q.send(ctx, m)
		case <-ctx.Done():
			for len(q.mails) > 0 {
				q.send(ctx, <-q.mails)
			}
			return
		}
	}
}

func (q *Queue) send(ctx context.Context, m portico.Message) {
	if err := q.next.Send(context.WithoutCancel(ctx), m); err != nil {
		q.logger.ErrorContext(ctx, "mail not sent", "kind", m.Kind, "err", err)
	}
}
