package control

// Strategies are the application auth strategies.
type Strategies struct{ Deps }
