package control

// Gateways are the control planes with their services and routes.
type Gateways struct{ Deps }
