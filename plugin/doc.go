// Package plugin describes the plugins that the gateways enforce: their names,
// the fields of their configuration with defaults and rules, and the schema
// that clients can ask for. One description serves all three.
//
// It enforces nothing; that is package enforce, which reads the configurations
// that Complete has made whole.
package plugin
