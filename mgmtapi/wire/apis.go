package wire

import (
	"regexp"
	"strings"

	"portico"
	"portico/httpkit"
)

// The contract's patterns.
var (
	slugPattern  = regexp.MustCompile(`^[\w-]+$`)
	attributeKey = regexp.MustCompile(`^[a-z0-9-_]{0,128}$`)
)

// Slug reads an API's slug.
func Slug(o *httpkit.Object) portico.Opt[string] {
	return o.OptString("slug", httpkit.Nullable, httpkit.MaxLength(255), httpkit.Pattern(slugPattern, "made of letters, digits, underscores and hyphens"))
}

// Attributes reads the contract's ApiAttributes; a nil list stands for null.
func Attributes(o *httpkit.Object) portico.Opt[map[string]*[]string] {
	attributes, set, null := o.OptObject("attributes")
	if null {
		o.Invalid("attributes", "is_object", "must be an object")
	}
	out := make(map[string]*[]string)
	for _, key := range attributes.Names() {
		values := attributes.OptStrings(key, httpkit.Nullable, httpkit.MinItems(1), httpkit.MaxItems(20), httpkit.ItemLength(1, 512))
		if !attributeKey.MatchString(key) {
			attributes.Invalid(key, "matches_regex", "must be named with at most 128 lower-case letters, digits, hyphens and underscores")
		}
		for i, v := range values.Value {
			if strings.ContainsAny(v, ",<>") {
				attributes.Invalid(Item(key, i), "matches_regex", "must not hold a comma, < or >")
			}
		}
		out[key] = values.Ptr()
	}
	return portico.Opt[map[string]*[]string]{Set: set, Value: out}
}

// NewAttributes reads the attributes of an API that is being created.
func NewAttributes(o *httpkit.Object) map[string][]string {
	out := map[string][]string{}
	for key, values := range Attributes(o).Value {
		if values != nil {
			out[key] = *values
		}
	}
	return out
}
