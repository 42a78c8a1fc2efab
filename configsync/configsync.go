package configsync

import (
	"context"

	"portico/snapshot"
)

// Source gives committed configurations. Control's compiler is one.
type Source interface {
	// Full gives everything at the newest version.
	Full(ctx context.Context) (*snapshot.Snapshot, error)
	// Since gives what changed after a version, up to the newest; To equals
	// From when nothing did. It is not ok when the log of changes no longer
	// reaches back that far, or never had that version.
	Since(ctx context.Context, version uint64) (d snapshot.Delta, ok bool, err error)
}

// Target obeys configurations. A gateway is one.
type Target interface {
	// Replace puts a whole configuration in force, or returns an error and
	// keeps the previous one.
	Replace(*snapshot.Snapshot) error
	// Apply puts a change in force, or returns an error and changes nothing.
	Apply(snapshot.Delta) error
	// Version is the configuration in force; epoch is "" when there is none.
	Version() (epoch string, version uint64)
}

// Version is what a target has acknowledged to be in force.
type Version struct {
	Epoch  string
	Number uint64
}
