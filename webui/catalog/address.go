package catalog

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"portico/routing"
)

// base is where the gateway serves an API, for its operations' paths to follow;
// empty: no route leads to it that a plain address reaches.
func (p pages) base(ctx context.Context, a api) (string, error) {
	target, err := p.target(ctx, a, http.MethodGet)
	if err != nil || target == nil {
		return "", err
	}
	return strings.TrimSuffix(routing.At(target.url.String(), target.host), "/"), nil
}

// target is where a request for an API goes: always the portal's own gateway,
// which tells hosts apart by name alone.
type target struct {
	url  url.URL // of the gateway, with the path before that of the operation
	host string  // that the route wants; empty: any
}

// target finds a route to an API for a method; nil: there is none.
func (p pages) target(ctx context.Context, a api, method string) (*target, error) {
	routes, err := p.Implementations.Routes(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	gateway, err := url.Parse(p.GatewayURL)
	if err != nil {
		return nil, err
	}
	for _, r := range routes {
		prefix, host, ok := routing.Reach(r, method)
		if !ok {
			continue
		}
		t := &target{url: *gateway, host: host}
		t.url.Path = strings.TrimSuffix(t.url.Path, "/")
		if r.StripPath || !p.documented(a, prefix) {
			t.url.Path += prefix
		}
		return t, nil
	}
	return nil, nil
}

// documented says that the specification's own paths begin with a prefix, so
// that addresses must not repeat it.
func (p pages) documented(a api, prefix string) bool {
	if a.Version == nil || prefix == "" {
		return false
	}
	document, err := p.documents.of(*a.Version)
	if err != nil || document.Total == 0 {
		return false
	}
	for _, t := range document.Tags {
		for _, head := range t.Operations {
			if head.Path != prefix && !strings.HasPrefix(head.Path, prefix+"/") {
				return false
			}
		}
	}
	return true
}

// forbidden are headers that a visitor may not set: they belong to the
// connection, or say who sent the request.
func forbidden(name string) bool {
	name = http.CanonicalHeaderKey(name)
	return strings.HasPrefix(name, "Proxy-") || strings.HasPrefix(name, "X-Forwarded-") || strings.HasPrefix(name, "Sec-") || slices.Contains([]string{
		"Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "Te", "Trailer", "Expect", "Keep-Alive", "Forwarded", "X-Real-Ip", "Cookie",
	}, name)
}

// operationPath fills a path in. A value must not change which operation is
// called: it stays within its segment.
func operationPath(path string, values map[string]string) (filled string, bad string) {
	for name, value := range values {
		if value == "" || value == "." || value == ".." || strings.ContainsAny(value, `/\`) || strings.ContainsFunc(value, isControl) {
			return "", name
		}
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path, ""
}

func isControl(c rune) bool { return c < ' ' || c == 0x7f }

// isToken says whether a text can be the name of a header.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(c rune) bool {
		return c <= ' ' || c >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, c)
	})
}
