package control

// Applications are what developers build: created, changed and removed together\n// with their clients in the identity provider.
type Applications struct{ Deps }
