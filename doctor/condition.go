package doctor

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	"portico"
	"portico/usecase"
)

// oktaIdle is how long an API token of Okta's lives that nobody uses.
const oktaIdle = 30 * 24 * time.Hour

// shownTasks bounds how much of the waiting work is shown.
const shownTasks = 20

// Condition is how a provider is doing, and what waits for it.
type Condition struct {
	portico.ProviderHealth
	// CredentialExpires is when the credential stops working: as it says itself
	// (RFC 7519 §4.1.4), or where it lasts as long as it is used, if it is not
	// used from now on. Zero: nobody can tell.
	CredentialExpires time.Time
	// Waiting is work that the provider has not done yet, the oldest first, 20 at
	// most; Total is all of it.
	Waiting portico.Page[portico.Task]
}

// Condition says how a provider is doing; KindNotFound. It does not call it.
func (d Doctor) Condition(ctx context.Context, id portico.ProviderID) (Condition, error) {
	var provider portico.Provider
	waiting, err := usecase.View(ctx, d.Store, func(tx portico.Tx) (page portico.Page[portico.Task], err error) {
		if provider, err = tx.Providers().ByID(ctx, id); err != nil {
			return page, err
		}
		return tx.Tasks().List(ctx, portico.ListQuery{Size: shownTasks, Number: 1, Sort: []portico.Sort{{Field: "created_at"}}, Filters: []portico.Filter{portico.Where("dcr_provider_id", id)}})
	})
	if err != nil {
		return Condition{}, err
	}
	c := Condition{Waiting: waiting}
	if d.Health != nil {
		c.ProviderHealth = d.Health(id)
	}
	c.CredentialExpires = d.credentialExpires(provider, c.ProviderHealth)
	return c, nil
}

func (d Doctor) credentialExpires(p portico.Provider, h portico.ProviderHealth) time.Time {
	if p.Type == portico.ProviderOkta && p.Config.ServiceClientID == "" {
		if h.LastSuccess.IsZero() {
			return time.Time{}
		}
		return h.LastSuccess.Add(oktaIdle)
	}
	credential, err := d.Credential(p)
	if err != nil {
		return time.Time{} // using it says so
	}
	return expiryOf(credential.Reveal())
}

// expiryOf is what a credential in the form of a JWT says of itself. It need not
// be verified: it is ours.
func expiryOf(credential string) time.Time {
	parts := strings.Split(credential, ".")
	if len(parts) != 3 {
		return time.Time{}
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return time.Time{}
	}
	var claims struct {
		Expires float64 `json:"exp"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Expires <= 0 || claims.Expires > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(claims.Expires), 0).UTC()
}
