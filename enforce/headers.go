package enforce

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"portico/snapshot"
)

// transformer changes headers.
type transformer struct {
	remove                       []string
	rename, replace, add, append []assignment
}

// assignment is a header and its value, or its new name.
type assignment struct{ name, value string }

func newTransformer(c snapshot.HeaderTransformer) *transformer {
	assignments := func(step snapshot.HeaderStep) []assignment {
		var out []assignment
		for _, text := range step.Headers {
			name, value, _ := strings.Cut(text, ":")
			out = append(out, assignment{http.CanonicalHeaderKey(name), strings.TrimSpace(value)})
		}
		return out
	}
	return &transformer{c.Remove.Headers, assignments(c.Rename), assignments(c.Replace), assignments(c.Add), assignments(c.Append)}
}

// apply takes the steps in Kong's order.
func (t *transformer) apply(header http.Header) {
	for _, name := range t.remove {
		header.Del(name)
	}
	for _, a := range t.rename {
		if values := header.Values(a.name); len(values) > 0 {
			header.Del(a.name)
			header[http.CanonicalHeaderKey(a.value)] = values
		}
	}
	for _, a := range t.replace {
		if len(header.Values(a.name)) > 0 {
			header.Set(a.name, a.value)
		}
	}
	for _, a := range t.add {
		if len(header.Values(a.name)) == 0 {
			header.Set(a.name, a.value)
		}
	}
	for _, a := range t.append {
		header.Add(a.name, a.value)
	}
}

// correlation gives requests an id by which their traces can be found together.
type correlation struct {
	snapshot.CorrelationID
	prefix string
	count  atomic.Uint64
}

func newCorrelation(c snapshot.CorrelationID) *correlation {
	return &correlation{CorrelationID: c, prefix: uuid()}
}

// arrive keeps the id that a request has, and makes one otherwise.
func (c *correlation) arrive(request, response http.Header) {
	id := request.Get(c.HeaderName)
	if id == "" {
		if id = uuid(); c.Generator == "uuid#counter" {
			id = fmt.Sprintf("%s#%d", c.prefix, c.count.Add(1))
		}
		request.Set(c.HeaderName, id)
	}
	if c.EchoDownstream {
		response.Set(c.HeaderName, id)
	}
}

// uuid is one of version 4 (RFC 9562 §5.4).
func uuid() string {
	var b [16]byte
	rand.Read(b[:]) // never fails: crypto/rand aborts the program instead
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
