package gateways

import (
	"cmp"
	"strings"

	"portico"
	"portico/access"
	"portico/dryrun"
	"portico/gateway"
	"portico/snapshot"
	"portico/webui/design"
	"portico/webui/desk"
)

// explained puts into words what the gateway would do with a request.
type explained struct {
	v  *desk.Visit
	of plane
	dryrun.Answer
}

// The states of a step.
const (
	stepOK      = "ok"
	stepFailed  = "failed"
	stepSkipped = "skipped"
)

// steps is the request's way through the gateway, in its order, until it ends.
func (x explained) steps() []design.TraceStep {
	T := x.v.T
	ended := false
	out := []design.TraceStep{x.route()}
	next := func(label string, failed bool, words func() design.TraceStep) {
		step := design.TraceStep{State: stepSkipped}
		if !ended {
			step = words()
			step.State = stepOK
			if failed {
				step.State = stepFailed
			}
		}
		step.Label, ended = label, ended || failed
		out = append(out, step)
	}
	ended = x.Match == nil
	next(T("gateways.try_connection"), x.Reason == "not_secure", x.connection)
	refused := !x.ByRule && x.Upstream == nil
	if !x.ByRule || x.Application != nil || len(x.Access) == 0 {
		next(T("gateways.try_caller"), refused, x.caller)
	}
	next(T("gateways.plugins"), x.ByRule, x.rules)
	next(T("gateways.service"), false, func() design.TraceStep {
		return design.TraceStep{Detail: T("gateways.try_sent", "URL", x.Upstream.URL)}
	})
	return out
}

// nameOf is what a route is called.
func nameOf(r snapshot.Route) string {
	return cmp.Or(r.Name, strings.Join(r.Paths, ", "), strings.Join(r.Hosts, ", "), r.ID)
}

// routeRef leads to a route; what belongs to a control plane that the visitor
// may not look at has no name.
func (x explained) routeRef(r snapshot.Route, plane string) reference {
	if !sees(x.v, plane) {
		return reference{Label: x.v.T("gateways.try_hidden_route")}
	}
	return reference{nameOf(r), home + "/" + plane + "/routes/" + r.ID}
}

func (x explained) route() design.TraceStep {
	T, step := x.v.T, design.TraceStep{Label: x.v.T("gateways.route")}
	if x.Match == nil {
		step.State, step.Detail = stepFailed, T("gateways.try_no_route")
		if len(x.Near) > 0 {
			step.Action = T("gateways.try_near")
			step.Content = reasons(x.near())
		} else {
			step.Content = references([]reference{{T("gateways.new_route"), x.of.path() + "/routes/new"}}, 0)
		}
		return step
	}
	m := x.Match
	step.State = stepOK
	step.Detail = T("gateways.try_route", "Path", cmp.Or(m.Path, T("gateways.try_any")), "Host", cmp.Or(m.Host, T("gateways.try_any")))
	if x.Plane.ID != x.of.ID {
		step.Action = T("gateways.try_other_plane")
	}
	all := []reason{{x.routeRef(m.Route, m.Service.ControlPlaneID), T("gateways.try_taken")}}
	for _, o := range m.Over {
		all = append(all, reason{x.routeRef(o.Route, o.Service.ControlPlaneID), T("gateways.try_over_" + string(o.By))})
	}
	step.Content = reasons(all)
	return step
}

// reason is a route, and what there is to say about it.
type reason struct {
	reference
	why string
}

// near are the routes that come close, and what keeps each from taking the
// request.
func (x explained) near() []reason {
	var out []reason
	for _, n := range x.Near {
		var misses []string
		for _, m := range n.Misses {
			misses = append(misses, x.v.T("gateways.try_miss_"+string(m)))
			takes := map[gateway.Miss][]string{gateway.WrongPath: n.Route.Paths, gateway.WrongHost: n.Route.Hosts, gateway.WrongMethod: n.Route.Methods}[m]
			if len(takes) > 0 && sees(x.v, n.Service.ControlPlaneID) {
				misses = append(misses, x.v.T("gateways.try_takes", "Takes", strings.Join(takes, ", ")))
			}
		}
		out = append(out, reason{x.routeRef(n.Route, n.Service.ControlPlaneID), strings.Join(misses, " ")})
	}
	return out
}

