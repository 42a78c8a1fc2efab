package portals

import (
	"testing"

	"portico"
)

// FuzzReadToken: what is no look is refused, and what is one comes back as it is.
func FuzzReadToken(f *testing.F) {
	for _, css := range []string{"", "h1 { color: red }", "\x00\"<>", "é"} {
		looks := portico.Design{CSS: &css}
		looks.Theme.Colors.Primary = "#0a7"
		token, err := lookToken(looks)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
	}
	f.Add("%")
	f.Add("7cEBDQAAAMKg909tDjegAAAAAAAAAAAAvgAAAQ")
	f.Fuzz(func(t *testing.T, token string) {
		read, err := readToken(token)
		if err != nil {
			return
		}
		if len(read.CSS) > 2*maxCSS {
			t.Errorf("%d bytes came out", len(read.CSS))
		}
		looks := portico.Design{CSS: &read.CSS}
		looks.Theme.Colors.Primary = read.Colour
		again, err := lookToken(looks)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := readToken(again); err != nil || back != read {
			t.Errorf("%+v comes back as %+v, %v", read, back, err)
		}
	})
}
