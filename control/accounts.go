package control

// Accounts are the organization, its admins and their access tokens.
type Accounts struct{ Deps }
