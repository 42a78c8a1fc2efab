package markdown

import (
	"strings"
	"unicode"
)

// Slug makes the words of a heading, in any script, fit for the id of an
// element and the fragment of an address.
func Slug(words string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(words) {
		switch {
		case unicode.IsLetter(c), unicode.IsNumber(c), c == '_':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() > 80 {
			break
		}
	}
	if slug := strings.Trim(b.String(), "-"); slug != "" {
		return slug
	}
	return "section"
}
