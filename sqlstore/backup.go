package sqlstore

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"

	"portico"
)

// Backup writes the SQLite database as it is at one moment into a new file for
// its owner alone, beside whoever is using it, and migrates nothing: KindInvalid
// for PostgreSQL, which has pg_dump; KindConflict for a file that is there.
func Backup(ctx context.Context, cfg Config, path string) error {
	scheme, rest, _ := strings.Cut(cfg.DSN, ":")
	if scheme != "sqlite" && scheme != "file" {
		return portico.Errorf(portico.KindInvalid, "The database is PostgreSQL's; nothing was copied. Back it up with pg_dump.")
	}
	from, _, _ := strings.Cut(strings.TrimPrefix(rest, "//"), "?")
	if from, err := url.PathUnescape(from); err == nil { // connect refuses the others
		if _, err := os.Stat(from); err != nil { // connect would make it
			return fmt.Errorf("there is no database to copy; name the one that portico runs with: %w", err)
		}
	}
	// Made here, and not by SQLite, so that nobody else can read it.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		kind := portico.KindUnavailable
		if os.IsExist(err) {
			kind = portico.KindConflict
		}
		return &portico.Error{Kind: kind, Err: err, Detail: "The copy cannot be made; name a new file in a directory that Portico may write to."}
	}
	if err := file.Close(); err != nil {
		return err
	}
	s, err := connect(ctx, cfg)
	if err != nil {
		return err
	}
	defer s.Close()
	if _, err := s.writes.ExecContext(ctx, "VACUUM INTO $1", path); err != nil {
		return s.explain(ctx, err)
	}
	return syncFile(path)
}

// syncFile makes what was written to a file last.
func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
