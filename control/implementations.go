package control

// Implementations link APIs to the gateway services that serve them.
type Implementations struct{ Deps }
