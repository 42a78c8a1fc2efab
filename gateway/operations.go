package gateway

import (
	"cmp"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"portico/snapshot"
)

// operations finds the operation that a request is for, among those of a
// control plane. It is immutable.
//
// Paths are compared segment by segment and without escapes. As OpenAPI has it,
// a literal segment goes before one with parameters; beyond it, a path counts
// with and without a slash at its end, and HEAD as GET where there is no HEAD:
// a service that is as generous must not be open where the caller is, too.
type operations struct{ root segment }

// segment is a place in the tree of templates.
type segment struct {
	literals map[string]*segment
	patterns []pattern // with text beside parameters, most text first
	any      *segment  // a parameter alone
	ends     [2]map[string]*operation
}

type pattern struct {
	source string
	expr   *regexp.Regexp
	length int // of its text
	next   *segment
}

// operation is what a request is for.
type operation struct {
	id    string
	guard *guard
}

// newOperations compiles the operations of each control plane. Operations of
// several APIs with one method and path let in whoever one of them does.
func newOperations(all []snapshot.Operation, strategies map[string]*strategy) map[string]*operations {
	type end struct {
		at        *segment
		slash     int
		method    string
		operation string
		access    []snapshot.Access
	}
	out := map[string]*operations{}
	ends := map[string]*end{}
	var order []string
	for _, o := range all {
		if out[o.ControlPlaneID] == nil {
			out[o.ControlPlaneID] = &operations{}
		}
		parts, slash := segments(resolveDots(o.Template))
		at := &out[o.ControlPlaneID].root
		shape := ""
		for _, part := range parts {
			at = at.to(part)
			shape += "/" + braced.ReplaceAllString(part, "{}")
		}
		key := strings.Join([]string{o.ControlPlaneID, o.Method, shape, "/"[:slash]}, " ")
		if ends[key] == nil {
			ends[key] = &end{at: at, slash: slash, method: o.Method, operation: o.ID}
			order = append(order, key)
		}
		for _, a := range o.Access {
			if e := ends[key]; !slices.Contains(e.access, a) {
				e.access = append(e.access, a)
			}
		}
	}
	for _, key := range order {
		e := ends[key]
		if e.at.ends[e.slash] == nil {
			e.at.ends[e.slash] = map[string]*operation{}
		}
		e.at.ends[e.slash][e.method] = &operation{e.operation, newGuard(e.access, strategies)}
	}
	return out
}

// braced is a parameter in a template.
var braced = regexp.MustCompile(`\{[^{}]*\}`)

// to is the place that a segment of a template leads to.
func (s *segment) to(part string) *segment {
	text := braced.ReplaceAllString(part, "")
	switch {
	case text == part:
		if s.literals == nil {
			s.literals = map[string]*segment{}
		}
		if s.literals[part] == nil {
			s.literals[part] = &segment{}
		}
		return s.literals[part]
	case braced.FindString(part) == part:
		if s.any == nil {
			s.any = &segment{}
		}
		return s.any
	}
	var source strings.Builder
	for i, literal := range braced.Split(part, -1) {
		if i > 0 {
			source.WriteString("(?s:.+?)")
		}
		source.WriteString(regexp.QuoteMeta(literal))
	}
	for _, p := range s.patterns {
		if p.source == source.String() {
			return p.next
		}
	}
	made := pattern{source.String(), regexp.MustCompile("^" + source.String() + "$"), len(text), &segment{}}
	s.patterns = append(s.patterns, made)
	slices.SortStableFunc(s.patterns, func(a, b pattern) int { return cmp.Compare(b.length, a.length) })
	return made.next
}

// segments splits a path into unescaped segments; slash is 1 when it ends with
// one.
func segments(path string) (parts []string, slash int) {
	path = strings.TrimPrefix(path, "/")
	if path == "" {
		return nil, 0
	}
	if rest, ended := strings.CutSuffix(path, "/"); ended {
		path, slash = rest, 1
	}
	parts = strings.Split(path, "/")
	for i, part := range parts {
		parts[i] = unescaped(part)
	}
	return parts, slash
}

func unescaped(s string) string {
	if text, err := url.PathUnescape(s); err == nil {
		return text
	}
	return s
}

// find returns the operation of a request by its normalized path; nil when it
// is for none. Services differ in what they take an escaped slash for, so a path
// that has one is also tried as if it were a plain slash, and first.
func (o *operations) find(method, path string) *operation {
	if !strings.HasPrefix(path, "/") {
		return nil
	}
	if strings.Contains(path, "%2F") {
		if found := o.lookup(method, resolveDots(strings.ReplaceAll(path, "%2F", "/"))); found != nil {
			return found
		}
	}
	return o.lookup(method, path)
}

func (o *operations) lookup(method, path string) *operation {
	parts, slash := segments(path)
	found := o.root.find(parts, slash, method)
	if found == nil && method == http.MethodHead {
		found = o.root.find(parts, slash, http.MethodGet)
	}
	return found
}

func (s *segment) find(parts []string, slash int, method string) *operation {
	if len(parts) == 0 {
		if found := s.ends[slash][method]; found != nil {
			return found
		}
		return s.ends[1-slash][method]
	}
	part, rest := parts[0], parts[1:]
	if next := s.literals[part]; next != nil {
		if found := next.find(rest, slash, method); found != nil {
			return found
		}
	}
	for _, p := range s.patterns {
		if p.expr.MatchString(part) {
			if found := p.next.find(rest, slash, method); found != nil {
				return found
			}
		}
	}
	if s.any == nil || part == "" {
		return nil
	}
	return s.any.find(rest, slash, method)
}
