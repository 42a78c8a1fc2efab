package keyring_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"portico"
	"portico/keyring"
	"portico/secret"
)

var _ portico.Sealer = (*keyring.Ring)(nil)

func place() portico.Place {
	return portico.Place{Table: "dcr_providers", Column: "sealed_secret", Row: "p1"}
}

// newRing opens a new key file in a directory of its own.
func newRing(t *testing.T) (*keyring.Ring, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portico.key")
	ring, created, err := keyring.Open(path)
	if err != nil || !created {
		t.Fatalf("created %v: %v", created, err)
	}
	return ring, path
}

func reopen(t *testing.T, path string) *keyring.Ring {
	t.Helper()
	ring, created, err := keyring.Open(path)
	if err != nil || created {
		t.Fatalf("created %v: %v", created, err)
	}
	return ring
}

func seal(t *testing.T, ring *keyring.Ring, value string) []byte {
	t.Helper()
	sealed, err := ring.Seal(secret.New(value), place())
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestWhatIsSealedOpensAfterARestart(t *testing.T) {
	t.Parallel()
	ring, path := newRing(t)
	for _, value := range []string{"", "management token", strings.Repeat("long", 5000)} {
		sealed := seal(t, ring, value)
		if value != "" && bytes.Contains(sealed, []byte(value)) {
			t.Error("sealed shows its value")
		}
		if bytes.Equal(sealed, seal(t, ring, value)) {
			t.Error("the same value is sealed the same way twice")
		}
		got, err := reopen(t, path).Open(sealed, place())
		if err != nil || got.Reveal() != value {
			t.Errorf("opened %q: %v", got.Reveal(), err)
		}
	}
}

func TestASealedValueOpensInItsPlaceOnly(t *testing.T) {
	t.Parallel()
	ring, _ := newRing(t)
	sealed := seal(t, ring, "management token")
	for _, elsewhere := range []portico.Place{
		{Table: "dcr_providers", Column: "sealed_secret", Row: "p2"},
		{Table: "dcr_providers", Column: "other", Row: "p1"},
		{Table: "registrations", Column: "sealed_secret", Row: "p1"},
		{Table: "dcr_providerss", Column: "ealed_secret", Row: "p1"},
		{},
	} {
		got, err := ring.Open(sealed, elsewhere)
		if err == nil || !got.Empty() || errors.Is(err, keyring.ErrWrongKey) || !strings.Contains(err.Error(), "moved from another row") {
			t.Errorf("%+v: %q, %v", elsewhere, got.Reveal(), err)
		}
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := ring.Open(altered, place()); err == nil {
			t.Errorf("opens with byte %d altered", i)
		}
	}
}

func TestAnotherRingsCiphertextIsNamedAsSuch(t *testing.T) {
	t.Parallel()
	ring, _ := newRing(t)
	other, _ := newRing(t)
	for name, sealed := range map[string][]byte{"other ring": seal(t, other, "token"), "nothing": nil, "text": []byte("management token")} {
		_, err := ring.Open(sealed, place())
		if !errors.Is(err, keyring.ErrWrongKey) || !strings.Contains(err.Error(), "this key file does not belong to this database") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if ring.Fingerprint() == other.Fingerprint() || bytes.Equal(ring.Derive("sessions"), other.Derive("sessions")) {
		t.Error("two rings are told apart by nothing")
	}
}

func TestRotationKeepsWhatWasSealed(t *testing.T) {
	t.Parallel()
	ring, path := newRing(t)
	before, fingerprint, derived := seal(t, ring, "old"), ring.Fingerprint(), ring.Derive("sessions")
	if err := ring.Rotate(); err != nil {
		t.Fatal(err)
	}
	after := seal(t, ring, "new")
	if bytes.Equal(before[:5], after[:5]) {
		t.Error("the key that seals is still the old one")
	}
	for name, r := range map[string]*keyring.Ring{"rotated": ring, "reopened": reopen(t, path)} {
		for value, sealed := range map[string][]byte{"old": before, "new": after} {
			if got, err := r.Open(sealed, place()); err != nil || got.Reveal() != value {
				t.Errorf("%s: opened %q: %v", name, got.Reveal(), err)
			}
		}
		if r.Fingerprint() != fingerprint || !bytes.Equal(r.Derive("sessions"), derived) {
			t.Errorf("%s: fingerprint or derived keys have changed", name)
		}
	}
	if err := ring.Prune(); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*keyring.Ring{"pruned": ring, "reopened": reopen(t, path)} {
		if got, err := r.Open(after, place()); err != nil || got.Reveal() != "new" {
			t.Errorf("%s: opened %q: %v", name, got.Reveal(), err)
		}
		if _, err := r.Open(before, place()); !errors.Is(err, keyring.ErrWrongKey) {
			t.Errorf("%s: what the forgotten key has sealed: %v", name, err)
		}
	}
	assertOnlyFile(t, path)
}

// assertOnlyFile holds that no temporary file stays behind, and that the key
// file is its owner's alone.
func assertOnlyFile(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("directory holds %v: %v", entries, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v: %v", info.Mode(), err)
	}
}

func TestAFailedRotationChangesNothing(t *testing.T) {
	t.Parallel()
	ring, path := newRing(t)
	sealed := seal(t, ring, "token")
	if err := os.Rename(filepath.Dir(path), filepath.Dir(path)+"-moved"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(path) + "-moved") })
	if err := ring.Rotate(); err == nil {
		t.Fatal("rotated without a place for the new keys")
	}
	if !bytes.Equal(seal(t, ring, "token")[:5], sealed[:5]) {
		t.Error("seals with a key that is nowhere on disk")
	}
}

