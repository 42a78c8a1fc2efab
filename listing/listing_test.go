package listing_test

import (
	"encoding/json"
	"errors"
	"net/http/httptest"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"portico"
	"portico/listing"
)

const id = "9f5061ce-78f6-4452-9108-ad7c02821fd5"

func spec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "status": listing.Enum("approved", "pending"),
			"enabled": listing.Bool(), "created_at": listing.Date(), "labels": listing.Labels(),
		},
		Sorts:       []string{"name", "created_at"},
		DefaultSort: []portico.Sort{{Field: "created_at", Desc: true}},
	}
}

func parse(query string) (portico.ListQuery, error) {
	r := httptest.NewRequest("GET", "/v3/portals", nil)
	r.URL.RawQuery = query
	return listing.Parse(r, spec())
}

func TestFilters(t *testing.T) {
	t.Parallel()
	filter := func(field, op string, values ...string) portico.Filter {
		return portico.Filter{Field: field, Op: op, Values: values}
	}
	for query, want := range map[string]portico.Filter{
		"filter[name]=okta":                                       filter("name", "eq", "okta"),
		"filter%5Bname%5D%5Bneq%5D=a+b":                           filter("name", "neq", "a b"),
		"filter[name][contains]=k,t":                              filter("name", "contains", "k,t"),
		"filter[name][oeq]=a,b":                                   filter("name", "oeq", "a", "b"),
		"filter[name][ocontains]=a,b":                             filter("name", "ocontains", "a", "b"),
		"filter[name]=":                                           filter("name", "eq", ""),
		"filter[id]=" + strings.ToUpper(id):                       filter("id", "eq", id),
		"filter[id][oeq]=" + id + "," + id:                        filter("id", "oeq", id, id),
		"filter[status]=pending":                                  filter("status", "eq", "pending"),
		"filter[status][contains]=pen":                            filter("status", "contains", "pen"),
		"filter[enabled]=true":                                    filter("enabled", "eq", "true"),
		"filter[created_at]=2026-01-31T12:00:00Z":                 filter("created_at", "eq", "2026-01-31T12:00:00Z"),
		"filter[created_at][gte]=2026-01-31T12:00:00.5%2B02:00":   filter("created_at", "gte", "2026-01-31T10:00:00.5Z"),
		"filter[labels.KONGCTL-namespace]=team":                   filter("labels.KONGCTL-namespace", "eq", "team"),
		"filter[labels.env][ocontains]=dev,test":                  filter("labels.env", "ocontains", "dev", "test"),
		"filter[labels.a.b][neq]=x":                               filter("labels.a.b", "neq", "x"),
		"filter[labels.owner]":                                    filter("labels.owner", "exists", "true"),
		"filter[labels.owner][exists]=false":                      filter("labels.owner", "exists", "false"),
		"filter[labels][owner]=me":                                filter("labels.owner", "eq", "me"),
		"filter[labels][owner][neq]=me&utm_source=mail&foo[bar]=": filter("labels.owner", "neq", "me"),
	} {
		q, err := parse(query)
		if err != nil || !reflect.DeepEqual(q.Filters, []portico.Filter{want}) {
			t.Errorf("%s: %+v, %v; want %+v", query, q.Filters, err, want)
		}
	}
}

func TestSeveralFiltersAreAndedInAFixedOrder(t *testing.T) {
	t.Parallel()
	q, err := parse("filter[name][contains]=b&filter[enabled]=true&filter[name][contains]=a")
	want := []portico.Filter{
		{Field: "enabled", Op: "eq", Values: []string{"true"}},
		{Field: "name", Op: "contains", Values: []string{"b"}},
		{Field: "name", Op: "contains", Values: []string{"a"}},
	}
	if err != nil || !reflect.DeepEqual(q.Filters, want) {
		t.Errorf("%+v, %v", q.Filters, err)
	}
}

