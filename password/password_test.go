package password_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/argon2"

	"portico"
	"portico/password"
	"portico/secret"
)

func hash(t *testing.T, value string) string {
	t.Helper()
	h, err := password.Hash(secret.New(value))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHashesVerify(t *testing.T) {
	t.Parallel()
	const value = "correct horse battery staple"
	h := hash(t, value)
	if !strings.HasPrefix(h, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(h, "correct") {
		t.Errorf("hash: %s", h)
	}
	if h == hash(t, value) {
		t.Error("two hashes of one password are the same: where is the salt?")
	}
	for candidate, want := range map[string]bool{value: true, value + " ": false, "Correct horse battery staple": false, "": false} {
		if got := password.Verify(h, secret.New(candidate)); got != want {
			t.Errorf("%q: %v", candidate, got)
		}
	}
}

func TestCompositionOfLettersDoesNotMatter(t *testing.T) {
	t.Parallel()
	if !password.Verify(hash(t, "caf\u00e9-caf\u00e9"), secret.New("cafe\u0301-cafe\u0301")) {
		t.Error("the same letters, composed by another keyboard, are refused")
	}
}

// TestHashesOfOtherParametersVerify makes a hash the way another program would.
func TestHashesOfOtherParametersVerify(t *testing.T) {
	t.Parallel()
	salt := []byte("0123456789abcdef")
	sum := argon2.IDKey([]byte("a password"), salt, 1, 64, 2, 24)
	h := fmt.Sprintf("$argon2id$v=19$m=64,t=1,p=2$%s$%s", base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
	if !password.Verify(h, secret.New("a password")) || password.Verify(h, secret.New("another one")) {
		t.Errorf("%s is not understood", h)
	}
}

func TestUnusableHashesVerifyNothing(t *testing.T) {
	t.Parallel()
	good := hash(t, "a password")
	for _, h := range []string{
		"", "a password", "$", good[1:], good + "$", strings.Replace(good, "argon2id", "argon2i", 1),
		strings.Replace(good, "v=19", "v=16", 1), strings.Replace(good, "t=2", "t=0", 1), strings.Replace(good, "p=1", "p=0", 1),
		strings.Replace(good, "m=19456", "m=4294967295", 1), strings.Replace(good, "t=2", "t=4000000000", 1),
		good[:strings.LastIndex(good, "$")+1], good[:len(good)-30], good[:len(good)-1] + "!",
		strings.Replace(good, "p=1$", "p=1x$", 1), strings.Replace(good, "m=19456", "m=019456", 1),
	} {
		if password.Verify(h, secret.New("a password")) {
			t.Errorf("%q verifies", h)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	h := hash(t, "a password")
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			right := i%2 == 0
			candidate := map[bool]string{true: "a password", false: "another"}[right]
			if password.Verify(h, secret.New(candidate)) != right {
				t.Errorf("%q: not %v", candidate, right)
			}
		})
	}
	wg.Wait()
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{
		"12345678901": "min_length", "123456789012": "", strings.Repeat("é", 11): "min_length", strings.Repeat("é", 12): "",
		strings.Repeat("x", 1024): "", strings.Repeat("x", 1025): "max_length",
		"Ann@Example.com ": "invalid", "ann@example.com1": "",
	} {
		err := password.Check("new_password", secret.New(value), "ann@example.com")
		if want == "" {
			if err != nil {
				t.Errorf("%.20q: %v", value, err)
			}
			continue
		}
		e, ok := errors.AsType[*portico.Error](err)
		if !ok || e.Invalid[0].Rule != want || e.Invalid[0].Field != "new_password" || strings.Contains(fmt.Sprint(err, e.Invalid), value) {
			t.Errorf("%.20q: %v, want %s", value, err, want)
		}
	}
	if err := password.Check("password", secret.New("123456789012"), ""); err != nil {
		t.Errorf("without an address: %v", err)
	}
}

func TestOverlongPasswordsAreNotHashed(t *testing.T) {
	t.Parallel()
	long := secret.New(strings.Repeat("x", password.MaxLength+1))
	if h, err := password.Hash(long); portico.KindOf(err) != portico.KindInvalid || h != "" {
		t.Errorf("hash %q, %v", h, err)
	}
	if password.Verify(hash(t, "a password"), long) {
		t.Error("verifies")
	}
}
