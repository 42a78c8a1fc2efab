package mgmtapi

import (
	"maps"
	"slices"
	"strings"

	"portico"
	"portico/httpkit"
)

// labels are always an object on the wire.
func labels(l map[string]string) map[string]string {
	if l == nil {
		return map[string]string{}
	}
	return l
}

// newLabels reads the labels of an entity that is being created: there is
// nothing yet that a null could remove.
func newLabels(o *httpkit.Object) map[string]string {
	given := o.Labels("labels")
	if given.Null {
		o.Invalid("labels", "is_object", "must be an object of labels")
	}
	for _, key := range slices.Sorted(maps.Keys(given.Value)) {
		if given.Value[key] == nil {
			o.Invalid("labels."+key, "is_string", "must be a string")
		}
	}
	return remaining(given)
}

// remaining are the labels of an entity that had none, after an update.
func remaining(change portico.Opt[map[string]*string]) map[string]string {
	out := map[string]string{}
	for key, value := range change.Value {
		if value != nil {
			out[key] = *value
		}
	}
	return out
}

// readIssuer reads an issuer identifier (RFC 8414 §2): a URL without a query or
// a fragment.
func readIssuer(o *httpkit.Object, presence httpkit.Rule) portico.Opt[string] {
	issuer := o.OptURL("issuer", presence, httpkit.MaxLength(256))
	if strings.ContainsAny(issuer.Value, "?#") {
		o.Invalid("issuer", "invalid", "must not have a query or a fragment")
	}
	return issuer
}

// texts are the values of an enum of the domain as plain texts.
func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
