package usecase

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Slugify makes a name fit for an address: lower-case ASCII letters, digits and
// underscores, with single hyphens for all that stands between. Accents are
// dropped; a name in another script leaves nothing.
func Slugify(name string) string {
	var b strings.Builder
	for _, c := range norm.NFKD.String(strings.ToLower(name)) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
			b.WriteRune(c)
		case unicode.Is(unicode.Mn, c):
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Join(strings.Fields(b.String()), "-")
}

// Free returns base, or the first of base-2, base-3, … that is not taken.
func Free(base string, taken func(string) (bool, error)) (string, error) {
	candidate := base
	for n := 2; ; n++ {
		found, err := taken(candidate)
		if err != nil || !found {
			return candidate, err
		}
		candidate = base + "-" + strconv.Itoa(n)
	}
}