func (x explained) connection() design.TraceStep {
	if x.Reason == "not_secure" {
		return design.TraceStep{Detail: x.v.T("gateways.try_not_secure"), Content: references([]reference{x.routeRef(x.Match.Route, x.Match.Service.ControlPlaneID)}, 0)}
	}
	return design.TraceStep{Detail: x.v.T("gateways.try_connected")}
}

// callerName is what the application that calls is called, if the visitor may
// know.
func (x explained) callerName() string {
	if x.v.May(access.Portals, access.View, string(x.Caller.PortalID)) {
		return x.Caller.Name
	}
	return x.v.T("gateways.try_hidden_application")
}

// caller says who is let in, or why not and what helps.
func (x explained) caller() design.TraceStep {
	T := x.v.T
	step := design.TraceStep{}
	if x.Asked != nil {
		step.Value = x.Asked.Key()
	}
	switch {
	case len(x.Access) == 0:
		step.Detail = T("gateways.try_open")
		return step
	case x.Upstream != nil || x.ByRule:
		step.Detail = T("gateways.try_allowed", "Application", x.callerName(), "API", x.apiName(portico.APIID(x.APIID)))
		step.Content = references(apiNames(x.v, x.Answer), 0)
		return step
	}
	args := []any{"Strategies", strategyNames(x.Answer)}
	if x.Caller != nil {
		args = append(args, "Application", x.callerName())
	}
	if x.Registration != nil {
		args = append(args, "API", x.apiName(x.Registration.APIID))
	}
	step.Detail, step.Action = T("gateways.cause_"+string(x.Cause), args...), T("gateways.remedy_"+string(x.Cause), args...)
	if r := x.Registration; r != nil && r.Reason != "" {
		step.Detail += " " + T("gateways.try_reason", "Reason", r.Reason)
	}
	step.Content = references(append(x.remedies(), apiNames(x.v, x.Answer)...), 0)
	return step
}

// apiName is what an API is called, if the visitor may know.
func (x explained) apiName(id portico.APIID) string {
	if api, known := x.APIs[string(id)]; known && x.v.May(access.APIs, access.View, string(id)) {
		return api.Name
	}
	return x.v.T("gateways.try_hidden_api")
}

// remedies lead to where the cause can be mended.
func (x explained) remedies() []reference {
	T := x.v.T
	if x.Caller == nil {
		return nil
	}
	app := "/applications/" + string(x.Caller.ID)
	switch x.Cause {
	case dryrun.ExpiredKey:
		return []reference{{T("gateways.try_credentials"), app + "/credentials"}}
	case dryrun.AwaitingApproval:
		return []reference{{T("gateways.try_approvals"), "/approvals/registrations"}}
	case dryrun.NotInPackage:
		if pack := string(x.Registration.APIID); x.v.May(access.APIs, access.View, pack) {
			return []reference{{T("gateways.try_package"), "/packages/" + pack + "/operations"}}
		}
	case dryrun.OtherStrategy, dryrun.OtherPortal:
		return []reference{{T("gateways.try_application"), app}}
	}
	return []reference{{T("gateways.try_registrations"), app + "/registrations"}}
}

// rules says which plugin answers in place of the service.
func (x explained) rules() design.TraceStep {
	T := x.v.T
	if !x.ByRule {
		return design.TraceStep{Detail: T("gateways.try_no_rule")}
	}
	step := design.TraceStep{Detail: T("gateways.rule_" + string(x.Cause)), Value: x.Message}
	if plane := string(x.Plane.ID); sees(x.v, plane) {
		step.Content = references([]reference{{T("gateways.plugins"), home + "/" + plane + "/plugins"}}, 0)
	}
	return step
}
