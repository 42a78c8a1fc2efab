package contentapi

import (
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/access"
	"portico/content"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/usecase"
)

// attributeRoutes: what all APIs are described by (contract: api-builder v3).
func (s server) attributeRoutes() []route.Route {
	return []route.Route{route.On("GET", "/v3/api-attributes", "list-api-attributes", s.listAttributes, access.For(access.APIs, access.View, ""))}
}

// attributeView is the contract's ApiAttributeListItem.
type attributeView struct {
	ID        string            `json:"id"`
	Key       string            `json:"key"`
	Values    []valueView       `json:"values"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

type valueView struct {
	Value string `json:"value"`
	APIs  int    `json:"api_count"`
}

func viewAttribute(a content.Attribute) attributeView {
	out := attributeView{ID: a.ID, Key: a.Key, Values: []valueView{}, CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt)}
	for _, v := range a.Values {
		out.Values = append(out.Values, valueView{v.Value, v.APIs})
	}
	return out
}

func (s server) listAttributes(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, listing.Spec{
		Filters: map[string]listing.FieldKind{"id": listing.UUID(), "key": listing.String(), "created_at": listing.Date(), "updated_at": listing.Date()},
		Sorts:   []string{"id", "key", "created_at", "updated_at"},
	})
	if err != nil {
		return err
	}
	apis, err := s.APIs.List(r.Context(), portico.Everything())
	if err != nil {
		return err
	}
	found := content.Attributes(bare(apis.Items), nil)
	found = slices.DeleteFunc(found, func(a content.Attribute) bool {
		return slices.ContainsFunc(q.Filters, func(f portico.Filter) bool { return !matches(f, a) })
	})
	for _, key := range slices.Backward(q.Sort) {
		slices.SortStableFunc(found, func(a, b content.Attribute) int {
			if key.Desc {
				a, b = b, a
			}
			return compareAttributes(key.Field, a, b)
		})
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(usecase.Cut(found, q), q, viewAttribute))
}

func matches(f portico.Filter, a content.Attribute) bool {
	switch f.Field {
	case "id":
		return usecase.Matches(f, a.ID)
	case "created_at":
		return usecase.MatchesTime(f, a.CreatedAt)
	case "updated_at":
		return usecase.MatchesTime(f, a.UpdatedAt)
	}
	return usecase.Matches(f, a.Key)
}

func compareAttributes(field string, a, b content.Attribute) int {
	switch field {
	case "id":
		return strings.Compare(a.ID, b.ID)
	case "created_at":
		return a.CreatedAt.Compare(b.CreatedAt)
	case "updated_at":
		return a.UpdatedAt.Compare(b.UpdatedAt)
	}
	return strings.Compare(a.Key, b.Key)
}

// bare are APIs without what else is shown of them.
func bare(views []control.APIView) []portico.API {
	out := make([]portico.API, len(views))
	for i, v := range views {
		out[i] = v.API
	}
	return out
}
