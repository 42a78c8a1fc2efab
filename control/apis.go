package control

// APIs are the catalogue's entries with their versions.
type APIs struct{ Deps }
