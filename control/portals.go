package control

// Portals are the developer portals.
type Portals struct{ Deps }
