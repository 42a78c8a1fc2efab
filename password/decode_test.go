package password

import "testing"

// FuzzDecode holds that a stored hash is either refused or asks for a bounded
// amount of work, and that nothing in it is overlooked.
func FuzzDecode(f *testing.F) {
	f.Add("$argon2id$v=19$m=64,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		p, salt, hash, err := decode(s)
		if err != nil {
			return
		}
		if p.memory > 256<<10 || p.time > 16 || p.threads > 16 || p.time == 0 || p.threads == 0 || len(salt) < 8 || len(hash) < 16 {
			t.Fatalf("%q asks for %+v", s, p)
		}
		if encode(p, salt, hash) != s {
			t.Fatalf("%q is read as %q", s, encode(p, salt, hash))
		}
	})
}
