package gateway

import (
	"net/url"
	"slices"
	"strings"
)

// queryValue is the first value of a parameter in a raw query, or "".
func queryValue(query, name string) string {
	for pair := range strings.SplitSeq(query, "&") {
		if key, value, _ := strings.Cut(pair, "="); isParameter(key, name) {
			if text, err := url.QueryUnescape(value); err == nil && text != "" {
				return text
			}
		}
	}
	return ""
}

// withoutParameters removes every occurrence of the named parameters and leaves
// the rest of the raw query as it is.
func withoutParameters(query string, names []string) string {
	if len(names) == 0 || query == "" {
		return query
	}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if !slices.ContainsFunc(names, func(name string) bool { return isParameter(key, name) }) {
			kept = append(kept, pair)
		}
	}
	return strings.Join(kept, "&")
}

func isParameter(escaped, name string) bool {
	if escaped == name {
		return true
	}
	key, err := url.QueryUnescape(escaped)
	return err == nil && key == name
}
