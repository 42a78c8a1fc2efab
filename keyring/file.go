package keyring

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
)

// maxFileSize bounds what is read of something that may be no key file at all.
const maxFileSize = 1 << 20

// Open reads the key file at path, or creates it, which is what created tells.
// The file must belong to its owner alone (mode 0600 or 0400).
func Open(path string) (ring *Ring, created bool, err error) {
	content, info, err := read(path)
	if errors.Is(err, fs.ErrNotExist) {
		if created, err = create(path); err == nil {
			content, info, err = read(path)
		}
	}
	if err != nil {
		return nil, false, err
	}
	k, err := parse(content)
	if err != nil {
		return nil, false, fmt.Errorf("the key file %s cannot be used: %w; restore it from a backup, "+
			"or move it away if no database has been written with it", path, err)
	}
	k.file = info
	ring = &Ring{path: path}
	ring.keys.Store(k)
	return ring, created, nil
}

// follow takes over the keys of the file if they were changed since they were
// read. A file that cannot be used, or is another ring's, changes nothing.
func (r *Ring) follow() {
	old := r.keys.Load()
	if r.path == "" {
		return
	}
	if now, err := os.Stat(r.path); err != nil || os.SameFile(now, old.file) && now.ModTime().Equal(old.file.ModTime()) {
		return
	}
	content, info, err := read(r.path)
	if err != nil {
		return
	}
	k, err := parse(content)
	if err != nil || !bytes.Equal(k.root, old.root) {
		return
	}
	k.file = info
	r.keys.CompareAndSwap(old, k) // another goroutine may have been faster
}

// read returns the content of a key file that is fit to be one, and which file
// that is.
func read(path string) ([]byte, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, fmt.Errorf("open the key file: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, fmt.Errorf("examine the key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("the key file %s is not a regular file; name the file itself", path)
	}
	if perm := info.Mode().Perm(); perm&0o077 != 0 {
		return nil, nil, fmt.Errorf("the key file %s can be read or written by others (mode %04o); run: chmod 600 %s", path, perm, path)
	}
	content, err := io.ReadAll(io.LimitReader(f, maxFileSize))
	if err != nil {
		return nil, nil, fmt.Errorf("read the key file: %w", err)
	}
	return content, info, nil
}

// create writes a new key file. When another process is faster, its file stays
// and created is false.
func create(path string) (created bool, err error) {
	k, err := generate()
	if err != nil {
		return false, err
	}
	temporary, err := write(path, k)
	if err != nil {
		return false, err
	}
	defer os.Remove(temporary)
	// Unlike a rename, a link does not replace what is there.
	switch err := os.Link(temporary, path); {
	case errors.Is(err, fs.ErrExist):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("create the key file: %w", err)
	}
	return true, syncDirectory(path)
}

// write puts the keys on disk in a file beside path, for its owner alone.
func write(path string, k *keys) (temporary string, err error) {
	content, err := k.encode()
	if err != nil {
		return "", err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".portico-key-*") // mode 0600
	if err != nil {
		return "", fmt.Errorf("write a key file: %w", err)
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		os.Remove(f.Name())
		return "", fmt.Errorf("write a key file: %w", err)
	}
	return f.Name(), nil
}

// syncDirectory makes the name of a new file last.
func syncDirectory(path string) error {
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("sync the key file's directory: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return fmt.Errorf("sync the key file's directory: %w", err)
	}
	return nil
}

// Rotate adds a key that seals from now on; the older ones go on opening what
// they have sealed. The key file is written first. Processes with the same file
// follow it; those with a copy need the new one.
func (r *Ring) Rotate() error {
	return r.change(func(m *keyset.Manager) error {
		id, err := m.Add(aead.XChaCha20Poly1305KeyTemplate())
		if err != nil {
			return err
		}
		return m.SetPrimary(id)
	})
}

// Prune forgets all keys but the one that seals. What the others have sealed
// must have been sealed anew, or is lost.
func (r *Ring) Prune() error {
	return r.change(func(m *keyset.Manager) error {
		info := r.keys.Load().handle.KeysetInfo()
		for _, key := range info.GetKeyInfo() {
			if key.GetKeyId() == info.GetPrimaryKeyId() {
				continue
			}
			if err := m.Delete(key.GetKeyId()); err != nil {
				return err
			}
		}
		return nil
	})
}

// change writes changed keys to the file, and uses them when that has worked.
func (r *Ring) change(edit func(*keyset.Manager) error) error {
	if r.path == "" {
		return errors.New("the key came from the environment and cannot be changed there; put it into a file to rotate it")
	}
	r.follow()
	old := r.keys.Load()
	manager := keyset.NewManagerFromHandle(old.handle)
	if err := edit(manager); err != nil {
		return fmt.Errorf("change the keys: %w", err)
	}
	handle, err := manager.Handle()
	if err != nil {
		return fmt.Errorf("change the keys: %w", err)
	}
	k, err := newKeys(old.root, handle)
	if err != nil {
		return err
	}
	temporary, err := write(r.path, k)
	if err != nil {
		return err
	}
	if err := os.Rename(temporary, r.path); err != nil {
		os.Remove(temporary)
		return fmt.Errorf("replace the key file: %w", err)
	}
	if k.file, err = os.Stat(r.path); err != nil {
		return fmt.Errorf("examine the key file: %w", err)
	}
	r.keys.Store(k)
	return syncDirectory(r.path)
}
