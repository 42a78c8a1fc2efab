package snapshot

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	maxTimeout = 24 * time.Hour
	maxRetries = 32767 // Kong's limit
)

// Validate reports every fault of the snapshot, joined; each names the object
// and the field.
func (s *Snapshot) Validate() error {
	var faults []error
	if s.Epoch == "" {
		faults = append(faults, errors.New("snapshot: epoch is empty"))
	}
	faults = append(faults, s.Routing.Validate(), validateApplications(s.Applications))
	return errors.Join(faults...)
}

// Validate reports every fault of the delta, joined.
func (d Delta) Validate() error {
	var faults []error
	if d.Epoch == "" {
		faults = append(faults, errors.New("delta: epoch is empty"))
	}
	if d.To < d.From {
		faults = append(faults, fmt.Errorf("delta: leads back from version %d to %d", d.From, d.To))
	}
	if d.Routing != nil {
		faults = append(faults, d.Routing.Validate())
	}
	faults = append(faults, validateApplications(d.Upserted))
	for _, app := range d.Upserted {
		if slices.Contains(d.Removed, app.ID) {
			faults = append(faults, fmt.Errorf("application %q: both upserted and removed", app.ID))
		}
	}
	return errors.Join(faults...)
}

// Validate reports every fault of the routing part: each object by itself,
// ids used twice, and references to nothing.
func (r Routing) Validate() error {
	var faults []error
	report := func(kind, id string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s %q: %w", kind, id, err))
		}
	}
	unique := func(seen map[string]bool, kind, id string) {
		if seen[id] {
			report(kind, id, errors.New("id used twice"))
		}
		seen[id] = true
	}
	strategies, services, routes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, s := range r.Strategies {
		unique(strategies, "strategy", s.ID)
		report("strategy", s.ID, s.Validate())
	}
	for _, s := range r.Services {
		unique(services, "service", s.ID)
		report("service", s.ID, s.Validate())
		for i, a := range s.Access {
			if !strategies[a.StrategyID] {
				report("service", s.ID, fmt.Errorf("access[%d].strategy_id: no strategy %q", i, a.StrategyID))
			}
		}
	}
	for _, route := range r.Routes {
		unique(routes, "route", route.ID)
		report("route", route.ID, route.Validate())
		if !services[route.ServiceID] {
			report("route", route.ID, fmt.Errorf("service_id: no service %q", route.ServiceID))
		}
	}
	for _, o := range r.Operations {
		report("operation", o.ID, o.Validate())
		for i, a := range o.Access {
			if !strategies[a.StrategyID] {
				report("operation", o.ID, fmt.Errorf("access[%d].strategy_id: no strategy %q", i, a.StrategyID))
			}
		}
	}
	plugins := map[string]bool{}
	for _, p := range r.Plugins {
		unique(plugins, "plugin", p.ID)
		report("plugin", p.ID, p.Validate())
	}
	return errors.Join(faults...)
}

// Validate reports the faults of one operation.
func (o Operation) Validate() error {
	switch {
	case o.ID == "" || o.ControlPlaneID == "" || o.Method == "":
		return errors.New("id, control_plane_id and method must not be empty")
	case !strings.HasPrefix(o.Template, "/"):
		return fmt.Errorf("template: %q must start with /", o.Template)
	case len(o.Access) == 0:
		return errors.New("access: is empty")
	}
	return validateAccess(o.Access)
}

func validateAccess(access []Access) error {
	var faults []error
	for i, a := range access {
		if a.APIID == "" || a.PortalID == "" {
			faults = append(faults, fmt.Errorf("access[%d]: api_id and portal_id must not be empty", i))
		}
		if a.Limit < 0 || a.Window < 0 {
			faults = append(faults, fmt.Errorf("access[%d]: limit and window must not be negative", i))
		}
	}
	return errors.Join(faults...)
}

// Validate reports the faults of one service.
func (s Service) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if s.ID == "" {
		fault("id: is empty")
	}
	if s.Protocol != "http" && s.Protocol != "https" {
		fault("protocol: %q is neither http nor https", s.Protocol)
	}
	if _, err := netip.ParseAddr(strings.Trim(s.Host, "[]")); !validHost(s.Host) || err != nil && strings.ContainsAny(s.Host, ":*[]") {
		fault("host: %q is not a host name or address", s.Host)
	}
	if s.Port < 1 || s.Port > 65535 {
		fault("port: %d is not between 1 and 65535", s.Port)
	}
	if s.Path != "" && !validPath(s.Path) {
		fault("path: %q must start with / and hold neither query nor fragment", s.Path)
	}
	for name, d := range map[string]time.Duration{"connect_timeout": s.ConnectTimeout, "read_timeout": s.ReadTimeout, "write_timeout": s.WriteTimeout} {
		if d < 0 || d > maxTimeout {
			fault("%s: %v is not between 0 and %v", name, d, maxTimeout)
		}
	}
	if s.Retries < 0 || s.Retries > maxRetries {
		fault("retries: %d is not between 0 and %d", s.Retries, maxRetries)
	}
	return errors.Join(append(faults, validateAccess(s.Access))...)
}