func TestFromEnv(t *testing.T) {
	t.Parallel()
	ring, path := newRing(t)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fromEnv, err := keyring.FromEnv(secret.New(string(content)))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := fromEnv.Open(seal(t, ring, "token"), place()); err != nil || got.Reveal() != "token" {
		t.Errorf("opened %q: %v", got.Reveal(), err)
	}
	if err := fromEnv.Rotate(); err == nil || !strings.Contains(err.Error(), "put it into a file") {
		t.Errorf("rotating a key of the environment: %v", err)
	}
	if _, err := keyring.FromEnv(secret.New("my password")); err == nil || strings.Contains(err.Error(), "my password") {
		t.Errorf("a value that is no key: %v", err)
	}
}

func TestUnfitFilesAreRefusedWithWhatToDo(t *testing.T) {
	t.Parallel()
	_, good := newRing(t)
	content, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	edit := func(old, new string) string { return strings.Replace(string(content), old, new, 1) }
	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"group-readable":  {string(content), 0o640, "chmod 600"},
		"world-readable":  {string(content), 0o604, "chmod 600"},
		"world-writable":  {string(content), 0o602, "chmod 600"},
		"empty":           {"", 0o600, "restore it from a backup"},
		"something else":  {"root:x:0:0", 0o600, "it is not a key file of Portico's"},
		"another JSON":    {`{"portico_key":1}`, 0o600, "it is not a key file of Portico's"},
		"cut short":       {string(content[:len(content)/2]), 0o600, "it is not a key file of Portico's"},
		"two of them":     {string(content) + string(content), 0o600, "it is not a key file of Portico's"},
		"of the future":   {edit(`"portico_key": 1`, `"portico_key": 2`), 0o600, "version 2"},
		"damaged key set": {edit(`"primaryKeyId":`, `"primaryKeyIdea":`), 0o600, "its key set is damaged"},
		"foreign key set": {edit("XChaCha20Poly1305Key", "HmacKey"), 0o600, "its key set is"},
	} {
		path := filepath.Join(t.TempDir(), "portico.key")
		if err := os.WriteFile(path, []byte(tt.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, tt.mode); err != nil {
			t.Fatal(err)
		}
		ring, created, err := keyring.Open(path)
		if err == nil || ring != nil || created || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %v; want %s", name, err, tt.want)
		}
		if after, _ := os.ReadFile(path); string(after) != tt.content {
			t.Errorf("%s: the file was changed", name)
		}
	}
	if _, _, err := keyring.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("a directory: %v", err)
	}
	if _, created, err := keyring.Open(filepath.Join(t.TempDir(), "missing", "portico.key")); err == nil || created {
		t.Errorf("a missing directory: %v", err)
	}
}

func TestProcessesThatStartTogetherShareOneKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portico.key")
	const processes = 16
	var (
		wg           sync.WaitGroup
		mu           sync.Mutex
		creators     int
		fingerprints = make(map[string]bool)
	)
	for range processes {
		wg.Go(func() {
			ring, created, err := keyring.Open(path)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
				return
			}
			fingerprints[ring.Fingerprint()] = true
			if created {
				creators++
			}
		})
	}
	wg.Wait()
	if creators != 1 || len(fingerprints) != 1 {
		t.Errorf("%d creators, %d keys", creators, len(fingerprints))
	}
	assertOnlyFile(t, path)
}

func TestDerivedKeysDifferByPurpose(t *testing.T) {
	t.Parallel()
	ring, _ := newRing(t)
	a, b := ring.Derive("sessions"), ring.Derive("cookies")
	if len(a) != 32 || bytes.Equal(a, b) || !bytes.Equal(a, ring.Derive("sessions")) {
		t.Errorf("%x, %x", a, b)
	}
	if len(ring.Fingerprint()) != 32 {
		t.Errorf("fingerprint %q", ring.Fingerprint())
	}
}

// FuzzFromEnv holds that no content makes the parser panic or be quoted.
func FuzzFromEnv(f *testing.F) {
	path := filepath.Join(f.TempDir(), "portico.key")
	if _, _, err := keyring.Open(path); err != nil {
		f.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(content))
	f.Add(`{"portico_key":1,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","keyset":{"primaryKeyId":1,"key":[{}]}}`)
	f.Add(`{"portico_key":1,"root":"","keyset":null}`)
	f.Fuzz(func(t *testing.T, content string) {
		ring, err := keyring.FromEnv(secret.New(content))
		if err != nil {
			if len(content) > 30 && strings.Contains(err.Error(), content) {
				t.Fatalf("the error quotes the content: %v", err)
			}
			return
		}
		sealed, err := ring.Seal(secret.New("value"), place())
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ring.Open(sealed, place()); err != nil || got.Reveal() != "value" {
			t.Fatalf("opened %q: %v", got.Reveal(), err)
		}
	})
}
