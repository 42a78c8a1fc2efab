package control

// Registrations let applications use APIs.
type Registrations struct{ Deps }
