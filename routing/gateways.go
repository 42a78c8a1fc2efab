package routing

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"portico"
	"portico/access"
	"portico/usecase"
)

// Gateways are the control planes with what is in them: services, routes,
// plugins and consumers, each in a file of its own.
type Gateways struct{ usecase.Deps }

// What a control plane is unless its fields say otherwise.
const (
	DefaultControlPlane = "default"
	ClusterControlPlane = "CLUSTER_TYPE_CONTROL_PLANE"
	AuthPinnedCerts     = "pinned_client_certs"
	AuthPKICerts        = "pki_client_certs"
)

// ControlPlaneFields are the settings of a control plane. For a new one an
// absent field means its default; in an update, that it stays as it is.
type ControlPlaneFields struct {
	Name        portico.Opt[string]
	Description portico.Opt[string]
	AuthType    portico.Opt[string]
	Labels      portico.Opt[map[string]string]
	ProxyURLs   portico.Opt[[]portico.ProxyURL]
}

func (in ControlPlaneFields) write(to *portico.ControlPlane) {
	in.Name.Apply(&to.Name)
	in.Description.Apply(&to.Description)
	in.AuthType.Apply(&to.AuthType)
	in.Labels.Apply(&to.Labels)
	in.ProxyURLs.Apply(&to.ProxyURLs)
}

// EnsureDefault returns the control plane called "default" and makes it first if
// there is no control plane at all.
func (g Gateways) EnsureDefault(ctx context.Context) (portico.ControlPlane, error) {
	made := g.controlPlane(ControlPlaneFields{Name: portico.Some(DefaultControlPlane)})
	err := g.Commit(ctx, func(tx portico.Tx) error {
		there, err := tx.ControlPlanes().List(ctx, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return err
		}
		if there.Total > 0 {
			made = there.Items[0]
			return nil
		}
		return tx.ControlPlanes().Insert(ctx, made)
	})
	return made, err
}

// CreateControlPlane adds a control plane; the fields must name it. KindConflict
// for a name that is taken.
func (g Gateways) CreateControlPlane(ctx context.Context, in ControlPlaneFields) (portico.ControlPlane, error) {
	made := g.controlPlane(in)
	return made, g.Commit(ctx, func(tx portico.Tx) error {
		if err := tx.ControlPlanes().Insert(ctx, made); err != nil {
			return err
		}
		return g.Own(ctx, tx, access.ControlPlanes, string(made.ID))
	})
}

func (g Gateways) controlPlane(in ControlPlaneFields) portico.ControlPlane {
	now := g.Now()
	made := portico.ControlPlane{
		ID: portico.ControlPlaneID(g.NewID()), ClusterType: ClusterControlPlane, AuthType: AuthPinnedCerts, CreatedAt: now, UpdatedAt: now,
	}
	in.write(&made)
	return made
}

// ControlPlanes returns a page of the control planes. The field cloud_gateway is
// known here, beside those of the store: none is one.
func (g Gateways) ControlPlanes(ctx context.Context, q portico.ListQuery) (portico.Page[portico.ControlPlane], error) {
	return usecase.View(ctx, g.Store, func(tx portico.Tx) (portico.Page[portico.ControlPlane], error) {
		return tx.ControlPlanes().List(ctx, usecase.Settled(q, "cloud_gateway", "false"))
	})
}

// ControlPlane returns a control plane; KindNotFound.
func (g Gateways) ControlPlane(ctx context.Context, id portico.ControlPlaneID) (portico.ControlPlane, error) {
	return usecase.View(ctx, g.Store, func(tx portico.Tx) (portico.ControlPlane, error) { return tx.ControlPlanes().ByID(ctx, id) })
}

// UpdateControlPlane changes a control plane; KindNotFound, KindConflict (name).
func (g Gateways) UpdateControlPlane(ctx context.Context, id portico.ControlPlaneID, in ControlPlaneFields) (portico.ControlPlane, error) {
	var changed portico.ControlPlane
	err := g.Commit(ctx, func(tx portico.Tx) error {
		var err error
		changed, err = tx.ControlPlanes().Change(ctx, id, func(to *portico.ControlPlane) error {
			in.write(to)
			return nil
		})
		return err
	})
	return changed, err
}

// DeleteControlPlane removes a control plane; KindNotFound, or KindConflict
// while it has services, routes, plugins, consumers or implementations.
func (g Gateways) DeleteControlPlane(ctx context.Context, id portico.ControlPlaneID) error {
	return g.Commit(ctx, func(tx portico.Tx) error {
		if err := usecase.Disown(ctx, tx, access.ControlPlanes, string(id)); err != nil {
			return err
		}
		return tx.ControlPlanes().Delete(ctx, id)
	})
}

// Rules that core entities share (Kong Admin API: name and tags).

var entityName = regexp.MustCompile(`^[\p{L}\p{N}._~-]{1,128}$`)

// checkName refuses a name that could not stand in a path, or that would be
// taken for an id there.
func checkName(name *string) error {
	switch {
	case name == nil:
		return nil
	case !entityName.MatchString(*name):
		return portico.Invalid("name", "matches_regex", "must have 1 to 128 letters, digits, dots, hyphens, underscores and tildes")
	case portico.IsID(strings.ToLower(*name)):
		return portico.Invalid("name", "invalid", "must not look like an id")
	}
	return nil
}

// checkTags refuses tags that could not be asked for in a list.
func checkTags(tags []string) error {
	for i, tag := range tags {
		if length := utf8.RuneCountInString(tag); length < 1 || length > 128 || strings.ContainsAny(tag, ",/") {
			return portico.Invalid("tags."+strconv.Itoa(i), "invalid", "must have 1 to 128 characters, and neither commas nor slashes")
		}
	}
	return nil
}

// faults makes faults of the input of what the gateways would refuse; each part
// of err begins with the name of the field and a colon.
func faults(err error) error {
	if err == nil {
		return nil
	}
	parts := []error{err}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		parts = joined.Unwrap()
	}
	var out []portico.InvalidParameter
	for _, part := range parts {
		field, reason, _ := strings.Cut(part.Error(), ": ")
		field = strings.NewReplacer("[", ".", "]", "").Replace(field)
		out = append(out, portico.InvalidParameter{Field: field, Rule: "invalid", Reason: reason})
	}
	return portico.InvalidAll(out...)
}

// orDefault writes a field; null puts its default back.
func orDefault[T any](to *T, in portico.Opt[T], def T) {
	if in.Null {
		*to = def
	} else {
		in.Apply(to)
	}
}
