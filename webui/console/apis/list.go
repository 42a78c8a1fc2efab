package apis

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/access"
	"portico/content"
	"portico/control"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

// listView is the list of APIs, or of packages.
type listView struct {
	desk.List
	Package   bool
	Items     []control.APIView
	Total     int
	Keys      []design.Option // the attributes that they have, as KEY=VALUE
	MayCreate bool
}

// listWords are what the list says of itself.
type listWords struct{ Icon, Title, Lead, Empty, EmptyText, New string }

func (c listView) words(ctx context.Context) listWords {
	if c.Package {
		return listWords{"boxes", i18n.T(ctx, "packages.title"), i18n.T(ctx, "packages.lead"), i18n.T(ctx, "packages.empty"), i18n.T(ctx, "packages.empty_text"), i18n.T(ctx, "packages.new")}
	}
	return listWords{"box", i18n.T(ctx, "apis.title"), i18n.T(ctx, "apis.lead"), i18n.T(ctx, "apis.empty"), i18n.T(ctx, "apis.empty_text"), i18n.T(ctx, "apis.new")}
}

func (p pages) list(pack bool) desk.Handler {
	return func(w http.ResponseWriter, v *desk.Visit) error {
		view := listView{List: v.List("name", "version", "created_at", "updated_at"), Package: pack, MayCreate: v.MayCreate(access.APIs)}
		found, err := p.APIs.List(v.Context(), access.Visible(v.Context(), view.Query(isPackage(pack), view.Contains("q", "name"), attributeFilter(view.Value("attribute"))), access.APIs, "id"))
		if err != nil {
			return err
		}
		view.Items, view.Total = found.Items, found.Total
		all, err := p.APIs.List(v.Context(), access.Visible(v.Context(), portico.Everything(isPackage(pack)...), access.APIs, "id"))
		if err != nil {
			return err
		}
		entities := make([]portico.API, len(all.Items))
		for i, a := range all.Items {
			entities[i] = a.API
		}
		view.Keys = []design.Option{{Label: v.T("apis.any_attribute")}}
		for _, attribute := range content.Attributes(entities, nil) {
			for _, value := range attribute.Values {
				word := attribute.Key + "=" + value.Value
				view.Keys = append(view.Keys, design.Option{Value: word, Label: attribute.Key + ": " + value.Value, Selected: view.Value("attribute") == word})
			}
		}
		return v.Render(w, http.StatusOK, view.words(v.Context()).Title, listPage(view))
	}
}

// isPackage is the condition that an API is a package, or that it is none.
func isPackage(is bool) []portico.Filter {
	return []portico.Filter{portico.Where("is_package", strconv.FormatBool(is))}
}

// attributeFilter is the condition that an API has an attribute, KEY=VALUE.
func attributeFilter(word string) []portico.Filter {
	key, value, ok := strings.Cut(word, "=")
	if !ok || strings.ContainsRune(word, 0) {
		return nil
	}
	return []portico.Filter{{Field: "attributes." + key, Op: portico.OpEqual, Values: []string{value}}}
}

// attributeLines are attributes as the form has them: a line for each key.
func attributeLines(attributes map[string][]string) string {
	var lines []string
	for key, values := range attributes {
		lines = append(lines, key+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
