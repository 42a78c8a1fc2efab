package i18n

import (
	"regexp"
	"strings"
)

var placeholder = regexp.MustCompile(`{{\s*\.(\w+)\s*}}`)

// accents replaces some letters by ones that read alike, so that a text which
// is not translated stands out.
var accents = strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "A", "Á", "E", "É", "O", "Ó", "n", "ñ", "c", "ç")

// stretch makes a text 40 % longer and marks its ends; placeholders stay.
func stretch(text string) string {
	if text == "" {
		return ""
	}
	var out strings.Builder
	letters, at := 0, 0
	for _, m := range placeholder.FindAllStringIndex(text, -1) {
		letters += m[0] - at
		out.WriteString(accents.Replace(text[at:m[0]]))
		out.WriteString(text[m[0]:m[1]])
		at = m[1]
	}
	letters += len(text) - at
	out.WriteString(accents.Replace(text[at:]))
	for i := range letters * 2 / 5 {
		if i%6 == 0 {
			out.WriteByte(' ')
		} else {
			out.WriteRune('·')
		}
	}
	return "[" + out.String() + "]"
}
