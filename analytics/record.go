package analytics

import (
	"cmp"
	"context"
	"time"

	"portico"
	"portico/usage"
	"portico/usecase"
)

// Analytics is the use cases.
type Analytics struct{ usecase.Deps }

// How long counts are kept: by the minute, and then by the hour.
const (
	MinutesKept = 48 * time.Hour
	HoursKept   = 90 * 24 * time.Hour
)

// Record keeps a batch of what a gateway counted; it is a usage.Sink.
func (a Analytics) Record(ctx context.Context, b usage.Batch) error {
	counts := make([]portico.UsageCount, len(b.Counts))
	for i, c := range b.Counts {
		counts[i] = portico.UsageCount{
			Start: c.Minute, Length: time.Minute, ApplicationID: portico.ApplicationID(c.Application), APIID: portico.APIID(c.API),
			Status: c.Status, Outcome: portico.Outcome(c.Outcome), Requests: c.Requests, LatencySum: c.LatencySum,
			RequestBytes: c.RequestBytes, ResponseBytes: c.ResponseBytes, Latencies: c.Latencies,
		}
	}
	uses := make([]portico.CredentialUse, len(b.Uses))
	for i, u := range b.Uses {
		uses[i] = portico.CredentialUse{ApplicationID: portico.ApplicationID(u.Application), CredentialID: u.Credential, LastUsedAt: u.At}
	}
	return a.Store.Update(ctx, func(tx portico.Tx) error { return tx.AddUsage(ctx, counts, uses) })
}

// Trim merges and forgets what is old.
func (a Analytics) Trim(ctx context.Context) error {
	now := a.Now()
	return a.Store.Update(ctx, func(tx portico.Tx) error { return tx.TrimUsage(ctx, now.Add(-MinutesKept), now.Add(-HoursKept)) })
}

// Uses is when an application's credentials were last used.
type Uses struct {
	Last         *time.Time           // of any; nil: never
	ByCredential map[string]time.Time // by the secret's id where it is known, else as in portico.CredentialUse; zero: never
}

// LastUses returns when credentials last let a request through, by application.
func (a Analytics) LastUses(ctx context.Context, apps ...portico.ApplicationID) (map[portico.ApplicationID]Uses, error) {
	found, err := usecase.View(ctx, a.Store, func(tx portico.Tx) ([]portico.CredentialUse, error) { return tx.CredentialUses(ctx, apps) })
	out := make(map[portico.ApplicationID]Uses, len(apps))
	for _, u := range found {
		uses := out[u.ApplicationID]
		if uses.ByCredential == nil {
			uses.ByCredential = map[string]time.Time{}
		}
		uses.ByCredential[cmp.Or(u.SecretID, u.CredentialID)] = u.LastUsedAt
		if !u.LastUsedAt.IsZero() && (uses.Last == nil || uses.Last.Before(u.LastUsedAt)) {
			uses.Last = new(u.LastUsedAt)
		}
		out[u.ApplicationID] = uses
	}
	return out, err
}
