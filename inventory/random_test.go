package inventory_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"portico"
	"portico/control"
	"portico/inventory"
)

// TestNothingIsLost does thousands of things at random, with faults in a fifth of
// the calls of the identity provider, somebody who changes its clients behind our
// back, and the program ending in the middle of things. After the reconciler and
// an inventory, both sides are the same. PORTICO_RANDOM_OPERATIONS says how many
// things, PORTICO_RANDOM_SEED repeats a run.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	operations, seed := fromEnv(t, "PORTICO_RANDOM_OPERATIONS", 10_000), fromEnv(t, "PORTICO_RANDOM_SEED", time.Now().UnixNano())
	t.Logf("PORTICO_RANDOM_SEED=%d", seed)
	c := chaos{house: newHouse(t), rand: rand.New(rand.NewPCG(uint64(seed), 1))}
	c.deps.Checkpoint = c.checkpoint
	c.restart()
	c.idp.fail(c.fault)
	for n := range operations {
		c.clock.Advance(time.Duration(c.rand.IntN(30)) * time.Second)
		c.guarded(func() { c.step(n) })
		if c.rand.IntN(100) == 0 {
			c.restart()
		}
		if c.rand.IntN(50) == 0 {
			c.guarded(func() { _, _ = c.Reconciler.Once(t.Context()) })
		}
	}
	c.idp.fail(nil)
	c.stopIn = 0
	c.settle()
	c.identical()
	t.Logf("%d operations, %d calls with %d faults, %d ends of the program, %d by hand; %d refused; %d clients are left",
		operations, c.idp.counted(), c.faults, c.ends, c.tampered, c.refused, len(c.idp.ids()))
	if operations >= 1000 && (c.faults < c.idp.counted()/8 || int64(c.ends) < operations/200 || c.tampered == 0 || len(c.apps) < 5) {
		t.Error("too little has gone wrong for this to show anything")
	}
}

func fromEnv(t *testing.T, name string, otherwise int64) int64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.ParseInt(text, 10, 64)
	must(t, err)
	return n
}

// most is how many applications there are at a time.
const most = 40

// chaos is what happens to a house.
type chaos struct {
	*house
	rand   *rand.Rand
	apps   []portico.ApplicationID
	stopIn int // the program ends at that many checkpoints from now; 0: it does not

	faults, ends, tampered, refused int
}

// ended is what the program ends with.
type ended struct{}

func (c *chaos) checkpoint(string) {
	if c.stopIn > 0 {
		if c.stopIn--; c.stopIn == 0 {
			panic(ended{})
		}
	}
}

// guarded runs something that may end the program, which then starts again.
func (c *chaos) guarded(run func()) {
	c.stopIn = 0
	if c.rand.IntN(10) == 0 {
		c.stopIn = 1 + c.rand.IntN(4)
	}
	defer func() {
		switch end := recover().(type) {
		case nil:
		case ended:
			c.ends++
			c.restart()
		default:
			panic(end)
		}
	}()
	run()
}

// restart makes the use cases anew, on the same store.
func (c *chaos) restart() {
	c.stopIn = 0
	c.Control = control.New(c.deps)
}

// fault is how a fifth of the calls goes wrong.
func (c *chaos) fault(string) *fault {
	if c.rand.IntN(5) > 0 {
		return nil
	}
	c.faults++
	return []*fault{
		{kind: portico.IdPAmbiguous, done: true}, {kind: portico.IdPAmbiguous}, // after the commit, and before
		{kind: portico.IdPUnavailable, after: time.Duration(1+c.rand.IntN(60)) * time.Second}, // 429
		{kind: portico.IdPUnavailable},             // 5xx
		{kind: portico.IdPUnavailable, done: true}, // and even that was not true
	}[c.rand.IntN(5)]
}

// step does one thing.
func (c *chaos) step(n int64) {
	ctx := c.t.Context()
	if len(c.apps) == 0 || len(c.apps) < most && c.rand.IntN(4) == 0 {
		app, err := c.Applications.Create(ctx, c.wish(fmt.Sprintf("App %d", n)))
		c.expected(err)
		if err == nil {
			c.apps = append(c.apps, app.ID)
		}
		return
	}
	c.apps = c.known()
	if len(c.apps) == 0 {
		return
	}
	id := c.apps[c.rand.IntN(len(c.apps))]
	switch c.rand.IntN(9) {
	case 0, 1:
		_, err := c.Applications.Update(ctx, id, control.ApplicationChange{Name: portico.Some(fmt.Sprintf("Renamed %d", n))})
		c.expected(err)
	case 2:
		change := control.ApplicationChange{RedirectURI: portico.Some(fmt.Sprintf("https://app.example/%d", n))}
		if c.rand.IntN(3) == 0 {
			change.RedirectURI = portico.Opt[string]{Set: true, Null: true}
		}
		_, err := c.Applications.Update(ctx, id, change)
		c.expected(err)
	case 3, 4:
		_, _, err := c.Credentials.Regenerate(ctx, id)
		c.expected(err)
	case 5:
		c.expected(c.Applications.Delete(ctx, id))
	case 6:
		_, err := c.Inventories.Take(ctx, c.provider.ID)
		c.expected(err)
	case 7:
		c.actAtRandom(ctx)
	case 8:
		c.byHand(id)
	}
}

