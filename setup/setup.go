package setup

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico"
	"portico/oauth"
	"portico/usecase"
)

// SetUp are the use cases.
type SetUp struct{ usecase.Deps }

// Offers says whether Portico can prepare a provider's authorization server.
func (s SetUp) Offers(provider portico.Provider) bool {
	adapter, err := s.adapter(provider)
	_, can := adapter.(portico.SetUp)
	return err == nil && can
}

// Plan says what the provider's auth strategies need that its authorization
// server has not, in the order in which it would be made; nothing is made.
// KindNotFound; KindConflict: it cannot be done, and the detail says what to
// change; KindUnavailable: the identity provider does not answer.
func (s SetUp) Plan(ctx context.Context, id portico.ProviderID) ([]portico.SetUpStep, error) {
	_, server, wishes, err := s.prepare(ctx, id)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.IdPTimeout)
	defer cancel()
	steps, err := server.Plan(ctx, wishes)
	return steps, refusal(err, nil)
}

// Apply makes what Plan names, and returns the steps that were done. Its errors
// are those of Plan; where some steps were done before, the detail says which,
// and a second Apply does the rest.
func (s SetUp) Apply(ctx context.Context, id portico.ProviderID) ([]portico.SetUpStep, error) {
	provider, server, wishes, err := s.prepare(ctx, id)
	if err != nil {
		return nil, err
	}
	// Somebody who gives up waiting must not leave it half done.
	talk, cancel := s.Conversation(ctx)
	defer cancel()
	done, err := server.Apply(talk, wishes)
	if told := s.tell(context.WithoutCancel(ctx), provider, done); told != nil {
		return done, errors.Join(refusal(err, done), told)
	}
	return done, refusal(err, done)
}

// prepare finds the adapter and what the strategies need.
func (s SetUp) prepare(ctx context.Context, id portico.ProviderID) (provider portico.Provider, server portico.SetUp, wishes portico.SetUpWishes, err error) {
	var strategies portico.Page[portico.Strategy]
	err = s.Store.View(ctx, func(tx portico.Tx) error {
		if provider, err = tx.Providers().ByID(ctx, id); err != nil {
			return err
		}
		all := portico.Everything(portico.Where("dcr_provider_id", id))
		all.Sort = []portico.Sort{{Field: "name"}}
		strategies, err = tx.Strategies().List(ctx, all)
		return err
	})
	if err != nil {
		return provider, nil, wishes, err
	}
	adapter, err := s.adapter(provider)
	if err != nil {
		return provider, nil, wishes, err
	}
	server, can := adapter.(portico.SetUp)
	if !can {
		return provider, nil, wishes, portico.Errorf(portico.KindConflict, "Portico cannot set up authorization servers of this provider's type; prepare it there by hand.").Named("set_up_not_offered")
	}
	wishes, found := wishesOf(provider, strategies.Items)
	if !found {
		return provider, nil, wishes, portico.Errorf(portico.KindConflict,
			"No auth strategy uses this provider with its issuer %s, so nobody says which scopes and which claim are needed. Create one first.", provider.Issuer).Named("no_strategy")
	}
	return provider, server, wishes, nil
}

func (s SetUp) adapter(provider portico.Provider) (portico.IdP, error) {
	if !s.IdPs.Offers(provider.Type) {
		return nil, nil
	}
	adapter, err := s.Adapter(provider)
	return adapter, refusal(err, nil)
}

// wishesOf is what the strategies need that take their tokens from the
// provider's own issuer.
func wishesOf(provider portico.Provider, strategies []portico.Strategy) (wishes portico.SetUpWishes, found bool) {
	for _, strategy := range strategies {
		if strategy.OIDC == nil || !sameIssuer(strategy.OIDC.Issuer, provider.Issuer) {
			continue
		}
		found = true
		wishes.Scopes = append(wishes.Scopes, strategy.OIDC.Scopes...)
		wishes.Claims = append(wishes.Claims, strategy.OIDC.CredentialClaim)
	}
	return wishes, found
}

func sameIssuer(a, b string) bool {
	one, err := oauth.NormalizeIssuer(a)
	other, err2 := oauth.NormalizeIssuer(b)
	return err == nil && err2 == nil && one == other
}

// tell writes the audit log, which hears of nothing that happens elsewhere.
func (s SetUp) tell(ctx context.Context, provider portico.Provider, done []portico.SetUpStep) error {
	if len(done) == 0 {
		return nil
	}
	entry := portico.AuditEntry{
		Type: portico.AuditAuthorization, Event: portico.EventFrom(ctx), Granted: true,
		Resource: "krn:portico:dcr-provider/" + string(provider.ID), ResourceName: provider.Name,
	}
	for _, step := range done {
		entry.Changes = append(entry.Changes, portico.AuditChange{Entity: step.Kind, ID: step.Name, Name: step.Name, Action: portico.AuditCreated})
	}
	return s.Store.Update(ctx, func(tx portico.Tx) error { return tx.RecordAudit(ctx, entry) })
}

// refusal says what became of the set-up where the identity provider did not
// do all of it.
func refusal(err error, done []portico.SetUpStep) error {
	idp, ok := errors.AsType[*portico.IdPError](err)
	if !ok {
		return err
	}
	outcome := "Nothing was changed."
	if len(done) > 0 {
		names := make([]string, len(done))
		for i, step := range done {
			names[i] = step.Kind + " " + step.Name
		}
		outcome = fmt.Sprintf("Made before that, and kept: %s. Set it up again to do the rest.", strings.Join(names, ", "))
	}
	why := strings.TrimRight(idp.Detail, ".")
	switch idp.Kind {
	case portico.IdPRejected, portico.IdPDenied, portico.IdPNotFound:
		return &portico.Error{Kind: portico.KindConflict, Code: "set_up_refused", Err: err, Detail: why + ". " + outcome}
	case portico.IdPAmbiguous:
		outcome = "Whether the last step was done is not known. " + strings.TrimPrefix(outcome, "Nothing was changed.")
		outcome = strings.TrimSpace(outcome) + " What is there already is kept when you set it up again."
	}
	after := idp.RetryAfter
	if after == 0 {
		after = 10 * time.Second
	}
	return &portico.Error{Kind: portico.KindUnavailable, Code: "set_up_interrupted", Err: err, RetryAfter: after,
		Detail: "The identity provider does not answer as it should: " + why + ". " + outcome}
}
