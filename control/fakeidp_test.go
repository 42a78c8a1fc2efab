package control_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"portico"
	"portico/idptest"
	"portico/secret"
)

// The calls of an identity provider, as faults, hooks and the journal name them.
const (
	callCreate  = "create"
	callFind    = "find"
	callRead    = "read"
	callUpdate  = "update"
	callDelete  = "delete"
	callSecrets = "secrets"
	callAdd     = "add"
	callRevoke  = "revoke"
	callReplace = "replace"
	callNotify  = "notify"
)

const maxSecrets = 2

// causeOfFaults is what stands behind every fault, for the log alone.
const causeOfFaults = "Get https://idp.example/clients/the-right-to-manage-it"

// fault is how one call goes wrong.
type fault struct {
	kind   portico.IdPErrorKind
	done   bool // it happened all the same
	slow   bool // it lasts until the caller's deadline
	detail string
	after  time.Duration // RetryAfter
}

// The faults that tests choose from.
var (
	unavailable = fault{kind: portico.IdPUnavailable, detail: "connection refused", after: 7 * time.Second}
	lostAnswer  = fault{kind: portico.IdPAmbiguous, done: true, detail: "the connection ended before the answer"}
	lostRequest = fault{kind: portico.IdPAmbiguous, detail: "the connection ended before the answer"}
	denied      = fault{kind: portico.IdPDenied, detail: "401"}
	rejected    = fault{kind: portico.IdPRejected, detail: "The name is too long."}
)

// fakeIdP is an identity provider in memory: its clients exist or do not, each
// holds at most two secrets, and each call may go wrong as a test chooses. It
// makes its own adapters, which are denied everything without the credential.
type fakeIdP struct {
	clock   *idptest.Clock
	journal *journal

	mu       sync.Mutex
	clients  map[string]*fakeClient
	made     int
	faults   map[string][]fault
	during   map[string]func() // runs once, after the call took effect and before it is answered
	single   bool              // clients hold one secret
	replaces bool              // and it can be exchanged
	lifetime time.Duration     // of a secret; 0: without end
	blind    bool              // it cannot find clients
	events   []portico.ClientEvent
}

type fakeClient struct {
	state     portico.ClientState
	spec      portico.ClientSpec
	createKey string
	secrets   []fakeSecret
}

type fakeSecret struct {
	portico.SecretInfo
	value secret.Text
}

func newFakeIdP(c *idptest.Clock, j *journal) *fakeIdP {
	return &fakeIdP{clock: c, journal: j, clients: map[string]*fakeClient{}, faults: map[string][]fault{}, during: map[string]func(){}}
}

// Offers implements portico.IdPs.
func (*fakeIdP) Offers(portico.ProviderType) bool { return true }

// IdP implements portico.IdPs.
func (f *fakeIdP) IdP(_ portico.Provider, credential secret.Text) (portico.IdP, error) {
	a := fakeAdapter{f, credential}
	switch {
	case f.single && f.replaces:
		return struct {
			portico.IdP
			portico.SecretReplacer
		}{a, a}, nil
	case f.single:
		return struct{ portico.IdP }{a}, nil
	}
	return a, nil
}

// fail lets the next calls go wrong, one after the other.
func (f *fakeIdP) fail(call string, faults ...fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.faults[call] = append(f.faults[call], faults...)
}

// meanwhile runs something during the next call.
func (f *fakeIdP) meanwhile(call string, run func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.during[call] = run
}

func (f *fakeIdP) clientIDs() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Sorted(maps.Keys(f.clients))
}

// secretsOf are the values that work at the token endpoint.
func (f *fakeIdP) secretsOf(clientID string) (values []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[clientID]; c != nil {
		for _, s := range c.secrets {
			if s.Active {
				values = append(values, s.value.Reveal())
			}
		}
	}
	return values
}

func (f *fakeIdP) specOf(clientID string) portico.ClientSpec {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.clients[clientID].spec
}

// deactivate switches a secret off, as an admin of the identity provider can.
func (f *fakeIdP) deactivate(clientID string, at int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.clients[clientID].secrets[at].Active = false
}

// foreign makes a client that is not ours.
func (f *fakeIdP) foreign(clientID string) portico.ClientRef {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &fakeClient{state: portico.ClientState{Ref: portico.ClientRef{ClientID: clientID, ExternalID: "ext-" + clientID}, Name: clientID, Enabled: true}}
	c.secrets = []fakeSecret{f.secret()}
	f.clients[clientID] = c
	return c.state.Ref
}

// vanish removes a client behind our back.
func (f *fakeIdP) vanish(clientID string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.clients, clientID)
}

func (f *fakeIdP) secret() fakeSecret {
	f.made++
	s := fakeSecret{portico.SecretInfo{ID: fmt.Sprintf("sec-%d", f.made), Active: true, CreatedAt: new(f.clock.Now())}, secret.Token("secret-")}
	if f.lifetime > 0 {
		s.ExpiresAt = new(f.clock.Now().Add(f.lifetime))
	}
	return s
}

// fakeAdapter implements portico.IdP, portico.SecretManager and
// portico.SecretReplacer.
type fakeAdapter struct {
	*fakeIdP
	credential secret.Text
}

