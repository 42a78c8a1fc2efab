// Package contentapi is the part of the management API that writes, arranges
// and decorates portals: pages, snippets, documents of APIs, customization,
// images, and what all APIs are described by; one file per resource.
//
// Like package mgmtapi, which serves its routes, it translates between the wire
// and the use cases and decides nothing.
package contentapi
