package console_test

import (
	"cmp"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"portico/audit"
	"portico/mgmtapi"
	"portico/webtest"
	"portico/webui/console"
	"portico/webui/consoletest"
	"portico/webui/desk"
)

const none = "the management API has no such operation"

// withoutCall are the actions that no page shows as a call, with the reason.
func withoutCall() map[string]string {
	return map[string]string{
		"POST /approvals/developers/undo":                    "takes back what was done a moment ago",
		"POST /approvals/registrations/undo":                 "takes back what was done a moment ago",
		"POST /audit-log/verify":                             none,
		"POST /developers/{developerId}/sign-out":            none,
		"POST /email/{mail}/retry":                           none,
		"POST /portals/{portalId}/appearance/favicon/remove": "the operation puts another image, it takes none away",
		"POST /portals/{portalId}/appearance/logo/remove":    "the operation puts another image, it takes none away",
		"POST /portals/{portalId}/emails/{name}/test":        "tries out what is not saved yet",
		"POST /settings":                                     none,
		"POST /settings/admins/invite/revoke":                none,
		"POST /settings/admins/{userId}/active":              "the operation changes names, it bars nobody",
	}
}

// TestEveryActionIsShownAsACall: whatever a page can do over the management API,
// it shows as the call of that operation, and does nothing while it shows it.
func TestEveryActionIsShownAsACall(t *testing.T) {
	t.Parallel()
	var routes []desk.Route
	h := consoletest.New(t, func(s *desk.Site) []desk.Route {
		routes = console.Routes(s)
		return routes
	})
	typed := furnishAll(t, h)
	pages, actions := http.NewServeMux(), map[string]string{}
	for _, r := range routes {
		pages.Handle(r.Pattern, http.NotFoundHandler())
		if strings.HasPrefix(r.Pattern, "POST ") && r.Action != "" {
			actions[r.Pattern] = r.Action
		}
	}
	operations := map[string]*regexp.Regexp{}
	for _, op := range mgmtapi.Operations() {
		operations[cmp.Or(op.ID, op.Method+" "+op.Pattern)] = regexp.MustCompile("^" + op.Method + " " + parameter().ReplaceAllString(op.Pattern, "[^/]+") + "$")
	}
	before, calls := entries(t, h), map[string][]string{}
	visitAll(h.As(t, "en"), pages, func(page *webtest.Shown, target string, values url.Values) {
		pattern := patternOf(pages, http.MethodPost, target)
		maps.Copy(values, typed[pattern])
		answer := page.Post(target, values)
		if answer.Status != http.StatusOK || !strings.Contains(answer.Body, `id="api-call"`) {
			t.Errorf("%s: the form for %s shows no call: %d\n%s", page.Path, pattern, answer.Status, answer.Text())
		}
		for _, call := range callLine().FindAllStringSubmatch(answer.TextOf("api-call"), -1) {
			calls[pattern] = append(calls[pattern], call[1]+" "+call[2])
		}
	})
	for pattern, action := range actions {
		operation, reason := operations[action], withoutCall()[pattern]
		switch {
		case reason == "" && operation == nil:
			t.Errorf("%s is %s, which the management API does not have", pattern, action)
		case reason == "" && !slices.ContainsFunc(calls[pattern], operation.MatchString):
			t.Errorf("%s is %s; the pages show the calls %q", pattern, action, calls[pattern])
		case reason != "" && len(calls[pattern]) > 0:
			t.Errorf("%s is shown as a call, and listed as if it were not", pattern)
		case reason == none && operation != nil:
			t.Errorf("%s is %s, which the management API has", pattern, action)
		}
	}
	for pattern := range withoutCall() {
		if actions[pattern] == "" {
			t.Errorf("there is no %s", pattern)
		}
	}
	if after := entries(t, h); after != before {
		t.Errorf("the audit log has got %d entries more", after-before)
	}
}

// parameter is one in a pattern.
func parameter() *regexp.Regexp { return regexp.MustCompile(`\{\w+\}`) }

// callLine is the first line of a call; it takes the method and the path.
func callLine() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^curl -X (\w+) 'http://portico\.example([^']*)'`)
}

func patternOf(mux *http.ServeMux, method, target string) string {
	_, pattern := mux.Handler(httptest.NewRequest(method, target, nil))
	return pattern
}

// entries is how much the audit log has.
func entries(t *testing.T, h *consoletest.House) int64 {
	t.Helper()
	page, err := h.Audit.Entries.Page(t.Context(), audit.Query{Size: 1})
	must(t, err)
	return page.Entries[0].Position
}

// visitAll follows the links from the first page to a few pages of every kind, and
// sends each form that shows a call.
func visitAll(c *webtest.Client, pages *http.ServeMux, send func(page *webtest.Shown, target string, values url.Values)) {
	const perKind = 4
	seen, queue := map[string]int{}, []string{"/"}
	for n := 0; n < len(queue); n++ {
		page := c.Get(queue[n])
		for _, form := range page.Forms() {
			for _, b := range form.Buttons {
				target := form.Action
				if b.Action != "" {
					target = b.Action
				}
				if call := b.Name == "view" && b.Value == "call"; call || strings.HasSuffix(target, "?view=call") {
					values := maps.Clone(form.Values)
					values.Set(b.Name, b.Value)
					send(page, target, values)
				}
			}
		}
		for _, link := range page.Links() {
			u, err := url.Parse(link)
			if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") {
				continue
			}
			kind := patternOf(pages, http.MethodGet, u.Path) + " " + strings.Join(slices.Sorted(maps.Keys(u.Query())), " ")
			u.Fragment = ""
			if seen[u.String()]++; seen[u.String()] == 1 && !u.Query().Has("sort") && !u.Query().Has("lang") {
				if seen[kind]++; seen[kind] <= perKind {
					queue = append(queue, u.String())
				}
			}
		}
	}
}
