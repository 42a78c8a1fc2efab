package enforce

import (
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"portico/snapshot"
)

// ipRestriction lets callers in by their address.
type ipRestriction struct {
	snapshot.IPRestriction
	allow, deny []netip.Prefix
}

func newIPRestriction(c snapshot.IPRestriction) (*ipRestriction, error) {
	out := &ipRestriction{IPRestriction: c}
	for _, list := range []struct {
		texts []string
		to    *[]netip.Prefix
	}{{c.Allow, &out.allow}, {c.Deny, &out.deny}} {
		for _, text := range list.texts {
			block, err := snapshot.ParseNetwork(text)
			if err != nil {
				return nil, err
			}
			*list.to = append(*list.to, block)
		}
	}
	return out, nil
}

// admit refuses an address that is denied, or that is not among those allowed.
func (r *ipRestriction) admit(source netip.Addr) *Answer {
	source = source.Unmap().WithZone("")
	within := func(blocks []netip.Prefix) bool {
		return slices.ContainsFunc(blocks, func(b netip.Prefix) bool { return b.Contains(source) })
	}
	if !within(r.deny) && (len(r.allow) == 0 || within(r.allow)) {
		return nil
	}
	a := &Answer{Status: http.StatusForbidden, Reason: ReasonRestricted, Message: "IP address not allowed: " + source.String()}
	if r.Status != 0 {
		a.Status = r.Status
	}
	if r.Message != "" {
		a.Message = r.Message
	}
	return a
}

// sizeLimit limits bodies.
type sizeLimit struct {
	bytes          int64
	requiresLength bool
}

func newSizeLimit(c snapshot.RequestSize) *sizeLimit {
	unit := map[string]int64{"megabytes": 1 << 20, "kilobytes": 1 << 10, "bytes": 1}[c.SizeUnit]
	return &sizeLimit{int64(c.AllowedPayloadSize) * unit, c.RequireContentLength}
}

// admit refuses a body that is announced too large. One whose length is not
// known is counted on its way; see BodyLimit.
func (l *sizeLimit) admit(q Request) *Answer {
	switch {
	case q.Length > l.bytes:
		return &Answer{Status: http.StatusRequestEntityTooLarge, Reason: ReasonTooLarge, Message: "Request size limit exceeded"}
	case l.requiresLength && q.Length < 0:
		return &Answer{Status: http.StatusLengthRequired, Reason: ReasonNoLength, Message: "A valid Content-Length header is required"}
	}
	return nil
}

// termination answers in the service's place.
type termination struct{ snapshot.RequestTermination }

func (t *termination) admit(q Request) *Answer {
	if t.Trigger != "" && len(q.Header.Values(t.Trigger)) == 0 && !hasParameter(q.Query, t.Trigger) {
		return nil
	}
	a := &Answer{Status: t.StatusCode, Reason: ReasonTerminated, Message: t.Message, ContentType: t.ContentType, Body: t.Body}
	switch {
	case t.Body != "" && t.ContentType == "":
		a.ContentType = "application/json; charset=utf-8"
	case t.Body == "" && t.Message == "":
		a.Message = http.StatusText(t.StatusCode)
	}
	return a
}

func hasParameter(query, name string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if text, err := url.QueryUnescape(key); err == nil && text == name {
			return true
		}
	}
	return false
}
