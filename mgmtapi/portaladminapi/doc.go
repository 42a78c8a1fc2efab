// Package portaladminapi is the management API's part for who reaches portals
// and how portals reach people: IP allow lists, mail settings.
//
// It translates between the wire and the use cases, as package mgmtapi does,
// which mounts its routes.
package portaladminapi
