package control

import (
	"context"
	"time"

	"portico"
	"portico/developers"
)

// metaKeyNotices records until when developers have been told of the expiry of
// their API keys (RFC 3339).
const metaKeyNotices = "key_notices"

// keyNotice is how long before its expiry a key's developer is told. Keys that
// live shorter than that expire without a warning.
const keyNotice = 7 * 24 * time.Hour

// NotifyExpiry tells developers of API keys that expire within the next week and
// of those that have expired, each once. It is called now and then; what expired
// before its very first call is not told of.
func (c Credentials) NotifyExpiry(ctx context.Context) error {
	now := c.Now()
	return c.CommitAndMailAll(ctx, func(tx portico.Tx) ([]*portico.Message, error) {
		last, err := tx.Meta(ctx, metaKeyNotices)
		if err != nil {
			return nil, err
		}
		if err := tx.SetMeta(ctx, metaKeyNotices, now.UTC().Format(time.RFC3339Nano)); err != nil || last == "" {
			return nil, err
		}
		from, err := time.Parse(time.RFC3339Nano, last)
		if err != nil {
			return nil, err
		}
		var letters []*portico.Message
		for template, ahead := range map[string]time.Duration{"api-key-expired": 0, "api-key-expiring-soon": keyNotice} {
			due, err := c.expiring(ctx, tx, template, from.Add(ahead), now.Add(ahead))
			if err != nil {
				return nil, err
			}
			letters = append(letters, due...)
		}
		return letters, nil
	})
}

// expiring words the letters about the keys that expire after one time and not
// after another.
func (c Credentials) expiring(ctx context.Context, tx portico.Tx, template string, after, until time.Time) ([]*portico.Message, error) {
	at := func(op string, t time.Time) portico.Filter {
		return portico.Filter{Field: "expires_at", Op: op, Values: []string{t.UTC().Format(time.RFC3339Nano)}}
	}
	keys, err := tx.APIKeys().List(ctx, portico.Everything(at(portico.OpGreater, after), at(portico.OpLessEqual, until)))
	if err != nil {
		return nil, err
	}
	var out []*portico.Message
	for _, key := range keys.Items {
		app, err := tx.Applications().ByID(ctx, key.ApplicationID)
		if err != nil {
			return nil, err
		}
		portal, err := tx.Portals().ByID(ctx, app.PortalID)
		if err != nil {
			return nil, err
		}
		letters, err := c.letters(ctx, tx, portal, app, developers.Letter{
			Template: template, Path: "/apps/" + string(app.ID) + "/credentials",
			Values: map[string]string{"application_name": app.Name, "credential_name": key.DisplayName, "credential_expires_at": key.ExpiresAt.UTC().Format("2006-01-02 15:04 UTC")},
		})
		if err != nil {
			return nil, err
		}
		out = append(out, letters...)
	}
	return out, nil
}
