package inventory_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"portico"
	"portico/secret"
)

// fakeIdP is an identity provider in memory, whose clients hold up to two
// secrets and are listed a few at a time.
type fakeIdP struct {
	now func() time.Time
	can portico.Capabilities
	// blind providers list nothing.
	blind bool
	// endless ones list without an end.
	endless bool

	mu      sync.Mutex
	clients map[string]*fakeClient
	made    int
	calls   int
	// wrong says how a call goes wrong, if it does; it is asked before each.
	wrong func(name string) *fault
}

type fakeClient struct {
	portico.ClientState
	key     string
	secrets []string
}

// fault is how one call goes wrong.
type fault struct {
	kind  portico.IdPErrorKind
	done  bool // it happened all the same
	after time.Duration
}

func newFakeIdP(now func() time.Time) *fakeIdP {
	return &fakeIdP{now: now, can: portico.Capabilities{MaxSecrets: 2}, clients: map[string]*fakeClient{}}
}

// Offers implements portico.IdPs.
func (*fakeIdP) Offers(portico.ProviderType) bool { return true }

// IdP implements portico.IdPs.
func (f *fakeIdP) IdP(portico.Provider, secret.Text) (portico.IdP, error) {
	if f.blind {
		return struct {
			portico.IdP
			portico.SecretManager
		}{f, f}, nil
	}
	return f, nil
}

// call makes one call take effect, or go wrong. The lock is held meanwhile.
func (f *fakeIdP) call(ctx context.Context, name string, effect func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if ctx.Err() != nil {
		return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "not sent", Err: ctx.Err()}
	}
	f.calls++
	var wrong *fault
	if f.wrong != nil {
		wrong = f.wrong(name)
	}
	if wrong == nil {
		return effect()
	}
	err := error(&portico.IdPError{Kind: wrong.kind, Detail: "the identity provider is not well", RetryAfter: wrong.after})
	if wrong.done {
		_ = effect() // nobody hears of it
	}
	return err
}

func (f *fakeIdP) of(ctx context.Context, name string, ref portico.ClientRef, effect func(*fakeClient) error) error {
	return f.call(ctx, name, func() error {
		c := f.clients[ref.ClientID]
		if c == nil {
			return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "there is no such client"}
		}
		return effect(c)
	})
}

func (f *fakeIdP) secret() (string, portico.ClientSecret) {
	f.made++
	id := fmt.Sprintf("secret-%d", f.made)
	return id, portico.ClientSecret{SecretInfo: portico.SecretInfo{ID: id, Active: true}, Value: secret.New("value of " + id)}
}

// Create implements portico.IdP.
func (f *fakeIdP) Create(ctx context.Context, spec portico.ClientSpec, key string) (made portico.Client, err error) {
	err = f.call(ctx, "create", func() error {
		for _, c := range f.clients {
			if c.key == key {
				return &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "there is a client under this key"}
			}
		}
		held, issued := f.secret()
		ref := portico.ClientRef{ClientID: fmt.Sprintf("client-%06d", f.made), ExternalID: fmt.Sprintf("object-%06d", f.made)}
		c := &fakeClient{key: key, secrets: []string{held}, ClientState: portico.ClientState{Ref: ref, Enabled: true, CreatedAt: new(f.now())}}
		c.become(spec)
		f.clients[ref.ClientID] = c
		made = portico.Client{Ref: ref, Secret: issued}
		return nil
	})
	return made, err
}

// become makes the client what a spec says.
func (c *fakeClient) become(spec portico.ClientSpec) {
	c.Name, c.Scopes = spec.Name, append([]string{}, spec.Scopes...)
	c.RedirectURIs, c.GrantTypes = slices.Clone(spec.RedirectURIs), slices.Clone(spec.GrantTypes)
	if len(spec.RedirectURIs) > 0 {
		c.GrantTypes = append(c.GrantTypes, "authorization_code")
	}
	c.ApplicationID, c.OrganizationID = spec.ApplicationID, spec.Owner.OrganizationID
}

// Find implements portico.IdP.
func (f *fakeIdP) Find(ctx context.Context, key string) (ref portico.ClientRef, err error) {
	err = f.call(ctx, "find", func() error {
		for _, c := range f.clients {
			if c.key == key {
				ref = c.Ref
				return nil
			}
		}
		return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "there is no such client"}
	})
	return ref, err
}

