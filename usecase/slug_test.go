package usecase

import (
	"regexp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"portico"
)

func TestSlugify(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Flight Search": "flight-search", "  --Crème & Co.-- ": "creme-co", "v1.2_3": "v1-2_3", "ÅÉÎ": "aei", "飛行": "", "": "", "a\x00b": "a-b", "ﬁn": "fin",
	} {
		if got := Slugify(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestSlugsFitIntoAddresses(t *testing.T) {
	t.Parallel()
	fits := regexp.MustCompile(`^([a-z0-9_]+(-[a-z0-9_]+)*)?$`)
	rapid.Check(t, func(t *rapid.T) {
		slug := Slugify(rapid.String().Draw(t, "name"))
		if !fits.MatchString(slug) || Slugify(slug) != slug {
			t.Errorf("%q is no slug", slug)
		}
	})
}

func TestFreeTakesTheFirstThatIsNotTaken(t *testing.T) {
	t.Parallel()
	got, err := Free("a", func(s string) (bool, error) { return slices.Contains([]string{"a", "a-2", "a-4"}, s), nil })
	if err != nil || got != "a-3" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestSettledConditionsLeaveTheQuery(t *testing.T) {
	t.Parallel()
	other := portico.Where("name", "x")
	for _, test := range []struct {
		op     string
		values []string
		holds  bool
	}{
		{portico.OpEqual, []string{"api"}, true},
		{portico.OpEqual, []string{"API"}, false},
		{portico.OpNotEqual, []string{"api"}, false},
		{portico.OpNotEqual, []string{"x"}, true},
		{portico.OpContains, []string{"AP"}, true},
		{portico.OpContains, []string{"x"}, false},
		{portico.OpAnyEqual, []string{"x", "api"}, true},
		{portico.OpAnyEqual, []string{"x"}, false},
		{portico.OpAnyContains, []string{"x", "pi"}, true},
		{portico.OpAnyContains, []string{"x"}, false},
		{"unheard of", []string{"api"}, false},
	} {
		q := Settled(portico.Everything(other, portico.Filter{Field: "entity_type", Op: test.op, Values: test.values}), "entity_type", "api")
		if got := len(q.Filters) == 1 && q.Filters[0].Field == "name"; got != test.holds {
			t.Errorf("%s %q: filters %+v", test.op, test.values, q.Filters)
		}
	}
}
