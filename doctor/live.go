package doctor

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/trial"
	"portico/usecase"
)

// Limits of a live check.
const (
	maxLiveStrategies = 10
	liveAttempts      = 3 // some providers take a moment to know a new client
	livePause         = 2 * time.Second
	liveName          = "Portico connection test"
)

// The steps of a check, as Checkpoint names them.
const (
	StepIntent = "check.intent" // the intent is committed, nobody was called
	StepCalled = "check.called" // the client exists
)

// live registers a client, gets a token with it as each auth strategy asks, and
// removes it. An intent is there before the client is, so that whatever happens
// the reconciler leaves nothing behind.
func (d Doctor) live(ctx context.Context, provider portico.Provider, idp portico.IdP, strategies []portico.Strategy, v *portico.Verification) {
	talk, cancel := d.Conversation(ctx)
	defer cancel()
	strategies = strategies[:min(len(strategies), maxLiveStrategies)]
	now := d.Now()
	task := d.Intent(portico.TaskRegister, provider.ID, portico.ApplicationID(d.NewID()))
	task.DueAt = task.DueAt.Add(d.IdPTimeout) // removing is a conversation of its own
	task.CreateKey = string(task.ApplicationID)
	spec, err := d.liveSpec(talk, task.ApplicationID, strategies)
	if err == nil {
		err = d.Store.Update(talk, func(tx portico.Tx) error { return tx.Tasks().Insert(talk, task) })
	}
	if err != nil {
		v.Note(portico.CheckClient, d.found(ctx, err).Errors[0], 0)
		v.Skip(portico.CheckIssued, portico.CheckRemoved)
		return
	}
	d.Checkpoint(StepIntent)
	client, err := idp.Create(talk, spec, task.CreateKey)
	took := d.Now().Sub(now)
	d.Checkpoint(StepCalled)
	if err != nil {
		v.Note(portico.CheckClient, "A client for this check could not be registered. "+d.found(ctx, err).Errors[0], took)
		v.Skip(portico.CheckIssued)
		d.unmade(ctx, task, err, v)
		return
	}
	v.Note(portico.CheckClient, "", took)
	d.liveTokens(talk, provider.Type, strategies, client, v)
	task.Client = client.Ref
	d.remove(ctx, idp, task, v)
}

// unmade ends a check whose client was not registered, as far as is known.
func (d Doctor) unmade(ctx context.Context, task portico.Task, cause error, v *portico.Verification) {
	if portico.IsIdP(cause, portico.IdPAmbiguous) {
		v.Note(portico.CheckRemoved, fmt.Sprintf("The identity provider may have registered the client of this check, %q, all the same. Portico looks for it later and removes it.", liveName), 0)
		return
	}
	if err := d.Finish(context.WithoutCancel(ctx), task.ID); err != nil {
		d.Logger.WarnContext(ctx, "the intent of a check stays; the reconciler goes on", "task", task.ID, "err", err)
	}
	v.Skip(portico.CheckRemoved)
}

// remove ends a check: the client goes, in a time of its own.
func (d Doctor) remove(ctx context.Context, idp portico.IdP, task portico.Task, v *portico.Verification) {
	ctx, cancel := d.Conversation(ctx)
	defer cancel()
	began := d.Now()
	err := d.Undo(ctx, idp, task)
	took := d.Now().Sub(began)
	if err != nil {
		v.Note(portico.CheckRemoved, fmt.Sprintf("The client of this check, %q, is not removed yet: %s Portico goes on trying.", liveName, d.found(ctx, err).Errors[0]), took)
		return
	}
	v.Note(portico.CheckRemoved, "", took)
}

// liveSpec is the client of the check: it may ask for whatever a strategy does.
func (d Doctor) liveSpec(ctx context.Context, id portico.ApplicationID, strategies []portico.Strategy) (portico.ClientSpec, error) {
	var union portico.Strategy
	if len(strategies) > 0 {
		union = strategies[0]
	}
	config := portico.OIDCConfig{}
	if union.OIDC != nil {
		config = *union.OIDC
	}
	for _, s := range strategies {
		for _, scope := range s.OIDC.Scopes {
			if !slices.Contains(config.Scopes, scope) {
				config.Scopes = append(slices.Clone(config.Scopes), scope)
			}
		}
	}
	union.OIDC = &config
	return d.ClientSpec(ctx, portico.Application{ID: id, Name: liveName}, union)
}

