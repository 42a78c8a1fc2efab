package compile

import (
	"context"
	"encoding/json"
	"fmt"

	"portico"
	"portico/snapshot"
)

// consumer is as whom an application calls in a control plane.
type consumer struct {
	application portico.ApplicationID
	snapshot.Consumer
}

// compileConsumers compiles the consumers of the applications that the mappings
// are restricted to.
func compileConsumers(ctx context.Context, tx portico.Tx, only []portico.Filter) ([]consumer, error) {
	mappings, err := tx.ConsumerMappings().List(ctx, portico.Everything(only...))
	if err != nil || len(mappings.Items) == 0 {
		return nil, err
	}
	var used []portico.Filter
	if only != nil { // and so they are few
		ids := portico.Filter{Field: "id", Op: portico.OpAnyEqual}
		for _, m := range mappings.Items {
			ids.Values = append(ids.Values, string(m.ConsumerID))
		}
		used = append(used, ids)
	}
	all, err := tx.Consumers().List(ctx, portico.Everything(used...))
	if err != nil {
		return nil, err
	}
	by := make(map[portico.ConsumerID]portico.Consumer, len(all.Items))
	for _, c := range all.Items {
		by[c.ID] = c
	}
	out := make([]consumer, len(mappings.Items))
	for i, m := range mappings.Items {
		c := by[m.ConsumerID]
		out[i] = consumer{m.ApplicationID, snapshot.Consumer{ID: string(c.ID), ControlPlaneID: string(c.ControlPlaneID)}}
		if c.Username != nil {
			out[i].Username = *c.Username
		}
		if c.CustomID != nil {
			out[i].CustomID = *c.CustomID
		}
	}
	return out, nil
}

// compilePlugins compiles the plugins that are enabled.
func compilePlugins(ctx context.Context, tx portico.Tx) ([]snapshot.Plugin, error) {
	all, err := tx.Plugins().List(ctx, portico.Everything())
	if err != nil {
		return nil, err
	}
	var out []snapshot.Plugin
	for _, p := range all.Items {
		if !p.Enabled {
			continue
		}
		compiled, err := Plugin(p)
		if err != nil {
			return nil, err
		}
		out = append(out, compiled)
	}
	return out, nil
}

// Plugin compiles a plugin, whose configuration must be complete.
func Plugin(p portico.Plugin) (snapshot.Plugin, error) {
	out := snapshot.Plugin{ID: string(p.ID), ControlPlaneID: string(p.ControlPlaneID), Protocols: p.Protocols}
	if p.ServiceID != nil {
		out.ServiceID = string(*p.ServiceID)
	}
	if p.RouteID != nil {
		out.RouteID = string(*p.RouteID)
	}
	if p.ConsumerID != nil {
		out.ConsumerID = string(*p.ConsumerID)
	}
	var err error
	switch p.Name {
	case "rate-limiting":
		out.RateLimiting, err = config[snapshot.RateLimiting](p)
	case "cors":
		out.CORS, err = config[snapshot.CORS](p)
	case "ip-restriction":
		out.IPRestriction, err = config[snapshot.IPRestriction](p)
	case "request-size-limiting":
		out.RequestSize, err = config[snapshot.RequestSize](p)
	case "request-termination":
		out.RequestTermination, err = config[snapshot.RequestTermination](p)
	case "correlation-id":
		out.CorrelationID, err = config[snapshot.CorrelationID](p)
	case "request-transformer":
		out.RequestTransformer, err = config[snapshot.HeaderTransformer](p)
	case "response-transformer":
		out.ResponseTransformer, err = config[snapshot.HeaderTransformer](p)
	default:
		err = fmt.Errorf("plugin %s: %s is none that gateways enforce", p.ID, p.Name)
	}
	return out, err
}

func config[T any](p portico.Plugin) (*T, error) {
	out := new(T)
	if err := json.Unmarshal([]byte(p.Config), out); err != nil {
		return nil, fmt.Errorf("plugin %s: configuration of %s: %w", p.ID, p.Name, err)
	}
	return out, nil
}
