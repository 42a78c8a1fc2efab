package gateway

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"portico/enforce"
	"portico/snapshot"
)

// router finds the route of a request by the rules of Kong's traditional
// router. It is immutable.
//
// Every combination of one host and one path of a route is a rule. Rules are
// ranked once, best first; the answer is the matching rule of lowest rank. To
// find it without trying all, rules lie in groups by host, and within a group
// prefixes lie in a map that is asked once for every distinct prefix length.
type router struct {
	hosts     map[string]*group // by lower-case host, with port where the route names one
	wildcards []wildcard
	any       *group // routes without hosts
}

type wildcard struct {
	prefix, suffix string // one of them is empty
	group          *group
}

// group holds the rules of one host.
type group struct {
	prefixes map[string][]*rule // rules by literal path prefix, "" for routes without paths
	lengths  []int              // of the keys of prefixes
	regexes  []*rule
}

type rule struct {
	route  *route
	rank   int
	host   string
	prefix string // of a literal path
	regex  *regexp.Regexp
}

type route struct {
	snapshot.Route
	service *service
	headers []headerRule
	plugins *enforce.Chain // nil: none
}

// headerRule wants one of the values, or a value that the pattern matches
// ("~*…": a regular expression without regard to case).
type headerRule struct {
	name    string
	values  []string // lower case
	pattern *regexp.Regexp
}

// match is a route found, and the part of the path that it matched.
type match struct {
	route   *route
	matched string
}

// newRouter compiles routes; those whose service is disabled are left out. It
// expects a validated snapshot.
func newRouter(routes []snapshot.Route, services map[string]*service, plugins *enforce.Set) (*router, error) {
	rules, err := rank(routes, services, plugins)
	if err != nil {
		return nil, err
	}
	r := &router{hosts: map[string]*group{}, any: newGroup()}
	patterns := map[string]*group{}
	for i, rule := range rules {
		rule.rank = i
		r.group(rule.host, patterns).add(rule)
	}
	return r, nil
}

func (r *router) group(host string, patterns map[string]*group) *group {
	switch {
	case host == "":
		return r.any
	case !strings.Contains(host, "*"):
		if r.hosts[host] == nil {
			r.hosts[host] = newGroup()
		}
		return r.hosts[host]
	case patterns[host] == nil:
		patterns[host] = newGroup()
		r.wildcards = append(r.wildcards, newWildcard(host, patterns[host]))
	}
	return patterns[host]
}

func newWildcard(pattern string, g *group) wildcard {
	prefix, suffix, _ := strings.Cut(pattern, "*")
	return wildcard{prefix, suffix, g}
}

// Advantage is what makes one of two rules that match the better one.
type Advantage string

// The advantages, in the order in which they count. The last is there so that
// the order is always the same.
const (
	MoreAttributes Advantage = "more_attributes" // of method, host, headers and path, the route names more
	MoreSpecific   Advantage = "more_specific"   // a host without wildcard, then a regular expression
	MoreHeaders    Advantage = "more_headers"
	HigherPriority Advantage = "higher_priority" // regex_priority
	LongerPath     Advantage = "longer_path"
	Older          Advantage = "older"
	SmallerID      Advantage = "smaller_id"
)

// compare is negative when a is the better rule, and by says why.
func compare(a, b *rule) (order int, by Advantage) {
	for _, of := range [...]struct {
		advantage Advantage
		order     int
	}{
		{MoreAttributes, -cmp.Compare(kinds(a.route), kinds(b.route))},
		{MoreSpecific, -cmp.Compare(a.specificity(), b.specificity())},
		{MoreHeaders, -cmp.Compare(len(a.route.headers), len(b.route.headers))},
		{HigherPriority, -cmp.Compare(a.regexPriority(), b.regexPriority())},
		{LongerPath, -cmp.Compare(a.length(), b.length())},
		{Older, a.route.CreatedAt.Compare(b.route.CreatedAt)},
		{SmallerID, cmp.Compare(a.route.ID, b.route.ID)},
	} {
		if of.order != 0 {
			return of.order, of.advantage
		}
	}
	return 0, ""
}

// rank expands routes into rules and sorts them, best first.
func rank(routes []snapshot.Route, services map[string]*service, plugins *enforce.Set) ([]*rule, error) {
	var rules []*rule
	for _, r := range routes {
		s := services[r.ServiceID]
		if !s.Enabled {
			continue
		}
		compiled := &route{Route: r, service: s,
			plugins: plugins.Route(enforce.Target{RouteID: r.ID, ServiceID: s.ID, ControlPlaneID: s.ControlPlaneID})}
		for name, values := range r.Headers {
			h, err := compileHeader(name, values)
			if err != nil {
				return nil, err
			}
			compiled.headers = append(compiled.headers, h)
		}
		for _, host := range orNone(r.Hosts) {
			for _, path := range orNone(r.Paths) {
				rule, err := newRule(compiled, strings.ToLower(host), path)
				if err != nil {
					return nil, err
				}
				rules = append(rules, rule)
			}
		}
	}
	slices.SortStableFunc(rules, func(a, b *rule) int {
		order, _ := compare(a, b)
		return order
	})
	return rules, nil
}

