package control

// Sessions are the developers' sign-ins.
type Sessions struct{ Deps }
