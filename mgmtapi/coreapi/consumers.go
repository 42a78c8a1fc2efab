package coreapi

import (
	"context"
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/routing"
)

// consumers of a control plane.
func (s server) consumers() resource[routing.ConsumerFields, portico.Consumer] {
	g := s.gateways()
	return resource[routing.ConsumerFields, portico.Consumer]{
		noun: "consumer", path: "consumers", param: "ConsumerId", action: access.Consumers, spec: byName(), more: customID,
		read: readConsumer, view: viewConsumer, id: func(c portico.Consumer) string { return string(c.ID) },
		useCases: useCases[routing.ConsumerFields, portico.Consumer]{
			g.CreateConsumer, g.PutConsumer, g.UpdateConsumer, g.ValidateConsumer, g.Consumer, g.Consumers, g.DeleteConsumer,
		},
	}
}

// customID is the filter custom_id=….
func customID(r *http.Request) []portico.Filter {
	if id := r.URL.Query().Get("custom_id"); id != "" {
		return []portico.Filter{portico.Where("custom_id", id)}
	}
	return nil
}

// consumerID is the id of the consumer called ref; KindNotFound.
func (s server) consumerID(ctx context.Context, plane portico.ControlPlaneID, ref string) (string, error) {
	found, err := s.Gateways.Consumer(ctx, plane, ref)
	return string(found.ID), err
}

// consumerView is the contract's Consumer. What is not set is left out, not null.
type consumerView struct {
	ID        portico.ConsumerID `json:"id"`
	Username  *string            `json:"username,omitzero"`
	CustomID  *string            `json:"custom_id,omitzero"`
	Tags      []string           `json:"tags,omitzero"`
	CreatedAt seconds            `json:"created_at"`
	UpdatedAt seconds            `json:"updated_at"`
}

func viewConsumer(c portico.Consumer) any {
	return consumerView{c.ID, c.Username, c.CustomID, c.Tags, seconds(c.CreatedAt), seconds(c.UpdatedAt)}
}

// readConsumer reads the contract's Consumer.
func readConsumer(o *httpkit.Object) routing.ConsumerFields {
	o.Ignore("created_at", "updated_at")
	return routing.ConsumerFields{
		ID:       given(httpkit.As[portico.ConsumerID](o.OptUUID("id", httpkit.Nullable))),
		Username: o.OptString("username", httpkit.Nullable),
		CustomID: o.OptString("custom_id", httpkit.Nullable),
		Tags:     o.OptStrings("tags", httpkit.Nullable),
	}
}
