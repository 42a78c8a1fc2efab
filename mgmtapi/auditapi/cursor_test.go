package auditapi

import (
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"portico"
)

// FuzzReadQuery: whatever is asked, it is a query that the log can answer, or a
// fault of the input; and a cursor is exactly what was given out.
func FuzzReadQuery(f *testing.F) {
	for _, seed := range []string{
		"", "page[size]=5", "page[after]=" + encodeCursor(7), "page[before]=" + encodeCursor(1<<62), "page[after]=x", "page[size]=",
		"page[after]=" + encodeCursor(3) + "&page[before]=" + encodeCursor(4), "filter[type]=authentication", "filter[type]=x",
		"filter[ts][gte]=2026-01-01T00:00:00Z&filter[ts][lte]=2026-02-01T00:00:00Z", "filter[ts]=2026-01-01T00:00:00.123456789Z", "filter[x]=y", "%zz",
	} {
		f.Add(seed)
	}
	now := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, query string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/v3/audit-logs", nil)
		r.URL.RawQuery = query
		q, err := readQuery(r, now)
		if err != nil {
			if portico.KindOf(err) != portico.KindInvalid {
				t.Errorf("%q gives %v", query, err)
			}
			return
		}
		if q.Size < 1 || q.Size > 1000 || q.Older < 0 || q.Newer < 0 || q.Older > 0 && q.Newer > 0 {
			t.Errorf("%q asks for %+v", query, q)
		}
		if values, err := url.ParseQuery(query); err == nil && q.Older > 0 && encodeCursor(q.Older) != values.Get("page[after]") {
			t.Errorf("%q is read as the position %d", query, q.Older)
		}
		begins := false
		for _, filter := range q.Filters {
			begins = begins || filter.Field == "at" && filter.Op != portico.OpLess && filter.Op != portico.OpLessEqual
			if filter.Field != "at" && filter.Field != "type" {
				t.Errorf("%q filters by %s", query, filter.Field)
			}
		}
		if !begins {
			t.Errorf("%q goes back for ever", query)
		}
	})
}
