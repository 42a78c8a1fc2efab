package control

// Credentials are the secrets and keys of applications.
type Credentials struct{ Deps }
