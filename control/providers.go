package control

// Providers are the DCR providers.
type Providers struct{ Deps }