// byHand is somebody at the identity provider.
func (c *chaos) byHand(id portico.ApplicationID) {
	app := c.application(id)
	held := c.idp.state(app.ClientID)
	if held.Ref.ClientID == "" {
		return
	}
	c.tampered++
	switch c.rand.IntN(6) {
	case 0:
		c.idp.tamper(app.ClientID, nil)
	case 1:
		c.idp.tamper(app.ClientID, func(f *fakeClient) { f.Name = fmt.Sprintf("By hand %d", c.tampered) })
	case 2:
		c.idp.tamper(app.ClientID, func(f *fakeClient) { f.RedirectURIs = []string{"https://by.hand/", "https://by.hand/2"} })
	case 3:
		c.idp.tamper(app.ClientID, func(f *fakeClient) { f.Enabled = false })
	case 4:
		c.idp.tamper(app.ClientID, func(f *fakeClient) { f.GrantTypes = append(slices.Clone(f.GrantTypes), "password") })
	case 5: // a copy, with our marks and all
		held.Ref = portico.ClientRef{ClientID: fmt.Sprintf("copy-%d", c.tampered), ExternalID: fmt.Sprintf("object-%d", c.tampered)}
		if c.rand.IntN(2) == 0 {
			held.ApplicationID = portico.ApplicationID(portico.NewRandomID())
		}
		c.idp.plant(held)
	}
}

// actAtRandom does something about one finding of the last inventory, which may
// long be another.
func (c *chaos) actAtRandom(ctx context.Context) {
	last, err := c.Inventories.Last(ctx, c.provider.ID)
	must(c.t, err)
	if len(last.Findings) == 0 {
		return
	}
	f := last.Findings[c.rand.IntN(len(last.Findings))]
	actions := append(f.Actions(), portico.ActionIgnore)
	_, _, err = c.Inventories.Act(ctx, c.provider.ID, []inventory.Wish{{FindingID: f.ID, Action: actions[c.rand.IntN(len(actions))]}})
	c.expected(err)
}

// expected holds what a developer or an admin may be told.
func (c *chaos) expected(err error) {
	c.t.Helper()
	if err == nil {
		return
	}
	c.refused++
	e, ok := errors.AsType[*portico.Error](err)
	if !ok || !slices.Contains([]portico.Kind{portico.KindUnavailable, portico.KindConflict, portico.KindNotFound}, e.Kind) {
		c.t.Fatalf("refused with %v", err)
	}
	if e.Kind == portico.KindUnavailable && e.RetryAfter == 0 {
		c.t.Errorf("nobody says when to try again: %v", err)
	}
}

// known are the applications that there are, interrupted creations included.
func (c *chaos) known() (out []portico.ApplicationID) {
	for _, app := range c.all() {
		out = append(out, app.ID)
	}
	return out
}

func (c *chaos) all() []portico.Application {
	c.t.Helper()
	var page portico.Page[portico.Application]
	must(c.t, c.store.View(c.t.Context(), func(tx portico.Tx) (err error) {
		page, err = tx.Applications().List(c.t.Context(), portico.Everything())
		return err
	}))
	return page.Items
}

// settle lets the reconciler work everything off, then acts on what is found.
func (c *chaos) settle() {
	c.t.Helper()
	ctx := c.t.Context()
	for range 20 {
		c.clock.Advance(time.Hour)
		_, err := c.Reconciler.Once(ctx)
		must(c.t, err)
	}
	for range 10 {
		found := c.take()
		if len(found.Findings) == 0 {
			return
		}
		for _, f := range found.Findings {
			outcomes, _, err := c.Inventories.Act(ctx, c.provider.ID, []inventory.Wish{{FindingID: f.ID, Action: f.Actions()[0]}})
			must(c.t, err)
			if outcomes[0].Status != inventory.Done {
				c.t.Fatalf("%+v: %+v", f, outcomes[0])
			}
		}
	}
	c.t.Error("there are findings without end")
}

// identical compares the two sides, by what this test knows of them.
func (c *chaos) identical() {
	c.t.Helper()
	must(c.t, c.store.View(c.t.Context(), func(tx portico.Tx) error {
		open, err := tx.Tasks().List(c.t.Context(), portico.Everything())
		if open.Total > 0 {
			c.t.Errorf("intents are open: %+v", open.Items)
		}
		return err
	}))
	var owned []string
	marked := map[portico.ApplicationID]int{}
	for _, app := range c.all() {
		for _, ref := range app.Clients() {
			owned = append(owned, ref.ClientID)
			held := c.idp.state(ref.ClientID)
			var redirects []string
			if app.RedirectURI != nil {
				redirects = []string{*app.RedirectURI}
			}
			if held.Ref != ref || held.Name != app.Name || !slices.Equal(held.RedirectURIs, redirects) || !held.Enabled ||
				slices.Contains(held.GrantTypes, "password") || held.ApplicationID != app.ID {
				c.t.Errorf("the application is %+v, its client %+v", app, held)
			}
		}
	}
	there := c.idp.ids()
	for _, id := range there {
		if marked[c.idp.state(id).ApplicationID]++; marked[c.idp.state(id).ApplicationID] > 1 {
			c.t.Errorf("%s is a duplicate", id)
		}
	}
	if slices.Sort(owned); !slices.Equal(owned, there) {
		c.t.Errorf("applications own %v, the identity provider has %v", owned, there)
	}
}
