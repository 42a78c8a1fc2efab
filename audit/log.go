package audit

import (
	"context"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Log records what the store cannot see by itself. Nobody is kept from anything
// because it cannot be recorded: that goes to the program's own log. What
// everybody can cause, refusals, is limited: what comes too thick is counted,
// and the number stands in the next refusal that is kept.
type Log struct {
	usecase.Deps

	mu      sync.Mutex
	all     *rate.Limiter
	sources map[string]*rate.Limiter
	leftOut int64
	noted   map[string]time.Time // when a token was last recorded to be used, by token and address
}

// The limits of refusals: one every ten seconds from one caller and one every
// five from all, once the reserves are used up. Full all the time, a year's log
// stays far below what a disk holds.
const (
	sourceEvery   = 10 * time.Second
	sourceReserve = 30
	allEvery      = 5 * time.Second
	allReserve    = 500
	maxSources    = 10_000 // beyond it, the counts start again
)

// tokenNotedEvery is how often the use of one access token from one address is
// recorded.
const tokenNotedEvery = time.Hour

// NewLog returns a log on the store.
func NewLog(d usecase.Deps) *Log {
	return &Log{Deps: d, all: rate.NewLimiter(rate.Every(allEvery), allReserve), sources: map[string]*rate.Limiter{}, noted: map[string]time.Time{}}
}

// SignIn records an attempt to sign in; it implements usecase.Auditor.
func (l *Log) SignIn(ctx context.Context, attempt portico.SignIn) {
	entry := attempt.Entry(ctx)
	if attempt.Outcome != portico.SignInSuccess {
		var admitted bool
		if entry.LeftOut, admitted = l.admit(entry.Event.ClientIP); !admitted {
			return
		}
	}
	l.record(ctx, entry)
}

// TokenUsed records that a request was let in by an access token, the first
// time and then once an hour from each address.
func (l *Log) TokenUsed(ctx context.Context, tokenID string, attempt portico.SignIn) {
	now, key := l.Now(), tokenID+" "+portico.EventFrom(ctx).ClientIP
	l.mu.Lock()
	due := now.Sub(l.noted[key]) >= tokenNotedEvery
	if due {
		if len(l.noted) >= maxSources {
			clear(l.noted)
		}
		l.noted[key] = now
	}
	l.mu.Unlock()
	if due {
		attempt.Outcome = portico.SignInSuccess
		l.record(ctx, attempt.Entry(ctx))
	}
}

// Refused records that the principal of the event was not allowed something.
// The entity is the id of what it was about; empty: nothing in particular.
func (l *Log) Refused(ctx context.Context, need access.Need, entity string) {
	event := portico.EventFrom(ctx)
	source := event.Principal.ID
	if source == "" {
		source = event.ClientIP
	}
	leftOut, admitted := l.admit(source)
	if !admitted {
		return
	}
	kind := strings.ToLower(strings.ReplaceAll(string(need.Type), " ", "-"))
	if kind == "" {
		kind = "operation"
	}
	resource := "krn:portico:" + kind
	if entity != "" {
		resource += "/" + entity
	}
	l.record(ctx, portico.AuditEntry{Type: portico.AuditAuthorization, Event: event, Resource: resource, LeftOut: leftOut})
}

// admit says whether a refusal is kept, and how many were not since the last.
func (l *Log) admit(source string) (leftOut int64, admitted bool) {
	now := l.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	own := l.sources[source]
	if own == nil {
		if len(l.sources) >= maxSources {
			clear(l.sources)
		}
		own = rate.NewLimiter(rate.Every(sourceEvery), sourceReserve)
		l.sources[source] = own
	}
	if !own.AllowN(now, 1) || !l.all.AllowN(now, 1) {
		l.leftOut++
		return 0, false
	}
	leftOut, l.leftOut = l.leftOut, 0
	return leftOut, true
}

// recordTimeout bounds the writing of one entry.
const recordTimeout = 10 * time.Second

func (l *Log) record(ctx context.Context, e portico.AuditEntry) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTimeout)
	defer cancel()
	if err := l.Store.Update(ctx, func(tx portico.Tx) error { return tx.RecordAudit(ctx, e) }); err != nil {
		l.Logger.ErrorContext(ctx, "not recorded in the audit log", "type", e.Type, "action", e.Event.Action, "err", err)
	}
}
