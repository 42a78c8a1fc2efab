package portico

import (
	"fmt"
	"maps"
)

// MaxLabels is how many labels an entity may have (contract: Labels).
const MaxLabels = 50

// MergeLabels writes the contract's LabelsUpdate to an entity's labels: a null
// value removes that label, a null map all of them, and what is not mentioned
// stays. KindInvalid when there are too many.
func MergeLabels(to *map[string]string, change Opt[map[string]*string]) error {
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
	if len(merged) > MaxLabels {
		return InvalidAll(InvalidParameter{Field: "labels", Rule: "max_items", Maximum: new(MaxLabels),
			Reason: fmt.Sprintf("would be %d labels together with those that stay; an entity has at most %d", len(merged), MaxLabels)})
	}
	*to = merged
	return nil
}