// Read implements portico.IdP.
func (f *fakeIdP) Read(ctx context.Context, ref portico.ClientRef) (state portico.ClientState, err error) {
	err = f.of(ctx, "read", ref, func(c *fakeClient) error { state = c.ClientState; return nil })
	return state, err
}

// Update implements portico.IdP.
func (f *fakeIdP) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	return f.of(ctx, "update", ref, func(c *fakeClient) error { c.become(spec); return nil })
}

// EnableClient implements portico.ClientEnabler.
func (f *fakeIdP) EnableClient(ctx context.Context, ref portico.ClientRef) error {
	return f.of(ctx, "enable", ref, func(c *fakeClient) error { c.Enabled = true; return nil })
}

// Delete implements portico.IdP.
func (f *fakeIdP) Delete(ctx context.Context, ref portico.ClientRef) error {
	return f.call(ctx, "delete", func() error { delete(f.clients, ref.ClientID); return nil })
}

// Verify implements portico.IdP.
func (*fakeIdP) Verify(context.Context) (portico.Verification, error) {
	return portico.Verification{}, nil
}

// Capabilities implements portico.IdP.
func (f *fakeIdP) Capabilities() portico.Capabilities { return f.can }

// AddSecret implements portico.SecretManager.
func (f *fakeIdP) AddSecret(ctx context.Context, ref portico.ClientRef) (issued portico.ClientSecret, err error) {
	err = f.of(ctx, "add", ref, func(c *fakeClient) error {
		if len(c.secrets) >= f.can.MaxSecrets {
			return &portico.IdPError{Kind: portico.IdPRejected, Detail: "The client has two secrets."}
		}
		held, s := f.secret()
		c.secrets, issued = append(c.secrets, held), s
		return nil
	})
	return issued, err
}

// Secrets implements portico.SecretManager.
func (f *fakeIdP) Secrets(ctx context.Context, ref portico.ClientRef) (infos []portico.SecretInfo, err error) {
	err = f.of(ctx, "secrets", ref, func(c *fakeClient) error {
		for _, id := range c.secrets {
			infos = append(infos, portico.SecretInfo{ID: id, Active: true})
		}
		return nil
	})
	return infos, err
}

// RevokeSecret implements portico.SecretManager.
func (f *fakeIdP) RevokeSecret(ctx context.Context, ref portico.ClientRef, id string) error {
	return f.of(ctx, "revoke", ref, func(c *fakeClient) error {
		rest := slices.DeleteFunc(slices.Clone(c.secrets), func(held string) bool { return held == id })
		if len(rest) == 0 {
			return &portico.IdPError{Kind: portico.IdPRejected, Detail: "The last secret cannot be removed."}
		}
		c.secrets = rest
		return nil
	})
}

const listed = 50 // clients in a batch

// Clients implements portico.ClientLister; a cursor is the last client id.
func (f *fakeIdP) Clients(ctx context.Context, cursor string) (batch []portico.ClientState, next string, err error) {
	err = f.call(ctx, "list", func() error {
		for _, id := range slices.Sorted(maps.Keys(f.clients)) {
			if id <= cursor {
				continue
			}
			if len(batch) == listed {
				next = batch[listed-1].Ref.ClientID
				break
			}
			batch = append(batch, f.clients[id].ClientState)
		}
		if f.endless {
			next = "again"
		}
		return nil
	})
	return batch, next, err
}

// tamper changes a client behind our back; nil removes it.
func (f *fakeIdP) tamper(id string, change func(*fakeClient)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if change == nil {
		delete(f.clients, id)
		return
	}
	change(f.clients[id])
}

// plant adds a client that nobody of ours has registered just now.
func (f *fakeIdP) plant(state portico.ClientState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clients[state.Ref.ClientID] = &fakeClient{ClientState: state, key: "planted " + state.Ref.ClientID}
}

func (f *fakeIdP) ids() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.clients))
}

func (f *fakeIdP) state(id string) portico.ClientState {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[id]; c != nil {
		return c.ClientState
	}
	return portico.ClientState{}
}

// fail lets the calls of a name go wrong from now on; nil ends it.
func (f *fakeIdP) fail(wrong func(name string) *fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrong = wrong
}

func (f *fakeIdP) counted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls
}
