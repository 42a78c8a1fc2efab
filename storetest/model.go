package storetest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico"
)

// testModel compares lists of random APIs with what a few lines of Go make of
// the same query.
func testModel(t *testing.T, store portico.Store) {
	ctx := t.Context()
	rapid.Check(t, func(r *rapid.T) {
		all := drawAPIs(r)
		queries := rapid.SliceOfN(rapid.Custom(drawQuery), 1, 8).Draw(r, "queries")
		err := store.Update(ctx, func(tx portico.Tx) error {
			old, err := tx.APIs().List(ctx, portico.Everything())
			if err != nil {
				return err
			}
			for _, a := range old.Items {
				if err := tx.APIs().Delete(ctx, a.ID); err != nil {
					return err
				}
			}
			for _, a := range all {
				if err := tx.APIs().Insert(ctx, a); err != nil {
					return err
				}
			}
			for _, q := range queries {
				got, err := tx.APIs().List(ctx, q)
				if err != nil {
					return fmt.Errorf("%+v: %w", q, err)
				}
				want := modelList(all, q)
				if got.Total != want.Total || !slices.EqualFunc(got.Items, want.Items, sameAPI) {
					r.Errorf("%+v: got %s, want %s", q, brief(got), brief(want))
				}
			}
			return nil
		})
		if err != nil {
			r.Fatal(err)
		}
	})
}

func sameAPI(a, b portico.API) bool { return a.ID == b.ID }

func brief(p portico.Page[portico.API]) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:", p.Total)
	for _, a := range p.Items {
		fmt.Fprintf(&b, " {%q %q %v %v}", a.Name, deref(a.Version), a.Labels, a.Attributes)
	}
	return b.String()
}

func deref(s *string) string {
	if s == nil {
		return "-"
	}
	return *s
}

// words are few, so that they meet, and hold what SQL and JSON could take for
// their own.
func words() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"", "a", "A", "b", "aB", "Ab", "ä", "Ä", "éA", "%", "_", "a_b", `\`, `'`, `"`, "東", "a b", "-", "1", "true", "null", "[", "$"})
}

func keys() *rapid.Generator[string] {
	return rapid.SampledFrom([]string{"k", "K", "a.b", `"`, "$", ""})
}

func instants() *rapid.Generator[time.Time] {
	return rapid.Custom(func(r *rapid.T) time.Time {
		return epoch().Add(time.Duration(rapid.IntRange(-3, 3).Draw(r, "µs")) * time.Microsecond)
	})
}

func drawAPIs(r *rapid.T) []portico.API {
	taken := map[string]bool{}
	var all []portico.API
	for i := range rapid.IntRange(0, 10).Draw(r, "APIs") {
		a := portico.API{
			ID:          portico.APIID(fmt.Sprintf("%d-%d", rapid.IntRange(0, 9).Draw(r, "id"), i)),
			Name:        words().Draw(r, "name"),
			Version:     rapid.Ptr(words(), true).Draw(r, "version"),
			Description: rapid.Ptr(words(), true).Draw(r, "description"),
			Slug:        fmt.Sprintf("slug-%d", i),
			CreatedAt:   instants().Draw(r, "created"),
			UpdatedAt:   instants().Draw(r, "updated"),
		}
		if rapid.Bool().Draw(r, "has labels") {
			a.Labels = rapid.MapOfN(keys(), words(), 0, 3).Draw(r, "labels")
		}
		if rapid.Bool().Draw(r, "has attributes") {
			a.Attributes = rapid.MapOfN(keys(), rapid.SliceOfN(words(), 0, 3), 0, 3).Draw(r, "attributes")
		}
		version := ""
		if a.Version != nil {
			version = *a.Version
		}
		if key := a.Name + "\x00" + version; !taken[key] {
			taken[key] = true
			all = append(all, a)
		}
	}
	return all
}

func drawQuery(r *rapid.T) portico.ListQuery {
	return portico.ListQuery{
		Size:    rapid.IntRange(1, 6).Draw(r, "size"),
		Number:  rapid.IntRange(1, 3).Draw(r, "number"),
		Filters: rapid.SliceOfN(rapid.Custom(drawFilter), 0, 2).Draw(r, "filters"),
		Sort:    rapid.SliceOfN(rapid.Custom(drawSort), 0, 2).Draw(r, "sort"),
	}
}