func validHost(host string) bool {
	return host != "" && len(host) <= 253 && !strings.ContainsFunc(host, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`/\?#@%"<>^{|}`, r)
	})
}

func validPath(path string) bool {
	u, err := url.ParseRequestURI(path)
	return err == nil && strings.HasPrefix(path, "/") && !strings.ContainsAny(path, "?#") && u.Host == ""
}

// Validate reports the faults of one route.
func (r Route) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if r.ID == "" {
		fault("id: is empty")
	}
	if len(r.Methods)+len(r.Hosts)+len(r.Paths)+len(r.Headers) == 0 {
		fault("must have at least one of methods, hosts, paths, headers")
	}
	for i, p := range r.Protocols {
		if p != "http" && p != "https" {
			fault("protocols[%d]: %q is neither http nor https", i, p)
		}
	}
	for i, m := range r.Methods {
		if m == "" || strings.ContainsFunc(m, func(c rune) bool { return c < 'A' || c > 'Z' }) {
			fault("methods[%d]: %q is not an upper-case HTTP method", i, m)
		}
	}
	for i, h := range r.Hosts {
		if wildcards := strings.Count(h, "*"); wildcards > 1 || wildcards == 1 && !strings.HasPrefix(h, "*.") && !strings.HasSuffix(h, ".*") {
			fault("hosts[%d]: %q may hold one * only, as first or last label", i, h)
		} else if !validHost(h) {
			fault("hosts[%d]: %q is not a host name", i, h)
		}
	}
	for i, p := range r.Paths {
		if _, err := CompilePath(p); err != nil {
			fault("paths[%d]: %w", i, err)
		}
	}
	for name, values := range r.Headers {
		if name == "" || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= 0x7f || c == ':' }) {
			fault("headers: %q is not a header name", name)
		}
		if len(values) == 0 {
			fault("headers[%s]: has no values", name)
		}
	}
	return errors.Join(faults...)
}

// CompilePath compiles a route path that is a regular expression ("~…"),
// anchored at its start; for a plain prefix it returns nil.
func CompilePath(path string) (*regexp.Regexp, error) {
	pattern, isRegex := strings.CutPrefix(path, "~")
	if isRegex {
		re, err := regexp.Compile("^(?:" + pattern + ")")
		if err != nil {
			return nil, fmt.Errorf("%q is not a regular expression (RE2 syntax): %w", path, err)
		}
		return re, nil
	}
	if !validPath(path) {
		return nil, fmt.Errorf("%q must start with / (or ~ for a regular expression)", path)
	}
	return nil, nil
}

// Validate reports the faults of one strategy. It does not refuse an auth
// method the gateway lacks: such a method authenticates nobody, while a
// refused snapshot would hold back revocations.
func (s Strategy) Validate() error {
	switch {
	case s.ID == "":
		return errors.New("id: is empty")
	case s.Kind == KeyAuth:
		if slices.Contains(s.KeyNames, "") {
			return errors.New("key_names: holds an empty name")
		}
		return nil
	case s.Kind != OpenIDConnect:
		return fmt.Errorf("kind: %q is neither %s nor %s", s.Kind, KeyAuth, OpenIDConnect)
	case s.OIDC == nil:
		return errors.New("oidc: is missing")
	case s.OIDC.Issuer == "":
		return errors.New("oidc.issuer: is empty")
	case s.OIDC.Leeway < 0 || s.OIDC.Leeway > 2*time.Minute:
		return fmt.Errorf("oidc.leeway: %v is not between 0 and 2m", s.OIDC.Leeway)
	}
	return nil
}

func validateApplications(apps []Application) error {
	type client struct{ strategy, id string }
	var faults []error
	fault := func(id, format string, args ...any) {
		faults = append(faults, fmt.Errorf("application %q: "+format, append([]any{id}, args...)...))
	}
	ids, clients := make(map[string]bool, len(apps)), make(map[client]string, len(apps))
	for _, a := range apps {
		if a.ID == "" || a.PortalID == "" || a.StrategyID == "" {
			fault(a.ID, "id, portal_id and strategy_id must not be empty")
		}
		if ids[a.ID] {
			fault(a.ID, "id used twice")
		}
		ids[a.ID] = true
		for _, id := range a.clientIDs() {
			key := client{a.StrategyID, id}
			if other, taken := clients[key]; taken {
				fault(a.ID, "client_id is also that of application %q with the same strategy", other)
			}
			clients[key] = a.ID
		}
	}
	return errors.Join(faults...)
}