func orNone(values []string) []string {
	if len(values) == 0 {
		return []string{""}
	}
	return values
}

func newRule(r *route, host, path string) (*rule, error) {
	regex, err := snapshot.CompilePath(cmp.Or(path, "/"))
	if err != nil {
		return nil, err
	}
	if regex != nil || path == "" {
		return &rule{route: r, host: host, regex: regex}, nil
	}
	u, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, err
	}
	return &rule{route: r, host: host, prefix: normalize(u.EscapedPath())}, nil
}

func compileHeader(name string, values []string) (headerRule, error) {
	h := headerRule{name: http.CanonicalHeaderKey(name)}
	if pattern, isRegex := strings.CutPrefix(values[0], "~*"); isRegex && len(values) == 1 {
		var err error
		h.pattern, err = regexp.Compile("(?i:" + pattern + ")")
		return h, err
	}
	for _, v := range values {
		h.values = append(h.values, strings.ToLower(v))
	}
	return h, nil
}

func kinds(r *route) int {
	n := 0
	for _, size := range []int{len(r.Methods), len(r.Hosts), len(r.Headers), len(r.Paths)} {
		n += min(size, 1)
	}
	return n
}

func (u *rule) specificity() int {
	n := 0
	if u.host != "" && !strings.Contains(u.host, "*") {
		n += 2
	}
	if u.regex != nil {
		n++
	}
	return n
}

func (u *rule) regexPriority() int {
	if u.regex == nil {
		return 0
	}
	return u.route.RegexPriority
}

func (u *rule) length() int {
	if u.regex != nil {
		return len(u.regex.String())
	}
	return len(u.prefix)
}

func newGroup() *group { return &group{prefixes: map[string][]*rule{}} }

// add expects rules in the order of their ranks.
func (g *group) add(u *rule) {
	if u.regex != nil {
		g.regexes = append(g.regexes, u)
		return
	}
	if g.prefixes[u.prefix] == nil {
		if n := len(u.prefix); !slices.Contains(g.lengths, n) {
			g.lengths = append(g.lengths, n)
		}
	}
	g.prefixes[u.prefix] = append(g.prefixes[u.prefix], u)
}

// target is what the router looks at. Path is normalized.
type target struct {
	method, host, path string
	header             Header
}

// find returns the best match; ok is false when no route matches.
func (r *router) find(t target) (m match, ok bool) {
	var best *rule
	host := strings.ToLower(t.host)
	bare := withoutPort(host)
	if g := r.hosts[host]; g != nil {
		best = g.find(t, best)
	}
	if g := r.hosts[bare]; g != nil && bare != host {
		best = g.find(t, best)
	}
	for _, w := range r.wildcards {
		if w.matches(host) || w.matches(bare) {
			best = w.group.find(t, best)
		}
	}
	if best = r.any.find(t, best); best == nil {
		return match{}, false
	}
	return match{best.route, best.matched(t.path)}, true
}

// withoutPort removes a port; an IPv6 address keeps its brackets.
func withoutPort(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		if strings.Contains(name, ":") {
			return "[" + name + "]"
		}
		return name
	}
	return host
}

func (w wildcard) matches(host string) bool {
	return len(host) > len(w.prefix)+len(w.suffix) && strings.HasPrefix(host, w.prefix) && strings.HasSuffix(host, w.suffix)
}

// find returns the group's best matching rule if it is better than best.
func (g *group) find(t target, best *rule) *rule {
	better := func(candidates []*rule) {
		for _, u := range candidates {
			if best != nil && u.rank >= best.rank {
				return
			}
			if u.matches(t) {
				best = u
				return
			}
		}
	}
	for _, n := range g.lengths {
		if n <= len(t.path) {
			better(g.prefixes[t.path[:n]])
		}
	}
	better(g.regexes)
	return best
}

// matches checks what the group has not: method, headers, regular expression.
func (u *rule) matches(t target) bool {
	return u.route.takesMethod(t.method) && u.route.takesHeader(t.header) && (u.regex == nil || u.regex.MatchString(t.path))
}

func (r *route) takesMethod(method string) bool {
	return len(r.Methods) == 0 || slices.Contains(r.Methods, method)
}

func (r *route) takesHeader(header Header) bool {
	for _, h := range r.headers {
		if !slices.ContainsFunc(header.Values(h.name), h.accepts) {
			return false
		}
	}
	return true
}

func (h headerRule) accepts(value string) bool {
	if h.pattern != nil {
		return h.pattern.MatchString(value)
	}
	return slices.Contains(h.values, strings.ToLower(value))
}

// matched is the part of the path that the rule matched, which strip_path
// removes.
func (u *rule) matched(path string) string {
	if u.regex == nil {
		return u.prefix
	}
	return u.regex.FindString(path)
}