// call makes one call take effect, or go wrong.
func (f fakeAdapter) call(ctx context.Context, name string, effect func() error) error {
	f.journal.note("idp " + name)
	if ctx.Err() != nil {
		return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "not sent", Err: ctx.Err()}
	}
	if !f.credential.Equal(secret.New(managementToken)) {
		return &portico.IdPError{Kind: portico.IdPDenied, Detail: "the credential was refused"}
	}
	f.mu.Lock()
	var wrong *fault
	if queue := f.faults[name]; len(queue) > 0 {
		wrong, f.faults[name] = &queue[0], queue[1:]
	}
	var err error
	if wrong == nil || wrong.done {
		err = effect()
	}
	meanwhile := f.during[name]
	delete(f.during, name)
	f.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	if wrong == nil {
		return err
	}
	if wrong.slow {
		<-ctx.Done()
	}
	return &portico.IdPError{Kind: wrong.kind, Detail: wrong.detail, RetryAfter: wrong.after, Err: errors.Join(err, ctx.Err(), errors.New(causeOfFaults))}
}

func notFound() error {
	return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "no such client"}
}

func (f fakeAdapter) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (made portico.Client, err error) {
	err = f.call(ctx, callCreate, func() error {
		s := f.secret()
		id := "client-" + s.ID
		c := &fakeClient{createKey: createKey, spec: spec, secrets: []fakeSecret{s}, state: portico.ClientState{
			Ref: portico.ClientRef{ClientID: id, ExternalID: "ext-" + id}, Name: spec.Name, Enabled: true, ApplicationID: spec.ApplicationID,
		}}
		f.clients[id] = c
		made = portico.Client{Ref: c.state.Ref, Secret: portico.ClientSecret{SecretInfo: s.SecretInfo, Value: s.value}}
		return nil
	})
	if err != nil {
		return portico.Client{}, err
	}
	return made, nil
}

func (f fakeAdapter) Find(ctx context.Context, createKey string) (ref portico.ClientRef, err error) {
	err = f.call(ctx, callFind, func() error {
		if f.blind {
			return &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "cannot tell"}
		}
		for _, c := range f.clients {
			if c.createKey == createKey {
				ref = c.state.Ref
				return nil
			}
		}
		return notFound()
	})
	return ref, err
}

func (f fakeAdapter) Read(ctx context.Context, ref portico.ClientRef) (state portico.ClientState, err error) {
	err = f.with(ctx, callRead, ref, func(c *fakeClient) error {
		state = c.state
		return nil
	})
	return state, err
}

func (f fakeAdapter) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	return f.with(ctx, callUpdate, ref, func(c *fakeClient) error {
		c.spec, c.state.Name = spec, spec.Name
		return nil
	})
}

func (f fakeAdapter) Delete(ctx context.Context, ref portico.ClientRef) error {
	return f.call(ctx, callDelete, func() error {
		delete(f.clients, ref.ClientID)
		return nil
	})
}

func (f fakeAdapter) Verify(context.Context) (portico.Verification, error) {
	if !f.credential.Equal(secret.New(managementToken)) {
		return portico.Verification{Errors: []string{"The credential was refused; renew it."}}, nil
	}
	return portico.Verification{}, nil
}

func (f fakeAdapter) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: maxSecrets, Unfindable: f.blind}
}

func (f fakeAdapter) AddSecret(ctx context.Context, ref portico.ClientRef) (issued portico.ClientSecret, err error) {
	err = f.with(ctx, callAdd, ref, func(c *fakeClient) error {
		if len(c.secrets) >= maxSecrets {
			return &portico.IdPError{Kind: portico.IdPRejected, Detail: "The client has two secrets."}
		}
		s := f.secret()
		c.secrets = append(c.secrets, s)
		issued = portico.ClientSecret{SecretInfo: s.SecretInfo, Value: s.value}
		return nil
	})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	return issued, nil
}

func (f fakeAdapter) ReplaceSecret(ctx context.Context, ref portico.ClientRef) (issued portico.ClientSecret, err error) {
	err = f.with(ctx, callReplace, ref, func(c *fakeClient) error {
		s := f.secret()
		c.secrets = []fakeSecret{s}
		issued = portico.ClientSecret{SecretInfo: s.SecretInfo, Value: s.value}
		return nil
	})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	return issued, nil
}

func (f fakeAdapter) Secrets(ctx context.Context, ref portico.ClientRef) (infos []portico.SecretInfo, err error) {
	err = f.with(ctx, callSecrets, ref, func(c *fakeClient) error {
		for _, s := range c.secrets {
			infos = append(infos, s.SecretInfo)
		}
		return nil
	})
	return infos, err
}

func (f fakeAdapter) RevokeSecret(ctx context.Context, ref portico.ClientRef, secretID string) error {
	return f.with(ctx, callRevoke, ref, func(c *fakeClient) error {
		at := slices.IndexFunc(c.secrets, func(s fakeSecret) bool { return s.ID == secretID })
		if at < 0 {
			return nil
		}
		rest := slices.Delete(slices.Clone(c.secrets), at, at+1)
		if !slices.ContainsFunc(rest, func(s fakeSecret) bool { return s.Active }) {
			return &portico.IdPError{Kind: portico.IdPRejected, Detail: "The last active secret cannot be removed."}
		}
		c.secrets = rest
		return nil
	})
}

// with makes a call that concerns one client.
func (f fakeAdapter) with(ctx context.Context, name string, ref portico.ClientRef, effect func(*fakeClient) error) error {
	return f.call(ctx, name, func() error {
		c := f.clients[ref.ClientID]
		if c == nil {
			return notFound()
		}
		return effect(c)
	})
}

// Notify implements portico.EventReceiver.
func (f fakeAdapter) Notify(ctx context.Context, e portico.ClientEvent) error {
	return f.call(ctx, callNotify, func() error {
		f.events = append(f.events, e)
		return nil
	})
}

// told are the events of an application since the last call.
func (f *fakeIdP) told() (events []portico.ClientEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events, f.events = f.events, nil
	return events
}
