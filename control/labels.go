package control

import (
	"fmt"
	"maps"

	"portico"
)

// maxLabels is how many labels an entity may have (contract: Labels).
const maxLabels = 50

// mergeLabels writes the contract's LabelsUpdate to an entity's labels: a null
// value removes that label, a null map all of them, and what is not mentioned
// stays.
func mergeLabels(to *map[string]string, change portico.Opt[map[string]*string]) error {
	if !change.Set {
		return nil
	}
	merged := map[string]string{}
	if !change.Null {
		maps.Copy(merged, *to)
	}
	for key, value := range change.Value {
		if value == nil {
			delete(merged, key)
		} else {
			merged[key] = *value
		}
	}
	if len(merged) > maxLabels {
		return portico.InvalidAll(portico.InvalidParameter{Field: "labels", Rule: "max_items", Maximum: new(maxLabels),
			Reason: fmt.Sprintf("would be %d labels together with those that stay; an entity has at most %d", len(merged), maxLabels)})
	}
	*to = merged
	return nil
}
