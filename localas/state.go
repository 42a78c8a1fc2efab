package localas

import (
	"context"
	"embed"
	"io/fs"

	"portico/localas/dialect"
	"portico/localas/litedb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// openState opens the database with this package's tables.
func openState(ctx context.Context, dir string) (*litedb.DB, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return litedb.Open(ctx, dir, files)
}

// orNotFound turns the absence of a row into a 404 about it.
func orNotFound(err error, kind, id string) error {
	return litedb.OrAbsent(err, dialect.NotFound(kind, id))
}

// lifecycle is the operation that an object of this status offers.
func lifecycle(status string) string {
	if status == active {
		return "deactivate"
	}
	return "activate"
}
