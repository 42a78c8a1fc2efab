package content

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"

	"portico"
)

const drawing = `<?xml version="1.0" encoding="UTF-8"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 9 9">
<defs><linearGradient id="a"><stop offset="0" style="stop-color:#fff"/></linearGradient></defs>
<style>.b { fill: url(#a) }</style><path class="b" d="M0 0h9v9z" fill="url(#a)"/><use xlink:href="#a"/>
<image href="data:image/png;base64,AAAA"/><title>Logo</title></svg>`

func TestDrawingsAreAccepted(t *testing.T) {
	t.Parallel()
	if err := checkSVG([]byte(drawing)); err != nil {
		t.Error(err)
	}
}

func TestDrawingsThatDoMoreAreRefused(t *testing.T) {
	t.Parallel()
	wrap := func(inner string) string { return `<svg xmlns="http://www.w3.org/2000/svg">` + inner + `</svg>` }
	for svg, word := range map[string]string{
		"":                                "no svg element",
		"plain":                           "no svg element",
		"<svg/>":                          "root must be svg",
		"<html></html>":                   "root must be svg",
		wrap("<script>alert(1)</script>"): "script",
		wrap("<SCRIPT/>"):                 "SCRIPT",
		wrap(`<g onload="alert(1)"/>`):    "onload",
		wrap(`<foreignObject/>`):          "foreignObject",
		wrap(`<b xmlns="http://www.w3.org/1999/xhtml"/>`):              "HTML",
		wrap(`<use href="https://evil.example/#a"/>`):                  "href",
		wrap(`<image href="data:image/svg+xml;base64,AAAA"/>`):         "href",
		wrap(`<a href="javascript:alert(1)"/>`):                        "element a",
		wrap(`<set attributeName="href" to="javascript:alert(1)"/>`):   "element set",
		wrap(`<style>@import "x";</style>`):                            "@import",
		wrap(`<style>@imp<!-- -->ort "x";</style>`):                    "@import",
		wrap(`<style>@imp<?xml x?>ort "x";</style>`):                   "@import",
		wrap(`<style><![CDATA[@imp]]>ort "x";</style>`):                "@import",
		wrap(`<style><g/>@import "x";</style>`):                        "@import",
		wrap(`<style>a { fill: url(https://evil.example) }</style>`):   "url()",
		wrap(`<path style="fill: url(https://evil.example)"/>`):        "url()",
		wrap(`<path fill="url(https://evil.example)"/>`):               "url()",
		wrap(`<g xml:base="https://evil.example"/>`):                   "xml:base",
		`<!DOCTYPE svg [<!ENTITY a "b">]>` + wrap("&a;"):               "document type",
		`<?xml-stylesheet href="x"?>` + wrap(""):                       "xml-stylesheet",
		wrap("<g>"):                                                    "well-formed",
		wrap(strings.Repeat("<g>", 200) + strings.Repeat("</g>", 200)): "nested",
	} {
		if err := checkSVG([]byte(svg)); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%.120s: %v, but that should speak of %s", svg, err, word)
		}
	}
}

func FuzzDrawings(f *testing.F) {
	f.Add([]byte(drawing))
	f.Add([]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if checkSVG(data) != nil {
			return
		}
		lower := bytes.ToLower(data)
		for _, word := range []string{"<script", "<!doctype", "<foreignobject", "<iframe"} {
			if bytes.Contains(lower, []byte(word)) && !bytes.Contains(lower, []byte("<![cdata[")) && !bytes.Contains(lower, []byte("<!--")) && !bytes.Contains(lower, []byte("<?")) {
				t.Errorf("%q is accepted with %s", data, word)
			}
		}
	})
}

func TestImagesAreWhatTheySay(t *testing.T) {
	t.Parallel()
	uri := func(media, data string) string {
		return "data:" + media + ";base64," + base64.StdEncoding.EncodeToString([]byte(data))
	}
	for media, data := range map[string]string{
		"image/png": "\x89PNG\r\n\x1a\n…", "image/jpeg": "\xff\xd8\xff\xe0", "image/gif": "GIF89a", "image/webp": "RIFF....WEBPVP8 ",
		"image/x-icon": "\x00\x00\x01\x00\x01\x00rest", "image/vnd.microsoft.icon": "\x00\x00\x01\x00\x01\x00rest", "image/svg+xml": drawing,
	} {
		gotMedia, got, err := readImage(uri(media, data))
		if err != nil || gotMedia != media || string(got) != data {
			t.Errorf("%s: %s %q %v", media, gotMedia, got, err)
			continue
		}
		if back := DataURI(portico.Asset{MediaType: gotMedia, Data: got}); back != uri(media, data) {
			t.Errorf("%s comes back as %s", uri(media, data), back)
		}
	}
	if _, _, err := readImage("data:image/png," + base64.StdEncoding.EncodeToString([]byte("\x89PNG\r\n\x1a\n"))); err != nil {
		t.Errorf("without ;base64: %v", err)
	}
	for _, bad := range []string{
		"", "x", "data:,", "data:image/png;base64", "data:image/png;base64,!", uri("text/html", "<p>"), uri("image/png", "GIF89a"), uri("image/tiff", "II"),
		uri("image/svg+xml", "<svg onload='x'/>"), uri("image/png", ""), uri("image/x-icon", "\x00\x00\x01\x00\x00\x00rest"),
		uri("image/png", "\x89PNG\r\n\x1a\n"+strings.Repeat("x", maxImage)), "https://x.example/a.png",
	} {
		_, _, err := readImage(bad)
		if portico.KindOf(err) != portico.KindInvalid {
			t.Errorf("%.60q: %v", bad, err)
		}
	}
}
