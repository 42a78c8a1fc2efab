package design

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// ContentSecurityPolicy is what every page is sent with: everything from this origin, nothing inline.
const ContentSecurityPolicy = contentPolicy + "; frame-ancestors 'none'"

const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'"

// FramingPolicy is for a page that shows another one of this origin in a frame, FramedPolicy for that other one.
const (
	FramingPolicy = ContentSecurityPolicy + "; frame-src 'self'"
	FramedPolicy  = contentPolicy + "; frame-ancestors 'self'"
)

// AssetPrefix is the path that Assets serves.
const AssetPrefix = "/assets/"

//go:embed assets
var embedded embed.FS

// asset is a file as it is sent.
type asset struct {
	kind        string // Content-Type
	plain, gzip []byte
}

// bundle are all assets and the hash of all of them, which is part of every address: script modules and icons refer
// to each other by relative addresses, so one changed file renames all.
type bundle struct {
	hash  string
	files map[string]asset
}

// assets reads the embedded files once; they never change while the program runs.
var assets = sync.OnceValue(func() bundle {
	b := bundle{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(embedded, "assets", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		plain, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		fmt.Fprintf(sum, "%s %d\n", name, len(plain))
		sum.Write(plain)
		var packed bytes.Buffer
		w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		if err != nil {
			return err
		}
		if _, err := w.Write(plain); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		b.files[strings.TrimPrefix(name, "assets/")] = asset{contentType(name), plain, packed.Bytes()}
		return nil
	})
	if err != nil {
		panic(fmt.Errorf("embedded assets: %w", err)) // part of the program: it cannot be absent
	}
	b.hash = hex.EncodeToString(sum.Sum(nil))[:16]
	return b
})

// contentType does not ask the machine's table for scripts: a module served as anything else does not run.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	return mime.TypeByExtension(path.Ext(name))
}

// AssetURL is the address of an asset, for instance AssetURL("portico.css"); it changes with the asset's content.
func AssetURL(name string) string { return AssetPrefix + assets().hash + "/" + name }

// Assets serves every AssetURL, compressed where the browser takes it, to be kept for ever. An address with another
// hash, as an older page asks for during an update, gets the present file, which must not be kept.
func Assets() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b := assets()
		rest, under := strings.CutPrefix(r.URL.Path, AssetPrefix)
		hash, name, _ := strings.Cut(rest, "/")
		file, known := b.files[name]
		if !under || !known {
			http.NotFound(w, r)
			return
		}
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "assets are read only", http.StatusMethodNotAllowed)
			return
		}
		h := w.Header()
		h.Set("Content-Type", file.kind)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Vary", "Accept-Encoding")
		if hash == b.hash {
			h.Set("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			h.Set("Cache-Control", "no-cache")
		}
		body := file.plain
		if acceptsGzip(r.Header.Get("Accept-Encoding")) {
			h.Set("Content-Encoding", "gzip")
			body = file.gzip
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(body) // a reader that went away needs no answer
		}
	})
}

// acceptsGzip reports whether an Accept-Encoding header names gzip with a weight above zero.
func acceptsGzip(header string) bool {
	for coding := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(coding, ";")
		if name = strings.TrimSpace(name); !strings.EqualFold(name, "gzip") && name != "*" {
			continue
		}
		weight, given := strings.CutPrefix(strings.TrimSpace(params), "q=")
		if q, err := strconv.ParseFloat(weight, 64); !given || (err == nil && q > 0) {
			return true
		}
	}
	return false
}
