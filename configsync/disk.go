package configsync

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"portico/snapshot"
)

// Store writes a snapshot to a file that only its owner can read. The file is
// replaced in one step: a reader, or a crash, finds the old or the new one.
func Store(path string, s *snapshot.Snapshot) (err error) {
	data, err := s.Encode()
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return fmt.Errorf("store configuration copy: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("store configuration copy: %w", err), os.Remove(file.Name()))
		}
	}()
	_, err = file.Write(data)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	if err = os.Rename(file.Name(), path); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// syncDirectory makes the renaming itself survive a power failure.
func syncDirectory(path string) error {
	dir, err := os.Open(path)
	if err != nil {
		return nil // renamed already; some systems do not open directories
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// Load reads a file that Store wrote. A missing file is fs.ErrNotExist, a
// damaged one snapshot.ErrFormat.
func Load(path string) (*snapshot.Snapshot, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("load configuration copy: %w", err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, snapshot.MaxSize+1))
	if err != nil {
		return nil, fmt.Errorf("load configuration copy: %w", err)
	}
	s, err := snapshot.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("load configuration copy %s: %w", filepath.Base(path), err)
	}
	return s, nil
}
