package desk

import (
	"maps"
	"slices"
	"strings"

	"portico"
	"portico/httpkit"
)

// Labels reads a field of labels, written KEY=VALUE with commas or spaces
// between them, under the rules of the management API.
func Labels(f *Form, field string) map[string]string {
	out := map[string]string{}
	for _, word := range f.List(field) {
		key, value, ok := strings.Cut(word, "=")
		switch _, twice := out[key]; {
		case !ok || httpkit.LabelFault(key, value) != "":
			f.Reject(field, "console.bad_label", "Label", word)
		case twice:
			f.Reject(field, "console.label_twice", "Label", key)
		}
		out[key] = value
	}
	if len(out) > portico.MaxLabels {
		f.Reject(field, "console.too_many_labels", "Most", portico.MaxLabels)
	}
	return out
}

// LabelWords are labels as Labels reads them, in the order of their keys.
func LabelWords(labels map[string]string) []string {
	var out []string
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, key+"="+labels[key])
	}
	return out
}

// LabelChange is what makes one set of labels another (contract: LabelsUpdate):
// a nil value takes a label away. Nothing is set where nothing changes.
func LabelChange(from, to map[string]string) portico.Opt[map[string]*string] {
	change := map[string]*string{}
	for key := range from {
		if _, stays := to[key]; !stays {
			change[key] = nil
		}
	}
	for key, value := range to {
		if before, there := from[key]; !there || before != value {
			change[key] = &value
		}
	}
	return portico.Opt[map[string]*string]{Set: len(change) > 0, Value: change}
}
