package rekey

import (
	"context"
	"slices"
	"time"

	"portico"
	"portico/usecase"
)

// Keys says which keys are in use.
type Keys struct{ usecase.Deps }

// Status is what there is to know of the keys without the keys.
type Status struct {
	Fingerprint string    // of the key file; the same for its whole life
	File        string    // where it is; empty: the keys came from the environment
	Since       time.Time // when the key that seals began to
	Keys        []Key     // the one that seals comes first
	Lost        int       // values whose key there is not
}

// Key is one of the keys.
type Key struct {
	Name   string
	Values int // how many are sealed with it
}

// Old says how many values an older key than the one that seals has sealed.
func (s Status) Old() int {
	sum := 0
	for _, k := range s.Keys[1:] {
		sum += k.Values
	}
	return sum
}

// Status counts what is sealed. KindNotFound before there is an organization.
func (k Keys) Status(ctx context.Context) (Status, error) {
	s := Status{File: k.KeyFile}
	for _, name := range k.Sealer.Keys() {
		s.Keys = append(s.Keys, Key{Name: name})
	}
	return s, k.Store.View(ctx, func(tx portico.Tx) error {
		heads, err := tx.SealedHeads(ctx)
		if err != nil {
			return err
		}
		for head, values := range heads {
			at := slices.IndexFunc(s.Keys, func(known Key) bool { return known.Name == k.Sealer.KeyOf([]byte(head)) })
			if at < 0 {
				s.Lost += values
				continue
			}
			s.Keys[at].Values += values
		}
		if s.Fingerprint, err = tx.Meta(ctx, portico.MetaKeyFingerprint); err != nil {
			return err
		}
		since, err := tx.Meta(ctx, portico.MetaKeySince)
		if err != nil {
			return err
		}
		if since != "" {
			s.Since, err = time.Parse(time.RFC3339, since)
			return err
		}
		o, err := usecase.Organization(ctx, tx)
		s.Since = o.CreatedAt
		return err
	})
}
