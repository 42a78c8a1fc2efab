package wire

import (
	"maps"
	"slices"
	"strconv"

	"portico"
	"portico/httpkit"
)

// NewLabels reads the labels of an entity that is being created: there is
// nothing yet that a null could remove.
func NewLabels(o *httpkit.Object) map[string]string {
	given := o.Labels("labels")
	if given.Null {
		o.Invalid("labels", "is_object", "must be an object of labels")
	}
	for _, key := range slices.Sorted(maps.Keys(given.Value)) {
		if given.Value[key] == nil {
			o.Invalid("labels."+key, "is_string", "must be a string")
		}
	}
	return Remaining(given)
}

// Remaining are the labels of an entity that had none, after an update.
func Remaining(change portico.Opt[map[string]*string]) map[string]string {
	out := map[string]string{}
	for key, value := range change.Value {
		if value != nil {
			out[key] = *value
		}
	}
	return out
}

// Item is the path of one item of a list, for faults.
func Item(path string, i int) string { return path + "." + strconv.Itoa(i) }

// NotNil is a map that is an object on the wire even when there is nothing in it.
func NotNil[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return m
}
