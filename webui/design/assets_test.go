package design_test

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"portico/webui/design"
)

func get(t *testing.T, url string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, url, nil)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	design.Assets().ServeHTTP(w, r)
	return w
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]string{
		"portico.css": "text/css; charset=utf-8", "icons.svg": "image/svg+xml", "favicon.svg": "image/svg+xml",
		"js/portico.js": "text/javascript; charset=utf-8",
	} {
		w := get(t, design.AssetURL(name))
		if w.Code != http.StatusOK || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s: %d %s", name, w.Code, w.Header().Get("Content-Type"))
		}
		if got := w.Header().Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %s", name, got)
		}
		if w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: its type may be guessed", name)
		}
	}
}

// A page of an older program asks with an older hash: it gets what there is, and does not keep it.
func TestAnOlderAddressIsNotKept(t *testing.T) {
	t.Parallel()
	w := get(t, design.AssetPrefix+"0123456789abcdef/portico.css")
	if w.Code != http.StatusOK || w.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("%d %s", w.Code, w.Header().Get("Cache-Control"))
	}
}

func TestAssetsAreCompressedForWhoTakesIt(t *testing.T) {
	t.Parallel()
	plain := get(t, design.AssetURL("portico.css"))
	for accept, packed := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.8": true, "*": true, "": false, "br": false, "gzip;q=0": false, "gzip; q=0.0": false, "xgzip": false, "gzip;q=x": false,
	} {
		w := get(t, design.AssetURL("portico.css"), "Accept-Encoding", accept)
		if w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: caches would mix encodings up", accept)
		}
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != packed {
			t.Errorf("%q: compressed %v", accept, got)
			continue
		}
		body := io.Reader(w.Body)
		if packed {
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body = z
		}
		if data, err := io.ReadAll(body); err != nil || string(data) != plain.Body.String() {
			t.Errorf("%q: %d bytes, want %d: %v", accept, len(data), plain.Body.Len(), err)
		}
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/assets/", "/assets/x", "/assets/x/", "/assets/x/absent.css", "/assets/x/../assets.go", "/assets/x/js", "/elsewhere/x/portico.css"} {
		if w := get(t, path); w.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	w := httptest.NewRecorder()
	design.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodPost, design.AssetURL("portico.css"), nil))
	if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d %s", w.Code, w.Header().Get("Allow"))
	}
	w = httptest.NewRecorder()
	design.Assets().ServeHTTP(w, httptest.NewRequest(http.MethodHead, design.AssetURL("portico.css"), nil))
	if w.Code != http.StatusOK || w.Body.Len() != 0 || w.Header().Get("Content-Length") == "0" {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
}

// eachAsset reads the files of a kind.
func eachAsset(t *testing.T, ext string, use func(name, content string)) {
	t.Helper()
	found := 0
	err := filepath.WalkDir("assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(name) != ext {
			return err
		}
		data, err := os.ReadFile(name)
		found++
		use(name, string(data))
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files %s: %v", found, ext, err)
	}
}

// Pages work on machines without a way to the internet: nothing is fetched from elsewhere.
func TestAssetsReferToNothingElsewhere(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`@import|url\((?:["']?)(?:https?:|//|data:)|@font-face|https?://[^\s"'<>]+`)
	for _, ext := range []string{".css", ".js", ".svg"} {
		eachAsset(t, ext, func(name, content string) {
			for _, found := range foreign.FindAllString(content, -1) {
				if found != "http://www.w3.org/2000/svg" {
					t.Errorf("%s refers to %s", name, found)
				}
			}
		})
	}
}

// Scripts must run under the content security policy, and each import must exist.
func TestScriptsKeepThePolicy(t *testing.T) {
	t.Parallel()
	banned := regexp.MustCompile(`\beval\(|new Function|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\.style\b|\.cssText`)
	imports := regexp.MustCompile(`from "\./([^"]+)"|import "\./([^"]+)"`)
	size := 0
	eachAsset(t, ".js", func(name, content string) {
		size += len(content)
		if !strings.HasPrefix(content, "// @ts-check\n") {
			t.Errorf("%s is not checked by types", name)
		}
		if found := banned.FindString(content); found != "" {
			t.Errorf("%s uses %s", name, found)
		}
		for _, m := range imports.FindAllStringSubmatch(content, -1) {
			if _, err := os.Stat(filepath.Join("assets/js", m[1]+m[2])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	if size > 26<<10 {
		t.Errorf("%d bytes of scripts; pages have to stay light", size)
	}
}

func TestScriptsParse(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Skip("node is not installed; browsers parse the scripts in the tests of the pages")
	}
	eachAsset(t, ".js", func(name, content string) {
		cmd := exec.Command(node, "--check", "--input-type=module", "-")
		cmd.Stdin = strings.NewReader(content)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	})
}
