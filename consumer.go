package portico

import "time"

// Consumer is who calls services, as gateways know them (core-entities). It has
// a username, a custom id, or both.
type Consumer struct {
	ID             ConsumerID
	ControlPlaneID ControlPlaneID
	Username       *string // unique within the control plane
	CustomID       *string // unique within the control plane
	Tags           []string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// ConsumerMapping says as which consumer an application calls the services of a
// control plane. (Application, control plane) is unique.
type ConsumerMapping struct {
	ID             ConsumerMappingID
	ApplicationID  ApplicationID
	ControlPlaneID ControlPlaneID
	ConsumerID     ConsumerID
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Plugin is a rule that gateways enforce on the requests it concerns: those of
// a service, of a route, of a consumer, of several of these at once, or of the
// whole control plane (core-entities). (Control plane, name, service, route,
// consumer) is unique.
type Plugin struct {
	ID             PluginID
	ControlPlaneID ControlPlaneID
	Name           string  // what it does, such as rate-limiting
	InstanceName   *string // unique within the control plane
	ServiceID      *ServiceID
	RouteID        *RouteID
	ConsumerID     *ConsumerID
	Config         string // a JSON object in which nothing is left out
	Protocols      []string
	Enabled        bool
	Tags           []string
	CreatedAt      time.Time
	UpdatedAt      time.Time
}
