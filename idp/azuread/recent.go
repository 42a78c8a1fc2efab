package azuread

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"portico"
	"portico/idp"
)

const (
	settles   = 2 * time.Minute // after which the directory knows everywhere what was made
	firstWait = time.Second
	lastWait  = 8 * time.Second
)

// recent are the applications that this adapter made a moment ago: of these, an
// answer that there is none may be wrong.
type recent struct {
	now func() time.Time

	mu   sync.Mutex
	apps []recentApp
}

type recentApp struct {
	names []string // object id, client id, create key
	at    time.Time
}

func (r *recent) add(names ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.apps = slices.DeleteFunc(r.apps, func(a recentApp) bool { return now.Sub(a.at) > settles })
	r.apps = append(r.apps, recentApp{names, now})
}

func (r *recent) has(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.ContainsFunc(r.apps, func(a recentApp) bool {
		return slices.Contains(a.names, name) && r.now().Sub(a.at) <= settles
	})
}

func (r *recent) drop(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.apps = slices.DeleteFunc(r.apps, func(a recentApp) bool { return slices.Contains(a.names, name) })
}

// do makes a call about an application. If the directory does not know one that
// was just made, nothing was done, so the call is made again a few times.
func (c *Client) do(ctx context.Context, name string, call idp.Call) error {
	_, err := c.api.Do(ctx, call)
	for d := firstWait; unknown(err) && c.recent.has(name) && d <= lastWait; d *= 2 {
		if c.api.Wait(ctx, d) != nil {
			break
		}
		_, err = c.api.Do(ctx, call)
	}
	if unknown(err) && !portico.IsIdP(err, portico.IdPNotFound) {
		return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "Microsoft Entra ID knows no such application", Err: err}
	}
	return err
}

// unknown says whether the directory does not know the application, in either
// of its ways to say so.
func unknown(err error) bool {
	s := idp.Status(err)
	return portico.IsIdP(err, portico.IdPNotFound) || s != nil && s.Status == http.StatusBadRequest && strings.Contains(s.Text, "valid application object")
}
