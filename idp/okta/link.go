package okta

import (
	"fmt"
	"net/url"
	"strings"

	"portico"
)

// nextPage is the path and query of the link with rel="next" (RFC 8288), empty
// if there is none. Okta's links are absolute; one that leads to another host
// or to another list is an error, because the token must not follow it.
func nextPage(headers []string, base *url.URL, list string) (string, error) {
	for _, header := range headers {
		for header != "" {
			target, rel, rest := cutLink(header)
			header = rest
			if rel != "next" {
				continue
			}
			u, err := url.Parse(target)
			if err != nil || u.Scheme != base.Scheme || u.Host != base.Host || u.Path != list || u.RawPath != "" || u.RawQuery == "" {
				return "", &portico.IdPError{Kind: portico.IdPUnavailable,
					Detail: fmt.Sprintf("Okta's list of clients continues outside %s, where the token does not go", base.Host)}
			}
			return list + "?" + u.RawQuery, nil
		}
	}
	return "", nil
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
