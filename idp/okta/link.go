package okta

import (
	"net/http"
	"strings"
)

// nextLink is the target of the link with rel="next" (RFC 8288), empty if there
// is none.
func nextLink(h http.Header) string {
	for _, header := range h.Values("Link") {
		for header != "" {
			target, rel, rest := cutLink(header)
			if rel == "next" {
				return target
			}
			header = rest
		}
	}
	return ""
}

// cutLink takes the first link off a Link header.
func cutLink(header string) (target, rel, rest string) {
	_, after, found := strings.Cut(header, "<")
	if !found {
		return "", "", ""
	}
	target, after, found = strings.Cut(after, ">")
	if !found {
		return "", "", ""
	}
	params, rest := after, ""
	quoted := false
	for i, r := range after {
		if r == '"' {
			quoted = !quoted
		} else if r == ',' && !quoted {
			params, rest = after[:i], after[i+1:]
			break
		}
	}
	for param := range strings.SplitSeq(params, ";") {
		name, value, _ := strings.Cut(param, "=")
		if strings.EqualFold(strings.TrimSpace(name), "rel") {
			rel = strings.ToLower(strings.Trim(strings.TrimSpace(value), `"`))
		}
	}
	return target, rel, rest
}
