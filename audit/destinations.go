package audit

import (
	"context"
	"net"
	"net/url"
	"strings"

	"portico"
	"portico/secret"
	"portico/usecase"
)

// Destinations are where entries can be sent to.
type Destinations struct{ usecase.Deps }

// Destination is what an admin says of one. The authorization, the value of the
// header that goes along, is kept sealed and shown to nobody.
type Destination struct {
	Name                portico.Opt[string]
	Endpoint            portico.Opt[string]
	Authorization       portico.Opt[secret.Text]
	Format              portico.Opt[portico.AuditFormat]
	SkipTLSVerification portico.Opt[bool]
}

// Create makes a destination. KindInvalid.
func (d Destinations) Create(ctx context.Context, in Destination) (portico.AuditDestination, error) {
	now := d.Now()
	made := portico.AuditDestination{ID: portico.AuditDestinationID(d.NewID()), Format: portico.AuditCEF, CreatedAt: now, UpdatedAt: now}
	if err := d.apply(&made, in); err != nil {
		return portico.AuditDestination{}, err
	}
	return made, d.Store.Update(ctx, func(tx portico.Tx) error { return tx.AuditDestinations().Insert(ctx, made) })
}

// Get returns a destination. KindNotFound.
func (d Destinations) Get(ctx context.Context, id portico.AuditDestinationID) (portico.AuditDestination, error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.AuditDestination, error) { return tx.AuditDestinations().ByID(ctx, id) })
}

// List returns a page of the destinations.
func (d Destinations) List(ctx context.Context, q portico.ListQuery) (portico.Page[portico.AuditDestination], error) {
	return usecase.View(ctx, d.Store, func(tx portico.Tx) (portico.Page[portico.AuditDestination], error) {
		return tx.AuditDestinations().List(ctx, q)
	})
}

// Update changes what is given. A new endpoint needs the authorization anew: it
// was entrusted for the old one. KindNotFound, KindInvalid.
func (d Destinations) Update(ctx context.Context, id portico.AuditDestinationID, in Destination) (portico.AuditDestination, error) {
	var changed portico.AuditDestination
	err := d.Store.Update(ctx, func(tx portico.Tx) (err error) {
		changed, err = tx.AuditDestinations().Change(ctx, id, func(stored *portico.AuditDestination) error {
			if in.Endpoint.Set && !sameOrigin(in.Endpoint.Value, stored.Endpoint) && !in.Authorization.Set && len(stored.SealedAuthorization) > 0 {
				return portico.Invalid("authorization", "required", "must be given together with an endpoint on another host: the one that is kept is for the host that it was given for")
			}
			return d.apply(stored, in)
		})
		if err != nil {
			return err
		}
		return retry(ctx, tx, d.Deps, id)
	})
	return changed, err
}

// Delete removes a destination. KindNotFound, KindConflict while a webhook uses
// it.
func (d Destinations) Delete(ctx context.Context, id portico.AuditDestinationID) error {
	return d.Store.Update(ctx, func(tx portico.Tx) error { return tx.AuditDestinations().Delete(ctx, id) })
}

func (d Destinations) apply(to *portico.AuditDestination, in Destination) error {
	in.Name.Apply(&to.Name)
	in.Endpoint.Apply(&to.Endpoint)
	in.Format.Apply(&to.Format)
	in.SkipTLSVerification.Apply(&to.SkipTLSVerification)
	var faults []portico.InvalidParameter
	if reason := badEndpoint(to.Endpoint); reason != "" {
		faults = append(faults, portico.InvalidParameter{Field: "endpoint", Rule: "invalid", Reason: reason})
	}
	if in.Authorization.Set {
		if value := in.Authorization.Value.Reveal(); strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' }) {
			faults = append(faults, portico.InvalidParameter{Field: "authorization", Rule: "invalid", Reason: "must be one line of printable ASCII characters"})
		}
	}
	if faults != nil {
		return portico.InvalidAll(faults...)
	}
	if !in.Authorization.Set || in.Authorization.Null {
		return nil
	}
	var err error
	to.SealedAuthorization, err = d.Sealer.Seal(in.Authorization.Value, to.AuthorizationPlace())
	return err
}

// badEndpoint is why entries cannot be sent to an address; empty: they can.
func badEndpoint(endpoint string) string {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil || u.Host == "" || u.Hostname() == "":
		return "must be a valid URL"
	case u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())):
		return "must begin with https://"
	case u.User != nil:
		return "must not hold a user or a password: they belong into authorization"
	case u.Fragment != "":
		return "must not have a fragment"
	}
	return ""
}

// loopback hosts are told apart by name, as the client does that calls them.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") || ip != nil && ip.IsLoopback()
}

func sameOrigin(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	return errX == nil && errY == nil && x.Scheme == y.Scheme && x.Host == y.Host
}
