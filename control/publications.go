package control

// Publications say which API is visible in which portal, and with what strategy.
type Publications struct{ Deps }
