package idp

import (
	"fmt"
	"reflect"
	"sync"

	"portico"
	"portico/secret"
)

// Constructor makes the adapter of one provider type.
type Constructor func(portico.Provider, secret.Text) (portico.IdP, error)

const maxAdapters = 1000 // kept at once; more only means that rate limits are learnt anew

// Adapters implements portico.IdPs. It keeps one adapter per provider, because
// an adapter learns the provider's rate limit and has tokens, and makes it anew
// once anything is changed that it was made of: times of changes can be alike.
type Adapters struct {
	constructors map[portico.ProviderType]Constructor

	mu   sync.Mutex
	kept map[portico.ProviderID]adapter
}

type adapter struct {
	portico.IdP
	issuer     string
	config     portico.ProviderConfig
	credential secret.Digest
}

// NewAdapters offers the given provider types.
func NewAdapters(constructors map[portico.ProviderType]Constructor) *Adapters {
	return &Adapters{constructors: constructors, kept: map[portico.ProviderID]adapter{}}
}

// Offers implements portico.IdPs.
func (a *Adapters) Offers(t portico.ProviderType) bool { return a.constructors[t] != nil }

// IdP implements portico.IdPs. A provider without an id, which is being tried
// before it is saved, has an adapter that nobody keeps.
func (a *Adapters) IdP(p portico.Provider, credential secret.Text) (portico.IdP, error) {
	construct, ok := a.constructors[p.Type]
	if !ok {
		return nil, &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("providers of type %s cannot be used here", p.Type)}
	}
	if p.ID == "" {
		return construct(p, credential)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	digest := credential.Digest()
	if k, ok := a.kept[p.ID]; ok && k.issuer == p.Issuer && reflect.DeepEqual(k.config, p.Config) && k.credential.Equal(digest) {
		return k.IdP, nil
	}
	made, err := construct(p, credential)
	if err != nil {
		return nil, err
	}
	if len(a.kept) >= maxAdapters {
		clear(a.kept)
	}
	a.kept[p.ID] = adapter{IdP: made, issuer: p.Issuer, config: p.Config, credential: digest}
	return made, nil
}
