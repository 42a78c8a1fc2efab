package routing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"portico"
	"portico/usecase"
)

// Running are the gateways that serve a control plane: those of this process
// serve all. KindNotFound (control plane).
func (g Gateways) Running(ctx context.Context, id portico.ControlPlaneID) ([]usecase.Node, error) {
	if _, err := g.ControlPlane(ctx, id); err != nil || g.Nodes == nil {
		return nil, err
	}
	return g.Nodes(), nil
}

// Expected is the configuration that a control plane's gateways should have in
// force. Versions count the changes of all control planes together.
type Expected struct {
	Epoch     string
	Version   uint64
	CreatedAt time.Time // of the control plane
	UpdatedAt time.Time // of what was changed last in it
}

// Expected returns the configuration that gateways should have in force;
// KindNotFound (control plane).
func (g Gateways) Expected(ctx context.Context, id portico.ControlPlaneID) (Expected, error) {
	return usecase.View(ctx, g.Store, func(tx portico.Tx) (Expected, error) {
		plane, err := tx.ControlPlanes().ByID(ctx, id)
		if err != nil {
			return Expected{}, err
		}
		out := Expected{CreatedAt: plane.CreatedAt, UpdatedAt: plane.UpdatedAt}
		if _, out.Version, _, err = tx.ChangesAfter(ctx, math.MaxUint64); err != nil { // the newest version, no changes
			return out, err
		}
		if out.Epoch, err = tx.Meta(ctx, portico.MetaEpoch); err != nil {
			return out, err
		}
		return out, firstOf(
			func() error { return newest(ctx, tx, services(), id, &out.UpdatedAt) },
			func() error { return newest(ctx, tx, routes(), id, &out.UpdatedAt) },
			func() error { return newest(ctx, tx, plugins(), id, &out.UpdatedAt) },
			func() error { return newest(ctx, tx, consumers(), id, &out.UpdatedAt) },
		)
	})
}

// newest moves a time on to that of the last change of a control plane's
// entities.
func newest[ID ~string, T any](ctx context.Context, tx portico.Tx, of coreEntity[ID, T], plane portico.ControlPlaneID, at *time.Time) error {
	last, err := of.collection(tx).List(ctx, portico.ListQuery{
		Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("control_plane_id", plane)}, Sort: []portico.Sort{{Field: "updated_at", Desc: true}},
	})
	if err == nil && len(last.Items) > 0 && of.head(&last.Items[0]).updated.After(*at) {
		*at = *of.head(&last.Items[0]).updated
	}
	return err
}

// ConfigHash is a version of the configuration in the form that Kong's nodes
// report: 32 hexadecimal digits, equal if and only if the configuration is.
func ConfigHash(epoch string, version uint64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s/%d", epoch, version))
	return hex.EncodeToString(sum[:16])
}
