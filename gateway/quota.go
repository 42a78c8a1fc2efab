package gateway

import (
	"time"

	"portico/lru"
	"portico/snapshot"
)

// quotas count the requests that packages limit, in fixed windows of this
// gateway's clock.
type quotas struct{ counts *lru.Cache[quota, used] }

// quota is what is counted by itself: an application's requests for an
// operation by way of a package.
type quota struct{ application, packageID, operation string }

type used struct {
	count int
	until time.Time // end of the window
}

func newQuotas() quotas { return quotas{lru.New[quota, used](cacheSize)} }

// take counts a request, and returns how long the application must wait if it
// is one too many; it is not counted then.
func (q quotas) take(application, operation string, by snapshot.Access, now time.Time) time.Duration {
	if by.Window == 0 {
		return 0
	}
	var wait time.Duration
	q.counts.Update(quota{application, by.APIID, operation}, now, func(u used) (used, time.Time) {
		end := now.Truncate(by.Window).Add(by.Window)
		if !u.until.Equal(end) {
			u = used{until: end}
		}
		if u.count >= by.Limit {
			wait = end.Sub(now)
		} else {
			u.count++
		}
		return u, u.until
	})
	return wait
}
