package content

import (
	"cmp"
	"crypto/sha1"
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"portico"
)

// Attribute is a key that APIs are described by, with the values it has.
type Attribute struct {
	ID        string // follows from the key
	Key       string
	Values    []AttributeValue // in alphabetical order
	CreatedAt time.Time        // of the first API with it
	UpdatedAt time.Time        // when an API with it was changed last
}

// AttributeValue is a value and how many APIs have it: of all, and of those that
// have one of the selected values of every key that something is selected of.
type AttributeValue struct {
	Value    string
	APIs     int
	Selected int
}

// Attributes counts the attributes of APIs, in the order of their keys.
// selected holds, by key, the values that somebody has chosen.
func Attributes(apis []portico.API, selected map[string][]string) []Attribute {
	byKey := map[string]*Attribute{}
	counts := map[string]map[string]*AttributeValue{}
	for _, api := range apis {
		chosen := matches(api, selected)
		for key, values := range api.Attributes {
			a, there := byKey[key]
			if !there {
				a = &Attribute{ID: attributeID(key), Key: key, CreatedAt: api.CreatedAt}
				byKey[key], counts[key] = a, map[string]*AttributeValue{}
			}
			if api.CreatedAt.Before(a.CreatedAt) {
				a.CreatedAt = api.CreatedAt
			}
			if api.UpdatedAt.After(a.UpdatedAt) {
				a.UpdatedAt = api.UpdatedAt
			}
			for _, value := range slices.Compact(slices.Sorted(slices.Values(values))) {
				v, there := counts[key][value]
				if !there {
					v = &AttributeValue{Value: value}
					counts[key][value] = v
				}
				v.APIs++
				if chosen {
					v.Selected++
				}
			}
		}
	}
	out := make([]Attribute, 0, len(byKey))
	for _, key := range slices.Sorted(maps.Keys(byKey)) {
		a := byKey[key]
		for _, v := range counts[key] {
			a.Values = append(a.Values, *v)
		}
		slices.SortFunc(a.Values, func(x, y AttributeValue) int { return cmp.Compare(x.Value, y.Value) })
		out = append(out, *a)
	}
	return out
}

// matches reports whether an API has, of every key, one of the selected values.
func matches(api portico.API, selected map[string][]string) bool {
	for key, values := range selected {
		if !slices.ContainsFunc(values, func(v string) bool { return slices.Contains(api.Attributes[key], v) }) {
			return false
		}
	}
	return true
}

// attributeID makes a UUID of version 5 (RFC 9562 §5.5) from a key, so that a
// key has the same id wherever it is counted.
func attributeID(key string) string {
	const space = "portico:api-attribute:"
	b := sha1.Sum([]byte(space + key))
	b[6], b[8] = b[6]&0x0f|0x50, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:16])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
