package gateway

import (
	"strings"
)

// normalize gives the one spelling of an escaped path that routes are matched
// against and that is sent upstream (RFC 3986 §6.2.2): escapes of unreserved
// characters decoded, other escapes in upper case, dot segments resolved,
// repeated slashes merged. Two spellings of one path therefore never take two
// routes. It returns "" for a path that does not start with a slash.
func normalize(escaped string) string {
	if !strings.HasPrefix(escaped, "/") {
		return ""
	}
	if !strings.Contains(escaped, "%") && !strings.Contains(escaped, "//") && !strings.Contains(escaped, "/.") {
		return escaped
	}
	return resolveDots(decodeUnreserved(escaped))
}

func decodeUnreserved(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '%' || i+2 >= len(s) {
			b.WriteByte(s[i])
			continue
		}
		high, low := unhex(s[i+1]), unhex(s[i+2])
		if high < 0 || low < 0 {
			b.WriteByte(s[i])
			continue
		}
		if c := byte(high<<4 | low); unreserved(c) {
			b.WriteByte(c)
		} else {
			b.WriteString("%")
			b.WriteString(strings.ToUpper(s[i+1 : i+3]))
		}
		i += 2
	}
	return b.String()
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}

// resolveDots removes "." and ".." segments and merges slashes; a path that
// ended in a slash or a dot segment ends in a slash.
func resolveDots(path string) string {
	var kept []string
	segments := strings.Split(path, "/")
	for _, s := range segments {
		switch s {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, s)
		}
	}
	out := "/" + strings.Join(kept, "/")
	if last := segments[len(segments)-1]; len(kept) > 0 && (last == "" || last == "." || last == "..") {
		out += "/"
	}
	return out
}

// upstreamPath joins a service's path with the request's, as Kong's path
// handling v0 does: matched is the part that the route matched, removed when
// strip is set.
func upstreamPath(service, request, matched string, strip bool) string {
	rest := request
	if strip {
		rest = request[len(matched):]
	}
	base := strings.TrimSuffix(service, "/")
	switch {
	case rest == "" && strings.HasSuffix(request, "/"), rest == "/":
		return base + "/"
	case rest == "" && base == "":
		return "/"
	case rest == "":
		return base
	}
	return base + "/" + strings.TrimPrefix(rest, "/")
}
