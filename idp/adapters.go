package idp

import (
	"fmt"
	"sync"
	"time"

	"portico"
	"portico/secret"
)

// Constructor makes the adapter of one provider type.
type Constructor func(portico.Provider, secret.Text) (portico.IdP, error)

const maxAdapters = 1000 // kept at once; more only means that rate limits are learnt anew

// Adapters implements portico.IdPs. It keeps one adapter per provider, because
// an adapter learns the provider's rate limit, and makes it anew once the
// provider or its credential is changed.
type Adapters struct {
	constructors map[portico.ProviderType]Constructor

	mu   sync.Mutex
	kept map[portico.ProviderID]adapter
}

type adapter struct {
	portico.IdP
	issuer     string
	updatedAt  time.Time
	credential secret.Digest
}

// NewAdapters offers the given provider types.
func NewAdapters(constructors map[portico.ProviderType]Constructor) *Adapters {
	return &Adapters{constructors: constructors, kept: map[portico.ProviderID]adapter{}}
}

// Offers implements portico.IdPs.
func (a *Adapters) Offers(t portico.ProviderType) bool { return a.constructors[t] != nil }

// IdP implements portico.IdPs.
func (a *Adapters) IdP(p portico.Provider, credential secret.Text) (portico.IdP, error) {
	construct, ok := a.constructors[p.Type]
	if !ok {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("providers of type %s cannot be used here", p.Type)}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	digest := credential.Digest()
	if k, ok := a.kept[p.ID]; ok && k.issuer == p.Issuer && k.updatedAt.Equal(p.UpdatedAt) && k.credential.Equal(digest) {
		return k.IdP, nil
	}
	made, err := construct(p, credential)
	if err != nil {
		return nil, err
	}
	if len(a.kept) >= maxAdapters {
		clear(a.kept)
	}
	a.kept[p.ID] = adapter{IdP: made, issuer: p.Issuer, updatedAt: p.UpdatedAt, credential: digest}
	return made, nil
}