func drawFilter(r *rapid.T) portico.Filter {
	equality := []string{portico.OpEqual, portico.OpNotEqual, portico.OpAnyEqual, portico.OpExists}
	order := []string{portico.OpLess, portico.OpLessEqual, portico.OpGreater, portico.OpGreaterOrEq}
	part := []string{portico.OpContains, portico.OpAnyContains}
	f := portico.Filter{Field: rapid.SampledFrom([]string{"id", "name", "version", "description", "created_at", "labels.", "attributes."}).Draw(r, "field")}
	value := words()
	switch f.Field {
	case "created_at":
		f.Op = rapid.SampledFrom(append(order, equality...)).Draw(r, "operator")
		value = rapid.Map(instants(), func(at time.Time) string { return at.Format(time.RFC3339Nano) })
	case "labels.", "attributes.":
		f.Field += keys().Draw(r, "key")
		f.Op = rapid.SampledFrom(append(part, equality...)).Draw(r, "operator")
	default:
		f.Op = rapid.SampledFrom(append(append(part, order...), equality...)).Draw(r, "operator")
	}
	switch f.Op {
	case portico.OpExists:
		f.Values = []string{rapid.SampledFrom([]string{"true", "false"}).Draw(r, "exists")}
	case portico.OpAnyEqual, portico.OpAnyContains:
		f.Values = rapid.SliceOfN(value, 1, 3).Draw(r, "values")
	default:
		f.Values = []string{value.Draw(r, "value")}
	}
	return f
}

func drawSort(r *rapid.T) portico.Sort {
	return portico.Sort{
		Field: rapid.SampledFrom([]string{"id", "name", "version", "description", "slug", "created_at", "updated_at"}).Draw(r, "sort field"),
		Desc:  rapid.Bool().Draw(r, "descending"),
	}
}

// modelList is a list as the port describes it.
func modelList(all []portico.API, q portico.ListQuery) portico.Page[portico.API] {
	var items []portico.API
	for _, a := range all {
		if !slices.ContainsFunc(q.Filters, func(f portico.Filter) bool { return !modelHolds(a, f) }) {
			items = append(items, a)
		}
	}
	sorts := q.Sort
	if len(sorts) == 0 {
		sorts = []portico.Sort{{Field: "created_at"}}
	}
	slices.SortFunc(items, func(a, b portico.API) int {
		for _, s := range sorts {
			order := slices.Compare(modelValues(a, s.Field), modelValues(b, s.Field)) // none is least
			if s.Desc {
				order = -order
			}
			if order != 0 {
				return order
			}
		}
		return cmp.Compare(a.ID, b.ID)
	})
	from := min((q.Number-1)*q.Size, len(items))
	return portico.Page[portico.API]{Items: items[from:min(from+q.Size, len(items))], Total: len(items)}
}

// modelValues are the values of a field: none or one, or several of a map.
func modelValues(a portico.API, field string) []string {
	optional := func(s *string) []string {
		if s == nil {
			return nil
		}
		return []string{*s}
	}
	moment := func(at time.Time) []string { return []string{at.Format("2006-01-02T15:04:05.000000Z")} }
	name, key, _ := strings.Cut(field, ".")
	switch name {
	case "id":
		return []string{string(a.ID)}
	case "name":
		return []string{a.Name}
	case "slug":
		return []string{a.Slug}
	case "version":
		return optional(a.Version)
	case "description":
		return optional(a.Description)
	case "created_at":
		return moment(a.CreatedAt)
	case "updated_at":
		return moment(a.UpdatedAt)
	case "labels":
		if v, ok := a.Labels[key]; ok {
			return []string{v}
		}
		return nil
	}
	return a.Attributes[key]
}

func modelHolds(a portico.API, f portico.Filter) bool {
	values, words := modelValues(a, f.Field), slices.Clone(f.Values)
	if f.Field == "created_at" && f.Op != portico.OpExists {
		for i, word := range words {
			at, err := time.Parse(time.RFC3339Nano, word)
			if err != nil {
				panic(err)
			}
			words[i] = at.Format("2006-01-02T15:04:05.000000Z")
		}
	}
	contains := func(v, word string) bool { return strings.Contains(strings.ToLower(v), strings.ToLower(word)) }
	one := func(v string) bool {
		switch f.Op {
		case portico.OpEqual, portico.OpNotEqual, portico.OpAnyEqual:
			return slices.Contains(words, v)
		case portico.OpContains, portico.OpAnyContains:
			return slices.ContainsFunc(words, func(word string) bool { return contains(v, word) })
		case portico.OpLess:
			return v < words[0]
		case portico.OpLessEqual:
			return v <= words[0]
		case portico.OpGreater:
			return v > words[0]
		}
		return v >= words[0]
	}
	switch f.Op {
	case portico.OpExists:
		return (len(values) > 0) == (words[0] == "true")
	case portico.OpNotEqual:
		return !slices.ContainsFunc(values, one)
	}
	return slices.ContainsFunc(values, one)
}
