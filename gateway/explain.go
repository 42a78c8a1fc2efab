package gateway

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/enforce"
	"portico/oauth"
	"portico/snapshot"
)

// Question is a request that is explained instead of being passed on. It has no
// body.
type Question struct {
	Method string
	Host   string // as the caller names it, with a port where he names one
	Target string // escaped path and query
	Header http.Header
	Source netip.Addr // the caller
	Secure bool       // by https
	// Application is the id of the one that calls, with a credential that is
	// taken to be good; empty: whatever is in Header counts.
	Application string
	Now         time.Time
	// Unserved are routes without a service, by control plane. Gateways do not
	// know them; they are named where they would have taken the request.
	Unserved map[string][]snapshot.Route
}

// Explanation is what a gateway does with a request, and why.
type Explanation struct {
	Status  int // that the caller gets; with an Upstream, whatever the service answers
	Reason  Reason
	ByRule  bool   // a plugin answers: Reason is one of package enforce
	Message string // that the gateway answers with
	Path    string // as routes see it: normalized

	Match *Match // nil: no route takes the request
	Near  []Near // without a match, the routes that come closest

	Operation   string                // that is decided about by itself; empty: none
	Access      []snapshot.Access     // who is let in; none: everybody
	Application *snapshot.Application // that calls; nil: nobody knows
	APIID       string                // that it calls
	Consumer    *snapshot.Consumer    // as whom it calls; nil: as itself
	Upstream    *Upstream             // nil: the request is not passed on
}

// Match is the route that takes a request.
type Match struct {
	Route   snapshot.Route
	Service snapshot.Service
	Host    string // of the route, that fits; empty: any does
	Path    string // the same
	Over    []Over // the other routes that would take it, best first
}

// Over is a route that takes a request, too, but has a disadvantage.
type Over struct {
	Route   snapshot.Route
	Service snapshot.Service
	By      Advantage // of the route that is chosen
}

// Near is a route that does not take a request.
type Near struct {
	Route   snapshot.Route
	Service snapshot.Service
	Misses  []Miss
	fits    int // bytes of its path, if that fits
}

// compare is negative when a comes closer: a wrong path is further away than
// anything else, and a longer one that fits is nearer.
func (a Near) compare(b Near) int {
	distance := func(n Near) int {
		if slices.Contains(n.Misses, WrongPath) {
			return 2*len(n.Misses) + 3
		}
		return 2 * len(n.Misses)
	}
	return cmp.Or(cmp.Compare(distance(a), distance(b)), -cmp.Compare(a.fits, b.fits))
}

// Miss is what keeps a route from taking a request.
type Miss string

// The misses.
const (
	WrongPath   Miss = "path"
	WrongHost   Miss = "host"
	WrongMethod Miss = "method"
	WrongHeader Miss = "header"
	Disabled    Miss = "disabled"   // the route's service
	NoService   Miss = "no_service" // the route has none
)

// Upstream is where a request is passed on to.
type Upstream struct {
	URL  string
	Host string // that the service is told
}

// maxNear is how many routes are named that come close, or lose.
const maxNear = 3

// Explain says what a gateway with the configuration would do with a request.
// It is that gateway, except that nothing leaves it: an application is taken at
// its word, and what would be sent to a service is kept. Limits count from
// nothing.
func Explain(ctx context.Context, s *snapshot.Snapshot, q Question) (Explanation, error) {
	now := func() time.Time { return q.Now }
	logger := slog.New(slog.DiscardHandler)
	g := New(Options{Providers: oauth.NewProviders(nil, now, logger), Logger: logger, Now: now})
	if err := g.Replace(s); err != nil {
		return Explanation{}, err
	}
	r, err := q.request(ctx)
	if err != nil {
		return Explanation{}, err
	}
	state, sent := g.state.Load(), &kept{}
	g.policy.methods = []try{(*policy).tryKey}
	if app := state.apps.Application(q.Application); app != nil {
		g.policy.methods = []try{takenAtItsWord(app)}
	}
	out := Explanation{Path: normalize(r.URL.EscapedPath())}
	asked := target{r.Method, r.Host, out.Path, r.Header}
	if found, ok := state.table.router.find(asked); ok {
		found.route.service.transport = sent
		var by *guard
		if by, out.Operation = found.route.service.forRequest(r.Method, out.Path); by != nil {
			out.Access = by.access
		}
	}
	w := &transcript{header: http.Header{}}
	e := &exchange{gateway: g, source: caller{addr: q.Source, secure: q.Secure}, header: w.header}
	g.handle(e, w, r)
	out.Status, out.Reason, out.Message = w.status, e.verdict.Reason, w.message()
	out.Application, out.APIID, out.Consumer, out.Upstream = e.verdict.Application, e.verdict.APIID, e.consumer, sent.upstream
	passed := e.verdict.Status == http.StatusOK // the policy, if it was asked
	out.ByRule = e.match.route != nil && out.Upstream == nil && out.Reason != notSecure && (passed || e.verdict.Status == 0)
	if e.match.route == nil {
		if err := out.unserved(q.Unserved, asked); err != nil {
			return out, err
		}
	}
	return out, out.compare(s.Routing, e.match.route, asked)
}

