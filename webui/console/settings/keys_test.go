package settings_test

import (
	"testing"

	"portico"
	"portico/access"
	"portico/keyring"
	"portico/rekey"
	"portico/secret"
	"portico/webui/consoletest"
)

func TestKeys(t *testing.T) {
	t.Parallel()
	h := consoletest.New(t, routes)
	c := h.As(t, "en")
	before := h.Deps.Sealer.Keys()[0]
	seal := func(text string) {
		must(t, h.Deps.Store.Update(t.Context(), func(tx portico.Tx) error {
			_, err := tx.Users().Change(t.Context(), h.Admin.ID, func(u *portico.User) (err error) {
				u.SealedTOTP, err = h.Deps.Sealer.Seal(secret.New(text), u.TOTPPlace())
				return err
			})
			return err
		}))
	}
	seal("before")
	c.Get("/settings/keys").Is(200, "/settings/keys").Says(before, "2 Nov 2026", h.Deps.KeyFile, "portico rekey").Hides("not finished", "Only opens")
	ring, _, err := keyring.Open(h.Deps.KeyFile)
	must(t, err)
	must(t, ring.Rotate()) // and no more: as if a run had been interrupted
	seal("with the new one, which this process has not been told of")
	c.Get("/settings/keys").Is(200, "/settings/keys").Says(before, ring.Keys()[0], "A change of keys is not finished", "Only opens")
	job := rekey.Job{Deps: h.Deps, Ring: ring}
	_, err = job.Run(t.Context())
	must(t, err)
	c.Get("/settings/keys").Is(200, "/settings/keys").Says(ring.Keys()[0]).Hides("not finished", before)
	must(t, h.Deps.Store.Update(t.Context(), func(tx portico.Tx) error {
		return tx.Reseal(t.Context(), portico.SealedValue{At: h.Admin.TOTPPlace(), Value: []byte("\x01none of ours")})
	}))
	c.Get("/settings/keys").Is(200, "/settings/keys").Says("1 value is sealed with a key that is not there")
	h.As(t, "ja", access.OrganizationReader()).Get("/settings/backup").Is(200, "/settings/backup").Says("portico backup", "pg_dump")
	viewer := h.As(t, "en", access.Grant{Role: "Viewer", Type: access.Portals, Entity: access.Everything})
	viewer.Get("/settings/keys").Is(403, "/settings/keys")
	viewer.Get("/settings/backup").Is(403, "/settings/backup")
}
