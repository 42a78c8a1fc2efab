// Package declare keeps a Portico as files say: it reads sets of declarations,
// compares them with what the management API answers, plans what has to change
// and changes it; and it writes down what is there in the same format.
//
// It is a client of the management API like any other, so it works from
// wherever that API can be reached. It knows the resources of that API
// (kinds.go) and none of the use cases behind it; it must not read a database,
// and it must not write a secret anywhere but into a request.
//
// The way of a run: files → node (yaml.go) → entity (load.go, by the table in
// kinds.go) → what exists (state.go) → Plan (plan.go) → requests (act.go).
package declare