// request is the request as the gateway's server reads it.
func (q Question) request(ctx context.Context) (*http.Request, error) {
	u, err := url.ParseRequestURI(q.Target)
	if err != nil {
		return nil, err
	}
	r := &http.Request{
		Method: q.Method, URL: u, RequestURI: q.Target, Host: q.Host, Header: q.Header.Clone(), Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: netip.AddrPortFrom(q.Source, 0).String(),
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	return r.WithContext(ctx), nil
}

// takenAtItsWord accepts an application wherever it could prove who it is.
func takenAtItsWord(app *snapshot.Application) try {
	return func(_ *policy, _ context.Context, q *query) attempt {
		q.presented = true
		for _, s := range slices.Concat(q.guard.oidc, q.guard.keys) {
			if s.id == app.StrategyID && (s.oidc == nil || s.basic || s.bearer) {
				return attempt{proof: &proof{app: app, strategy: s, credentialID: cmp.Or(app.ClientID, app.ID), scoped: true}}
			}
		}
		return attempt{}
	}
}

// compare tells which routes would take the request and which come close.
func (x *Explanation) compare(routing snapshot.Routing, chosen *route, asked target) error {
	disabled, services := map[string]bool{}, map[string]*service{}
	for _, s := range routing.Services {
		disabled[s.ID] = !s.Enabled
		services[s.ID] = &service{Service: s}
		services[s.ID].Enabled = true // or rank leaves its routes out
	}
	var plugins *enforce.Set
	rules, err := rank(routing.Routes, services, plugins)
	if err != nil {
		return err
	}
	var best *rule
	seen := map[string]bool{} // routes; the first of a route's rules that match is its best
	for _, u := range rules {
		misses := u.misses(asked)
		if disabled[u.route.ServiceID] {
			misses = append(misses, Disabled)
		}
		switch {
		case chosen == nil:
			x.near(u, misses)
		case len(misses) > 0 || seen[u.route.ID]:
			continue
		case u.route.ID == chosen.ID:
			best = u
			x.Match = &Match{Route: chosen.Route, Service: chosen.service.Service, Host: u.host, Path: u.path()}
		case best != nil && len(x.Match.Over) < maxNear:
			_, by := compare(best, u)
			x.Match.Over = append(x.Match.Over, Over{u.route.Route, u.route.service.Service, by})
		}
		seen[u.route.ID] = true
	}
	return nil
}

// unserved tells which routes without a service come close.
func (x *Explanation) unserved(by map[string][]snapshot.Route, asked target) error {
	for _, plane := range slices.Sorted(maps.Keys(by)) {
		none := &service{Service: snapshot.Service{ControlPlaneID: plane, Enabled: true}}
		rules, err := rank(by[plane], map[string]*service{"": none}, nil)
		if err != nil {
			return err
		}
		for _, u := range rules {
			x.near(u, append(u.misses(asked), NoService))
		}
	}
	return nil
}

// near keeps the rule's route if it is one of those that come closest.
func (x *Explanation) near(u *rule, misses []Miss) {
	n := Near{Route: u.route.Route, Service: u.route.service.Service, Misses: misses}
	if !slices.Contains(misses, WrongPath) {
		n.fits = u.length()
	}
	if i := slices.IndexFunc(x.Near, func(other Near) bool { return other.Route.ID == n.Route.ID }); i >= 0 {
		if x.Near[i].compare(n) <= 0 {
			return
		}
		x.Near = slices.Delete(x.Near, i, i+1)
	}
	x.Near = append(x.Near, n)
	slices.SortStableFunc(x.Near, Near.compare)
	x.Near = x.Near[:min(len(x.Near), maxNear)]
}

// misses is what of a request the rule does not take; a rule without any
// matches.
func (u *rule) misses(t target) []Miss {
	var out []Miss
	add := func(fits bool, miss Miss) {
		if !fits {
			out = append(out, miss)
		}
	}
	add(u.takesPath(t.path), WrongPath)
	add(u.takesHost(strings.ToLower(t.host)), WrongHost)
	add(u.route.takesMethod(t.method), WrongMethod)
	add(u.route.takesHeader(t.header), WrongHeader)
	return out
}

func (u *rule) takesPath(path string) bool {
	if u.regex != nil {
		return u.regex.MatchString(path)
	}
	return strings.HasPrefix(path, u.prefix)
}

func (u *rule) takesHost(host string) bool {
	bare := withoutPort(host)
	if strings.Contains(u.host, "*") {
		w := newWildcard(u.host, nil)
		return w.matches(host) || w.matches(bare)
	}
	return u.host == "" || u.host == host || u.host == bare
}

// path is the rule's path as the route has it.
func (u *rule) path() string {
	if u.regex != nil {
		return "~" + strings.TrimSuffix(strings.TrimPrefix(u.regex.String(), "^(?:"), ")")
	}
	return u.prefix
}

// kept is a service that keeps what it is sent, and answers nothing.
type kept struct{ upstream *Upstream }

// RoundTrip implements http.RoundTripper.
func (k *kept) RoundTrip(r *http.Request) (*http.Response, error) {
	k.upstream = &Upstream{r.URL.String(), r.Host}
	return &http.Response{StatusCode: http.StatusOK, ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// transcript is an answer that is not sent.
type transcript struct {
	header http.Header
	status int
	body   []byte
}

// Header implements http.ResponseWriter.
func (t *transcript) Header() http.Header { return t.header }

// WriteHeader implements http.ResponseWriter.
func (t *transcript) WriteHeader(status int) { t.status = status }

// Write implements http.ResponseWriter.
func (t *transcript) Write(p []byte) (int, error) {
	t.body = append(t.body, p...)
	return len(p), nil
}

// message is what the gateway has to say, in its own form or as it is.
func (t *transcript) message() string {
	var own struct{ Message string }
	_ = json.Unmarshal(t.body, &own) // another form is given as it is
	return cmp.Or(own.Message, string(t.body))
}
