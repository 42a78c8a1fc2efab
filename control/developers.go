package control

// Developers are the accounts of a portal, from sign-up to deletion.
type Developers struct{ Deps }
