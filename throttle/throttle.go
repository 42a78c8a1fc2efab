package throttle

import (
	"cmp"
	"container/list"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"portico"
)

// Limits bound how often passwords and tokens can be tried, per minute; a zero
// field means its default.
type Limits struct {
	SourceTries  int // by one network address; 60
	AccountTries int // at one account; 10
}

// Throttles bound how fast passwords and tokens can be guessed, and how many
// mails one can make us send: per caller and per account. Every face of the
// portals shares one of them; the console has its own. Safe for concurrent use.
type Throttles struct {
	source, account *throttle
}

// An address may try more often than an account, because people share addresses.
const (
	sourceTries  = 60 // per minute
	accountTries = 10
	mostTracked  = 20_000 // names that are remembered, each about 200 bytes
)

// New returns throttles with nothing used up.
func New(now func() time.Time, l Limits) *Throttles {
	return &Throttles{
		source:  newThrottle(now, cmp.Or(l.SourceTries, sourceTries)),
		account: newThrottle(now, cmp.Or(l.AccountTries, accountTries)),
	}
}

// Source uses up one try of a caller; KindTooMany when there is none left.
func (t *Throttles) Source(addr netip.Addr) error { return t.source.take(network(addr)) }

// Account uses up one try at the account with an address in a portal (empty: in
// the organization), whether or not there is one; KindTooMany when there is none
// left.
func (t *Throttles) Account(portal portico.PortalID, email string) error {
	return t.account.take(string(portal) + " " + strings.ToLower(email))
}

// network is what one caller can be told by: an IPv4 address or, because whoever
// has one IPv6 address has a whole /64 of them, such a prefix.
func network(addr netip.Addr) string {
	if addr.Is6() {
		return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
	}
	return addr.String()
}

// throttle is a token bucket per name; the name that was idle longest is
// forgotten first.
type throttle struct {
	now       func() time.Time
	perMinute int

	mu    sync.Mutex
	order *list.List // of *bucket, most recent first
	named map[string]*list.Element
}

type bucket struct {
	name string
	rate *rate.Limiter
}

func newThrottle(now func() time.Time, perMinute int) *throttle {
	return &throttle{now: now, perMinute: perMinute, order: list.New(), named: map[string]*list.Element{}}
}

// take uses one try up; KindTooMany when there is none left.
func (t *throttle) take(name string) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, known := t.named[name]
	if known {
		t.order.MoveToFront(e)
	} else {
		e = t.order.PushFront(&bucket{name, rate.NewLimiter(rate.Every(time.Minute/time.Duration(t.perMinute)), t.perMinute)})
		t.named[name] = e
	}
	if t.order.Len() > mostTracked {
		oldest := t.order.Back()
		delete(t.named, oldest.Value.(*bucket).name)
		t.order.Remove(oldest)
	}
	now := t.now()
	try := e.Value.(*bucket).rate.ReserveN(now, 1)
	wait := try.DelayFrom(now)
	if wait == 0 {
		return nil
	}
	try.CancelAt(now)
	return &portico.Error{Kind: portico.KindTooMany, RetryAfter: wait, Code: "too_many_tries",
		Detail: "Too many attempts in a short time; nothing was done. Wait a moment and try again."}
}
