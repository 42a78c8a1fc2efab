package enforce

import (
	"slices"

	"portico/snapshot"
)

// Rules are the plugins that concern one request, at most one of each kind: the
// most specific.
type Rules struct {
	cors        ranked[cors]
	ips         ranked[ipRestriction]
	size        ranked[sizeLimit]
	rate        ranked[rateLimit]
	termination ranked[termination]
	correlation ranked[correlation]
	request     ranked[transformer]
	response    ranked[transformer]
}

// ranked is a rule and how specific the plugin is that asks for it.
type ranked[T any] struct {
	rule *T
	rank int
}

// plugin is a compiled plugin.
type plugin struct {
	snapshot.Plugin
	rank        int
	cors        *cors
	ips         *ipRestriction
	size        *sizeLimit
	rate        *rateLimit
	termination *termination
	correlation *correlation
	request     *transformer
	response    *transformer
}

// rank is how specific a plugin is, by Kong's order: consumer and route and
// service, consumer and route, consumer and service, route and service,
// consumer, route, service, everything.
func rank(p snapshot.Plugin) int {
	scopes := []struct{ consumer, route, service bool }{
		{}, {service: true}, {route: true}, {consumer: true}, {route: true, service: true},
		{consumer: true, service: true}, {consumer: true, route: true}, {consumer: true, route: true, service: true},
	}
	for i, s := range scopes {
		if s.consumer == (p.ConsumerID != "") && s.route == (p.RouteID != "") && s.service == (p.ServiceID != "") {
			return i + 1
		}
	}
	return 0 // not reached: the scopes are all there are
}

// add puts a plugin in force if it is more specific than what is there.
func (r *Rules) add(p *plugin) {
	better(&r.cors, p.cors, p.rank)
	better(&r.ips, p.ips, p.rank)
	better(&r.size, p.size, p.rank)
	better(&r.rate, p.rate, p.rank)
	better(&r.termination, p.termination, p.rank)
	better(&r.correlation, p.correlation, p.rank)
	better(&r.request, p.request, p.rank)
	better(&r.response, p.response, p.rank)
}

func better[T any](to *ranked[T], rule *T, rank int) {
	if rule != nil && rank > to.rank {
		*to = ranked[T]{rule, rank}
	}
}

// Set is all plugins of a configuration, ready to be asked. It is immutable.
type Set struct {
	everyone []*plugin
	consumer map[string][]*plugin // by consumer
}

// Compile compiles the plugins of a validated snapshot; nil if there are none.
func Compile(plugins []snapshot.Plugin) (*Set, error) {
	if len(plugins) == 0 {
		return nil, nil
	}
	s := &Set{consumer: map[string][]*plugin{}}
	for _, p := range plugins {
		compiled, err := compile(p)
		if err != nil {
			return nil, err
		}
		if p.ConsumerID == "" {
			s.everyone = append(s.everyone, compiled)
		} else {
			s.consumer[p.ConsumerID] = append(s.consumer[p.ConsumerID], compiled)
		}
	}
	return s, nil
}

func compile(p snapshot.Plugin) (*plugin, error) {
	out := &plugin{Plugin: p, rank: rank(p)}
	var err error
	switch {
	case p.CORS != nil:
		out.cors, err = newCORS(*p.CORS)
	case p.IPRestriction != nil:
		out.ips, err = newIPRestriction(*p.IPRestriction)
	case p.RequestSize != nil:
		out.size = newSizeLimit(*p.RequestSize)
	case p.RateLimiting != nil:
		out.rate = newRateLimit(p.ID, *p.RateLimiting)
	case p.RequestTermination != nil:
		out.termination = &termination{*p.RequestTermination}
	case p.CorrelationID != nil:
		out.correlation = newCorrelation(*p.CorrelationID)
	case p.RequestTransformer != nil:
		out.request = newTransformer(*p.RequestTransformer)
	case p.ResponseTransformer != nil:
		out.response = newTransformer(*p.ResponseTransformer)
	}
	return out, err
}

// Target is where requests go.
type Target struct{ RouteID, ServiceID, ControlPlaneID string }

// Chain finds the rules for the requests of one route.
type Chain struct {
	set    *Set
	target Target
	plain  *Rules // for everyone, by http; nil: none
	secure *Rules // by https
}

// Route is the chain of a route; nil when no plugin can concern it.
func (s *Set) Route(t Target) *Chain {
	if s == nil {
		return nil
	}
	c := &Chain{set: s, target: t}
	c.plain, c.secure = s.rules(nil, s.everyone, t, false), s.rules(nil, s.everyone, t, true)
	if c.plain == nil && c.secure == nil && !s.consumersConcern(t) {
		return nil
	}
	return c
}

func (s *Set) consumersConcern(t Target) bool {
	for _, plugins := range s.consumer {
		if slices.ContainsFunc(plugins, func(p *plugin) bool { return p.concerns(t) }) {
			return true
		}
	}
	return false
}

// rules adds those of the plugins that concern a target to a copy of base.
func (s *Set) rules(base *Rules, plugins []*plugin, t Target, secure bool) *Rules {
	protocol := "http"
	if secure {
		protocol = "https"
	}
	var out *Rules
	for _, p := range plugins {
		if !p.concerns(t) || len(p.Protocols) > 0 && !slices.Contains(p.Protocols, protocol) {
			continue
		}
		if out == nil {
			out = new(Rules)
			if base != nil {
				*out = *base
			}
		}
		out.add(p)
	}
	if out == nil {
		return base
	}
	return out
}

func (p *plugin) concerns(t Target) bool {
	return p.ControlPlaneID == t.ControlPlaneID && (p.RouteID == "" || p.RouteID == t.RouteID) && (p.ServiceID == "" || p.ServiceID == t.ServiceID)
}

// For finds the rules for a request over TLS or not, of a consumer if there is
// one; nil when there are none. It works on a nil chain.
func (c *Chain) For(consumerID string, secure bool) *Rules {
	if c == nil {
		return nil
	}
	base := c.plain
	if secure {
		base = c.secure
	}
	if consumerID == "" {
		return base
	}
	return c.set.rules(base, c.set.consumer[consumerID], c.target, secure)
}
