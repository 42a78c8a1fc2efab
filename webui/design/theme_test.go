package design_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"portico/webui/design"
)

// pair is a colour that must be seen on another, with the contrast that WCAG 2.2 (or ui's own measure) asks for.
type pair struct {
	front, back string
	least       float64
}

// pairs of tokens in portico.css that meet on pages.
var pairs = []pair{
	{"text", "canvas", 7}, {"text", "surface", 7}, {"text", "sunken", 7}, {"text", "raised", 7},
	{"muted", "canvas", 4.5}, {"muted", "surface", 4.5}, {"muted", "sunken", 4.5}, {"muted", "raised", 4.5},
	{"line-strong", "surface", 3}, {"line-strong", "canvas", 3}, {"line-strong", "sunken", 3},
	{"on-brand", "brand", 4.5}, {"on-brand", "brand-hover", 4.5}, {"brand", "surface", 3},
	{"brand-ink", "canvas", 4.5}, {"brand-ink", "surface", 4.5}, {"brand-ink", "sunken", 4.5}, {"brand-ink", "raised", 4.5},
	{"brand-ink", "brand-soft", 4.5}, {"text", "brand-soft", 7}, {"muted", "brand-soft", 4.5},
	{"ok", "ok-soft", 4.5}, {"warn", "warn-soft", 4.5}, {"bad", "bad-soft", 4.5}, {"info", "info-soft", 4.5},
	{"ok", "surface", 4.5}, {"bad", "surface", 4.5}, {"bad", "canvas", 4.5}, {"bad", "raised", 4.5}, {"on-bad", "bad", 4.5}, {"surface", "ok", 4.5},
	{"code-text", "code", 7}, {"code-muted", "code", 4.5}, {"code-url", "code", 4.5}, {"code-str", "code", 4.5},
	{"code-var", "code", 4.5}, {"code-key", "code", 4.5},
}

var (
	colourToken = regexp.MustCompile(`--([a-z0-9-]+): (?:light-dark\((oklch\(.*\)), (oklch\(.*\))\)|(oklch\(.*\)));`)
	oklchParts  = regexp.MustCompile(`^oklch\(([\d.]+)% (calc\([^)]*\)[^)]*\)|var\([^)]*\)|[\d.]+) (calc\([^)]*\)[^)]*\)|var\([^)]*\)|[\d.]+)\)$`)
	product     = regexp.MustCompile(`^calc\(var\(--brand-c\) \* ([\d.]+)\)$`)
	sum         = regexp.MustCompile(`^calc\(var\(--brand-h\) \+ ([\d.]+)\)$`)
)

// tokens are the colours of the style sheet: name to light and dark, as written.
func tokens(t *testing.T) map[string][2]string {
	t.Helper()
	css, err := os.ReadFile("assets/portico.css")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][2]string{}
	for _, m := range colourToken.FindAllStringSubmatch(string(css), -1) {
		if m[4] != "" {
			out[m[1]] = [2]string{m[4], m[4]}
		} else {
			out[m[1]] = [2]string{m[2], m[3]}
		}
	}
	return out
}

