package mgmtapi

import (
	"regexp"

	"portico/mgmtapi/coreapi"
)

// Gap is a part of the public contracts that is not offered, and why.
type Gap struct {
	Path   string // of the contract, with * for what is in braces; everything below it belongs to it
	Reason string
}

var parameter = regexp.MustCompile(`\{[^}]*\}`)

// EmptyCollections are those whose lists are served all the same, and are
// empty: clients list them before they do anything. Nothing can be put in.
func EmptyCollections() []Gap {
	var out []Gap
	for _, c := range coreapi.Collections() {
		out = append(out, Gap{"/v2/control-planes/*/" + parameter.ReplaceAllString(c.Path, "*"), c.Reason})
	}
	return out
}

// Gaps lists what the contracts have and this API has not. A test holds that
// every operation is either served or listed here.
func Gaps() []Gap {
	const (
		groups = "control planes cannot be grouped"
	)
	return []Gap{
		{"/v2/control-planes/*/core-entities/schemas/partials", "plugins are configured one by one; there are no partials"},
		{"/v2/control-planes/*/group-memberships", groups},
		{"/v2/control-planes/*/group-status", groups},
	}
}
