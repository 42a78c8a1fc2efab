package control

import (
	"context"
	"time"

	"portico"
	"portico/developers"
)

// metaNotices records until when developers have been told of what expires
// (RFC 3339).
const metaNotices = "key_notices"

const day = 24 * time.Hour

// notice is a letter that is sent so long before something expires.
type notice struct {
	template string
	ahead    time.Duration
}

// keyNotices and secretNotices are when developers are told. What lives shorter
// than that expires without the early ones. A secret is often in more hands
// than a key, and identity providers let it live for years.
func keyNotices() []notice {
	return []notice{{"api-key-expiring-soon", 7 * day}, {"api-key-expired", 0}}
}

func secretNotices() []notice {
	var out []notice
	for _, days := range []time.Duration{90, 60, 30, 15, 7, 1} {
		out = append(out, notice{developers.MailSecretExpiring, days * day})
	}
	return append(out, notice{developers.MailSecretExpired, 0})
}

// expiry is what a letter says of a credential that ends.
func expiry(name string, at time.Time) map[string]string {
	return map[string]string{"credential_name": name, "credential_expires_at": at.UTC().Format("2006-01-02 15:04 UTC")}
}

// NotifyExpiry tells developers of API keys and client secrets that expire
// before long and of those that have expired, of each stage once. It is called
// now and then; what happened before its very first call is not told of.
func (c Credentials) NotifyExpiry(ctx context.Context) error {
	now := c.Now()
	return c.CommitAndMailAll(ctx, func(tx portico.Tx) ([]*portico.Message, error) {
		last, err := tx.Meta(ctx, metaNotices)
		if err != nil {
			return nil, err
		}
		if err := tx.SetMeta(ctx, metaNotices, now.UTC().Format(time.RFC3339Nano)); err != nil || last == "" {
			return nil, err
		}
		from, err := time.Parse(time.RFC3339Nano, last)
		if err != nil {
			return nil, err
		}
		var letters []*portico.Message
		for _, n := range keyNotices() {
			keys, err := tx.APIKeys().List(ctx, within(from, now, n.ahead))
			if err != nil {
				return nil, err
			}
			for _, k := range keys.Items {
				written, err := c.announce(ctx, tx, n.template, k.ApplicationID, expiry(k.DisplayName, *k.ExpiresAt))
				if err != nil {
					return nil, err
				}
				letters = append(letters, written...)
			}
		}
		for _, n := range secretNotices() {
			secrets, err := tx.IssuedSecrets().List(ctx, within(from, now, n.ahead))
			if err != nil {
				return nil, err
			}
			for _, s := range secrets.Items {
				written, err := c.announce(ctx, tx, n.template, s.ApplicationID, expiry(s.ClientID, *s.ExpiresAt))
				if err != nil {
					return nil, err
				}
				letters = append(letters, written...)
			}
		}
		return letters, nil
	})
}

// within asks for what comes so near to its expiry after one time, and not
// after another.
func within(from, until time.Time, ahead time.Duration) portico.ListQuery {
	at := func(op string, t time.Time) portico.Filter {
		return portico.Filter{Field: "expires_at", Op: op, Values: []string{t.Add(ahead).UTC().Format(time.RFC3339Nano)}}
	}
	return portico.Everything(at(portico.OpGreater, from), at(portico.OpLessEqual, until))
}

// announce words the letters about an application's credentials, to everybody
// who owns it.
func (d saga) announce(ctx context.Context, tx portico.Tx, template string, id portico.ApplicationID, values map[string]string) ([]*portico.Message, error) {
	app, err := tx.Applications().ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	portal, err := tx.Portals().ByID(ctx, app.PortalID)
	if err != nil {
		return nil, err
	}
	values["application_name"] = app.Name
	return d.letters(ctx, tx, portal, app, developers.Letter{Template: template, Path: "/apps/" + string(id) + "/credentials", Values: values})
}