func TestPagesAndSorts(t *testing.T) {
	t.Parallel()
	newest := []portico.Sort{{Field: "created_at", Desc: true}}
	for query, want := range map[string]portico.ListQuery{
		"":                                   {Size: 10, Number: 1, Sort: newest},
		"page[size]=&page[number]=&sort=":    {Size: 10, Number: 1, Sort: newest},
		"page%5Bsize%5D=1000&page[number]=7": {Size: 1000, Number: 7, Sort: newest},
		"sort=name":                          {Size: 10, Number: 1, Sort: []portico.Sort{{Field: "name"}}},
		"sort=name+desc,created_at%20ASC":    {Size: 10, Number: 1, Sort: []portico.Sort{{Field: "name", Desc: true}, {Field: "created_at"}}},
	} {
		if q, err := parse(query); err != nil || !reflect.DeepEqual(q, want) {
			t.Errorf("%s: %+v, %v; want %+v", query, q, err, want)
		}
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for query, want := range map[string]string{
		"page[size]=0":                        "page[size] min",
		"page[size]=1001":                     "page[size] max",
		"page[size]=ten":                      "page[size] is_integer",
		"page[size]=1&page[size]=2":           "page[size] invalid",
		"page[number]=-1":                     "page[number] min",
		"page[number]=99999999999":            "page[number] max",
		"page[number]=99999999999999999999":   "page[number] is_integer",
		"page[after]=x":                       "page[after] unknown_property",
		"filter=x":                            "filter invalid",
		"filter[name=x":                       "filter[name invalid",
		"filter[na[me]]=x":                    "filter[na[me]] invalid",
		"filter[name][eq][eq]=x":              "filter[name][eq][eq] invalid",
		"filter[labels][a][eq][eq]=x":         "filter[labels][a][eq][eq] invalid",
		"filter[labels.a][eq][eq]=x":          "filter[labels.a][eq][eq] invalid",
		"filter[]=x":                          "filter[] unknown_property",
		"filter[secret]=x":                    "filter[secret] unknown_property",
		"filter[name.a]=x":                    "filter[name.a] unknown_property",
		"filter[labels]=x":                    "filter[labels] invalid",
		"filter[labels.]=x":                   "filter[labels.] invalid",
		"filter[labels.a%00]=x":               "filter[labels.a\x00] invalid",
		"filter[labels.a][exists]=perhaps":    "filter[labels.a][exists] enum",
		"filter[name][like]=x":                "filter[name][like] enum",
		"filter[id][contains]=x":              "filter[id][contains] enum",
		"filter[id]=nobody":                   "filter[id] is_uuid",
		"filter[id][oeq]=" + id + ",nobody":   "filter[id][oeq] is_uuid",
		"filter[status]=lost":                 "filter[status] enum",
		"filter[enabled]=yes":                 "filter[enabled] enum",
		"filter[created_at]=yesterday":        "filter[created_at] is_date_time",
		"filter[created_at][neq]=2026-01-01":  "filter[created_at][neq] enum",
		"filter[name]=%00":                    "filter[name] is_string",
		"filter[name]=%ff":                    "filter[name] is_string",
		"filter[name]=%zz":                    "query invalid",
		"sort=secret":                         "sort enum",
		"sort=name+upwards":                   "sort invalid",
		"sort=name+desc+desc":                 "sort invalid",
		"sort=name,,created_at":               "sort invalid",
		"sort=name,name+desc":                 "sort invalid",
		"sort=secret&page[size]=0&filter[x]=": "page[size] min, filter[x] unknown_property, sort enum",
	} {
		_, err := parse(query)
		e, ok := errors.AsType[*portico.Error](err)
		if !ok || e.Kind != portico.KindInvalid {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var got []string
		for _, fault := range e.Invalid {
			got = append(got, fault.Field+" "+fault.Rule)
			if fault.Source != "query" || fault.Reason == "" {
				t.Errorf("%s: %+v", query, fault)
			}
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	q := portico.ListQuery{Size: 2, Number: 3}
	got, err := json.Marshal(listing.Envelope(portico.Page[int]{Items: []int{5, 6}, Total: 6}, q, strconv.Itoa))
	if want := `{"data":["5","6"],"meta":{"page":{"number":3,"size":2,"total":6}}}`; err != nil || string(got) != want {
		t.Errorf("%s, %v", got, err)
	}
	got, err = json.Marshal(listing.Envelope(portico.Page[int]{}, q, strconv.Itoa))
	if want := `{"data":[],"meta":{"page":{"number":3,"size":2,"total":0}}}`; err != nil || string(got) != want {
		t.Errorf("empty: %s, %v", got, err)
	}
}

// TestOffsetsLeadThroughACollection follows next as a client does.
func TestOffsetsLeadThroughACollection(t *testing.T) {
	t.Parallel()
	all := []int{1, 2, 3, 4, 5}
	var seen []string
	next, pages := "/v2/control-planes/c/core-entities/services?size=2&filter[name][contains]=a", 0
	for next != "" {
		pages++
		r := httptest.NewRequest("GET", next, nil)
		q, err := listing.ParseOffset(r, spec())
		if err != nil || len(q.Filters) != 1 {
			t.Fatalf("%s: %+v, %v", next, q, err)
		}
		from := (q.Number - 1) * q.Size
		page := portico.Page[int]{Items: all[from:min(from+q.Size, len(all))], Total: len(all)}
		list := listing.OffsetEnvelope(r, page, q, strconv.Itoa)
		seen = append(seen, list.Data...)
		next = list.Next
		if (list.Offset == "") != (next == "") {
			t.Errorf("offset %q, next %q", list.Offset, next)
		}
	}
	if pages != 3 || strings.Join(seen, "") != "12345" {
		t.Errorf("%d pages: %v", pages, seen)
	}
}

// TestCursorsLeadThereAndBack follows next to the end and previous to the start.
func TestCursorsLeadThereAndBack(t *testing.T) {
	t.Parallel()
	all := []int{1, 2, 3, 4, 5}
	var seen []string
	at := "/mappings?page[size]=2&filter[name][contains]=a"
	for direction := range []int{0, 1} {
		for next := &at; next != nil; {
			r := httptest.NewRequest("GET", *next, nil)
			q, err := listing.ParseCursor(r, spec())
			if err != nil || len(q.Filters) != 1 || q.Size != 2 {
				t.Fatalf("%s: %+v, %v", *next, q, err)
			}
			at = *next
			from := (q.Number - 1) * q.Size
			list := listing.CursorEnvelope(r, portico.Page[int]{Items: all[from:min(from+q.Size, len(all))], Total: len(all)}, q, strconv.Itoa)
			seen = append(seen, list.Data...)
			next = list.Meta.Page.Next
			if direction == 1 {
				next = list.Meta.Page.Previous
			}
		}
	}
	if strings.Join(seen, "") != "12345"+"53412" {
		t.Errorf("came by %v", seen)
	}
	for _, query := range []string{"page[size]=0", "page[after]=!", "page[before]=MA", "page[after]=MTAwMS4x"} {
		if q, err := listing.ParseCursor(httptest.NewRequest("GET", "/mappings?"+query, nil), spec()); portico.KindOf(err) != portico.KindInvalid {
			t.Errorf("%s: %+v, %v", query, q, err)
		}
	}
}

func TestOffsetFaults(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"size=0", "size=1001", "size=x", "offset=!", "offset=MA", "offset=MC4x", "offset=MTAwMS4x", "sort=secret"} {
		if q, err := listing.ParseOffset(httptest.NewRequest("GET", "/services?"+query, nil), spec()); portico.KindOf(err) != portico.KindInvalid {
			t.Errorf("%s: %+v, %v", query, q, err)
		}
	}
	q, err := listing.ParseOffset(httptest.NewRequest("GET", "/services", nil), listing.Spec{})
	if err != nil || q.Size != 100 || q.Number != 1 {
		t.Errorf("by default: %+v, %v", q, err)
	}
}

// FuzzParse holds that every query is either refused by KindInvalid or gives a
// query that a store can answer.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"page[size]=2&page[number]=3", "filter[name][eq]=a", "filter[labels.a]=b&sort=name desc", "filter[labels][a][oeq]=,",
		"filter[created_at][lt]=2026-01-01T00:00:00Z", "filter[=", "filter[][]", "%", "a;b", "size=2&offset=Mi4z",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL = &url.URL{Path: "/", RawQuery: query}
		byNumber, err := listing.Parse(r, spec())
		check(t, byNumber, err)
		byOffset, err := listing.ParseOffset(r, spec())
		check(t, byOffset, err)
		byCursor, err := listing.ParseCursor(r, spec())
		check(t, byCursor, err)
	})
}

func check(t *testing.T, q portico.ListQuery, err error) {
	if err != nil {
		e, ok := errors.AsType[*portico.Error](err)
		if !ok || e.Kind != portico.KindInvalid || len(e.Invalid) == 0 {
			t.Fatalf("refused by %v", err)
		}
		return
	}
	if q.Size < 1 || q.Size > listing.MaxSize || q.Number < 1 || len(q.Sort) == 0 {
		t.Fatalf("%+v", q)
	}
	for _, filter := range q.Filters {
		if len(filter.Values) == 0 || strings.Contains(filter.Field+strings.Join(filter.Values, ""), "\x00") {
			t.Fatalf("%+v", filter)
		}
		if len(filter.Values) > 1 && filter.Op != portico.OpAnyEqual && filter.Op != portico.OpAnyContains {
			t.Fatalf("%+v", filter)
		}
	}
}
