package design

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// The built-in brand, which portico.css holds too.
const (
	BrandHue    = 268.0
	BrandChroma = 0.19
)

// maxChroma is the strongest brand colour: beyond it, screens clip some hues so far that contrast no longer holds.
const maxChroma = 0.22

// Theme is a style sheet that sets a portal's brand, to be served as /theme.css?v=hash. Hue is in degrees of OKLCH,
// chroma from 0 (grey) to 0.22; what lies outside is brought inside. Lightness is not a portal's to choose: the
// style sheet fixes it, so that text keeps its contrast.
func Theme(hue, chroma float64) []byte {
	if math.IsNaN(hue) || math.IsInf(hue, 0) {
		hue = BrandHue
	}
	if hue = math.Mod(hue, 360); hue < 0 {
		hue += 360
	}
	if hue = math.Round(hue*10) / 10; !(hue > 0) || hue >= 360 { // also the negative zero, which would be written "-0"
		hue = 0
	}
	if !(chroma > 0) { // also false for NaN
		chroma = 0
	}
	return fmt.Appendf(nil, "@layer tokens {\n\t:root {\n\t\t--brand-h: %.1f;\n\t\t--brand-c: %.3f;\n\t}\n}\n", hue, min(chroma, maxChroma))
}

// ThemeFromHex is hue and chroma of a colour like "#3653cc" or "#36c"; its lightness is dropped.
func ThemeFromHex(color string) (hue, chroma float64, err error) {
	digits, marked := strings.CutPrefix(strings.TrimSpace(color), "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	n, err := strconv.ParseUint(digits, 16, 32)
	if err != nil || !marked || len(digits) != 6 {
		return 0, 0, fmt.Errorf("%q is not a colour: write # and three or six hexadecimal digits, as #3653cc", color)
	}
	_, chroma, hue = oklch(linear(float64(n>>16)/255), linear(float64(n>>8&255)/255), linear(float64(n&255)/255))
	return hue, min(chroma, maxChroma), nil
}

// linear undoes the sRGB transfer curve.
func linear(v float64) float64 {
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// oklch turns linear sRGB into lightness, chroma and hue in degrees. Matrices: Björn Ottosson, "A perceptual color
// space for image processing", 2020.
func oklch(r, g, b float64) (l, c, h float64) {
	x := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	y := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	z := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	l = 0.2104542553*x + 0.7936177850*y - 0.0040720468*z
	a := 1.9779984951*x - 2.4285922050*y + 0.4505937099*z
	bb := 0.0259040371*x + 0.7827717662*y - 0.8086757660*z
	c = math.Hypot(a, bb)
	if c < 1e-4 {
		return l, 0, 0
	}
	if h = math.Atan2(bb, a) * 180 / math.Pi; h < 0 {
		h += 360
	}
	return l, c, h
}