// number is a part of a colour under a brand.
func number(t *testing.T, part string, hue, chroma float64) float64 {
	t.Helper()
	factor := func(s string) float64 {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	switch m := product.FindStringSubmatch(part); {
	case part == "var(--brand-h)":
		return hue
	case part == "var(--brand-c)":
		return chroma
	case m != nil:
		return chroma * factor(m[1])
	case sum.MatchString(part):
		return hue + factor(sum.FindStringSubmatch(part)[1])
	}
	return factor(part)
}

// luminance is a colour's relative luminance as WCAG defines it, after a screen has clipped it to sRGB.
func luminance(l, c, h float64) float64 {
	a, b := c*math.Cos(h*math.Pi/180), c*math.Sin(h*math.Pi/180)
	x, y, z := l+0.3963377774*a+0.2158037573*b, l-0.1055613458*a-0.0638541728*b, l-0.0894841775*a-1.2914855480*b
	x, y, z = x*x*x, y*y*y, z*z*z
	clip := func(v float64) float64 { return min(max(v, 0), 1) }
	red := clip(4.0767416621*x - 3.3077115913*y + 0.2309699292*z)
	green := clip(-1.2684380046*x + 2.6097574011*y - 0.3413193965*z)
	blue := clip(-0.0041960863*x - 0.7034186147*y + 1.7076147010*z)
	return 0.2126*red + 0.7152*green + 0.0722*blue
}

func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// Whatever brand a portal chooses, text can be read: every pair over every hue, from grey to the strongest chroma.
func TestContrastHoldsForEveryBrand(t *testing.T) {
	t.Parallel()
	all := tokens(t)
	shine := func(name string, mode int, hue, chroma float64) float64 {
		value, ok := all[name]
		if !ok {
			t.Fatalf("portico.css has no colour --%s", name)
		}
		m := oklchParts.FindStringSubmatch(value[mode])
		if m == nil {
			t.Fatalf("--%s: cannot read %q", name, value[mode])
		}
		return luminance(number(t, m[1], 0, 0)/100, number(t, m[2], hue, chroma), number(t, m[3], hue, chroma))
	}
	for mode, name := range []string{"light", "dark"} {
		for _, p := range pairs {
			worst, at := math.Inf(1), 0.0
			for _, chroma := range []float64{0, 0.05, 0.1, 0.15, 0.19, 0.22} {
				for hue := range 360 {
					if r := contrast(shine(p.front, mode, float64(hue), chroma), shine(p.back, mode, float64(hue), chroma)); r < worst {
						worst, at = r, float64(hue)
					}
				}
			}
			if worst < p.least {
				t.Errorf("%s: %s on %s has %.2f at hue %.0f, less than %.1f", name, p.front, p.back, worst, at, p.least)
			}
		}
	}
}

// The measure itself is known: black on white is 21, and sRGB's red has a luminance of 0.2126.
func TestContrastIsMeasuredAsWCAGDoes(t *testing.T) {
	t.Parallel()
	if got := contrast(luminance(0, 0, 0), luminance(1, 0, 0)); math.Abs(got-21) > 0.01 {
		t.Errorf("black on white: %.3f", got)
	}
	hue, _, err := design.ThemeFromHex("#f00")
	if err != nil || math.Abs(hue-29.23) > 0.05 {
		t.Errorf("red's hue: %.2f, %v", hue, err)
	}
	if got := luminance(0.62796, 0.25768, 29.234); math.Abs(got-0.2126) > 0.001 {
		t.Errorf("red's luminance: %.4f", got)
	}
}

func TestThemeFromHex(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		hex         string
		hue, chroma float64
	}{
		{"#3653cc", 268, 0.19}, {" #36c ", 262, 0.166}, {"#808080", 0, 0}, {"#00ff00", 142.5, 0.22}, {"#FFFFFF", 0, 0}, {"#000000", 0, 0},
	} {
		hue, chroma, err := design.ThemeFromHex(c.hex)
		if err != nil || math.Abs(hue-c.hue) > 2 || math.Abs(chroma-c.chroma) > 0.01 {
			t.Errorf("%s: hue %.1f chroma %.3f %v, want %.1f %.3f", c.hex, hue, chroma, err, c.hue, c.chroma)
		}
	}
	for _, bad := range []string{"", "#", "36c", "#36", "#12345", "#1234567", "#ggg", "red", "#+12345", "#-12", "#日本"} {
		if _, _, err := design.ThemeFromHex(bad); err == nil {
			t.Errorf("%q passes for a colour", bad)
		}
	}
}

var themeSheet = regexp.MustCompile(`^@layer tokens \{\n\t:root \{\n\t\t--brand-h: (\d+\.\d);\n\t\t--brand-c: (0\.\d{3});\n\t\}\n\}\n$`)

// A theme is two plain numbers within their ranges, whatever it is made of.
func TestThemeStaysInItsRanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sheet := string(design.Theme(rapid.Float64().Draw(t, "hue"), rapid.Float64().Draw(t, "chroma")))
		m := themeSheet.FindStringSubmatch(sheet)
		if m == nil {
			t.Fatalf("not a theme: %s", sheet)
		}
		hue, _ := strconv.ParseFloat(m[1], 64)
		chroma, _ := strconv.ParseFloat(m[2], 64)
		if hue > 360 || chroma > 0.22 {
			t.Fatalf("out of range: %s", sheet)
		}
	})
	for _, odd := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if sheet := string(design.Theme(odd, odd)); !themeSheet.MatchString(sheet) {
			t.Errorf("%v: %s", odd, sheet)
		}
	}
}

// The style sheet shows the built-in brand where a portal sets none.
func TestBuiltInBrandIsInTheStyleSheet(t *testing.T) {
	t.Parallel()
	css, err := os.ReadFile("assets/portico.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"--brand-h: " + strconv.FormatFloat(design.BrandHue, 'g', -1, 64) + ";",
		"--brand-c: " + strconv.FormatFloat(design.BrandChroma, 'g', -1, 64) + ";",
	} {
		if !strings.Contains(string(css), want) {
			t.Errorf("portico.css lacks %q", want)
		}
	}
}

func FuzzThemeFromHex(f *testing.F) {
	for _, seed := range []string{"#3653cc", "#36c", "", "#ffffffffffffffffff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, color string) {
		hue, chroma, err := design.ThemeFromHex(color)
		if err == nil && !(hue >= 0 && hue < 360.001 && chroma >= 0 && chroma <= 0.22) {
			t.Errorf("%q: hue %v chroma %v", color, hue, chroma)
		}
	})
}