// liveTokens tries the client with each auth strategy.
func (d Doctor) liveTokens(ctx context.Context, provider portico.ProviderType, strategies []portico.Strategy, client portico.Client, v *portico.Verification) {
	if d.Trials == nil || len(strategies) == 0 {
		v.Skip(portico.CheckIssued)
		return
	}
	for _, s := range strategies {
		began := d.Now()
		subject := trial.Subject{Strategy: s, Dialect: string(provider), Client: client.Ref.ClientID}
		steps := d.Trials.Client(ctx, subject, client.Secret.Value)
		for range liveAttempts - 1 {
			if !newcomer(steps) || !usecase.Pause(ctx, livePause) {
				break
			}
			steps = d.Trials.Client(ctx, subject, client.Secret.Value)
		}
		fault := liveFault(s, client.Ref.ClientID, steps)
		if fault != "" {
			fault = fmt.Sprintf("Auth strategy [%s]: %s", s.Name, strings.ReplaceAll(fault, client.Secret.Value.Reveal(), client.Secret.Value.String()))
		}
		v.Note(portico.CheckIssued, fault, d.Now().Sub(began))
		if missing := notGranted(subject.Requested(), steps); fault == "" && len(missing) > 0 {
			v.Warnings = append(v.Warnings, fmt.Sprintf("Auth strategy [%s]: the access token was issued without the scope %s. Grant it at the identity provider, or remove it from the strategy.", s.Name, strings.Join(missing, ", ")))
		}
	}
}

// newcomer says that the provider may not know the client yet.
func newcomer(steps []trial.Step) bool {
	return slices.ContainsFunc(steps, func(s trial.Step) bool { return s.Cause == trial.WrongSecret || s.Cause == trial.TokenUnavailable })
}

// notGranted are the scopes asked for that the token does not have, as far as
// the provider says.
func notGranted(asked []string, steps []trial.Step) (missing []string) {
	for _, step := range steps {
		if step.Stage != trial.Token || len(step.Scopes) == 0 {
			continue
		}
		for _, scope := range asked {
			if !slices.Contains(step.Scopes, scope) {
				missing = append(missing, scope)
			}
		}
	}
	return missing
}

// liveFault says what is wrong with an auth strategy, and what to do; empty:
// nothing.
func liveFault(s portico.Strategy, clientID string, steps []trial.Step) string {
	at := slices.IndexFunc(steps, func(step trial.Step) bool { return step.State == trial.Failed })
	if at < 0 {
		return ""
	}
	step, scopes, claim := steps[at], strings.Join(s.OIDC.Scopes, ", "), strings.Join(s.OIDC.CredentialClaim, ".")
	switch step.Cause {
	case trial.IssuerUnreachable:
		return fmt.Sprintf("The strategy's issuer %s does not answer: %s. Enter the issuer of the DCR provider in the strategy.", s.OIDC.Issuer, step.Detail)
	case trial.IssuerNoToken:
		return fmt.Sprintf("The strategy's issuer %s publishes no token endpoint. Enter the issuer of an authorization server that gives access tokens.", s.OIDC.Issuer)
	case trial.WrongSecret:
		return fmt.Sprintf("The issuer %s does not accept the client that was just registered (%s). Check that the strategy's issuer belongs to the DCR provider, and that new clients need no approval there.", s.OIDC.Issuer, step.Detail)
	case trial.OpenIDScope:
		return fmt.Sprintf("The provider gives no token for the scopes %s (%s). It refuses openid with client credentials: remove it from the strategy's scopes.", scopes, step.Detail)
	case trial.InvalidScope:
		return fmt.Sprintf("The provider gives no token for the scopes [%s] (%s). Add the missing one to the authorization server, or correct it in the strategy.", scopes, step.Detail)
	case trial.GrantDenied:
		return fmt.Sprintf("The provider gives new clients no token (%s). Let its access policy admit all clients with the grant type Client Credentials and these scopes.", step.Detail)
	case trial.TokenUnverified:
		return fmt.Sprintf("The gateway would refuse the provider's access token: %s. Choose an authorization server whose tokens can be verified with its published keys, and enter its own issuer in the strategy.", step.Detail)
	case trial.ClaimMissing, trial.ClaimMismatch:
		return claimFault(claim, clientID, step)
	}
	return fmt.Sprintf("The provider's token endpoint cannot be used at the moment: %s. Try again later.", step.Detail)
}

func claimFault(claim, clientID string, step trial.Step) string {
	found := "is not in the access token"
	if step.Cause == trial.ClaimMismatch {
		found = fmt.Sprintf("is %q in the access token and not the client id %s", step.Found, clientID)
	}
	if step.Elsewhere != "" {
		return fmt.Sprintf("The credential claim %s %s, so a token belongs to no application. The claim %s holds the client id: enter it as the strategy's claim.", claim, found, step.Elsewhere)
	}
	return fmt.Sprintf("The credential claim %s %s, so a token belongs to no application. Let the authorization server put the client id into it (Okta: the expression app.clientId).", claim, found)
}
