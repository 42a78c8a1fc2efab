package storetest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"portico"
)

// testLists: filters, sorts, pages and totals.
func testLists(t *testing.T, open func(*testing.T) portico.Store) {
	t.Run("fields", func(t *testing.T) { t.Parallel(); testFields(t, open(t)) })
	t.Run("refusals", func(t *testing.T) { t.Parallel(); testListRefusals(t, open(t)) })
	t.Run("pages", func(t *testing.T) { t.Parallel(); testPages(t, open(t)) })
	t.Run("brief", func(t *testing.T) { t.Parallel(); testBrief(t, open(t)) })
	t.Run("model", func(t *testing.T) { t.Parallel(); testModel(t, open(t)) })
}

// asked is one collection's list, with its items reduced to their ids.
type asked func(ctx context.Context, tx portico.Tx, q portico.ListQuery) (ids []string, total int, err error)

func ask[ID ~string, T any](of func(portico.Tx) portico.Collection[ID, T], id func(T) ID) asked {
	return func(ctx context.Context, tx portico.Tx, q portico.ListQuery) ([]string, int, error) {
		page, err := of(tx).List(ctx, q)
		ids := make([]string, len(page.Items))
		for i, item := range page.Items {
			ids[i] = string(id(item))
		}
		return ids, page.Total, err
	}
}

// testFields: every field that Portico's programs ask for finds its entity by
// the value that the entity has, finds nothing by another, and sorts.
func testFields(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	for _, c := range slices.Concat(findings(w), portalFindings(w), reachFindings(w), adminFindings(w)) {
		c.fields["id"] = c.id
		for field, value := range c.fields {
			view(t, store, func(tx portico.Tx) error {
				ids, total, err := c.list(ctx, tx, portico.Everything(portico.Where(field, value)))
				if err != nil || total != 1 || len(ids) != 1 || ids[0] != c.id {
					t.Errorf("%s by %s: %v, total %d, %v", c.name, field, ids, total, err)
				}
				not := portico.Filter{Field: field, Op: portico.OpNotEqual, Values: []string{value}}
				ids, _, err = c.list(ctx, tx, portico.Everything(not, portico.Where("id", c.id)))
				if err != nil || len(ids) != 0 {
					t.Errorf("%s by another %s: %v, %v", c.name, field, ids, err)
				}
				if field == "tags" || field == "initial_client_id" || field == "initial_client_audience" || strings.Contains(field, ".") {
					return nil // members do not sort
				}
				q := portico.Everything()
				q.Sort = []portico.Sort{{Field: field, Desc: true}, {Field: "created_at"}}
				_, _, err = c.list(ctx, tx, q)
				return err
			})
		}
	}
}

// finding is one entity and the values that it is found by.
type finding struct {
	name   string
	list   asked
	id     string
	fields map[string]string
}

func findings(w World) []finding {
	instant := func(at time.Time) string { return at.Format(time.RFC3339Nano) }
	label := func(labels map[string]string) (string, string) {
		for k, v := range labels {
			return "labels." + k, v
		}
		return "", ""
	}
	portalLabel, portalLabelValue := label(w.Portal.Labels)
	var attribute, attributeValue string
	for k, values := range w.API.Attributes {
		attribute, attributeValue = "attributes."+k, values[1]
	}
	return []finding{
		{"users", ask(portico.Tx.Users, func(e portico.User) portico.UserID { return e.ID }), string(w.User.ID),
			map[string]string{"email": w.User.Email, "full_name": w.User.FullName, "active": "true",
				"created_at": instant(w.User.CreatedAt), "updated_at": instant(w.User.UpdatedAt)}},
		{"access tokens", ask(portico.Tx.AccessTokens, func(e portico.AccessToken) portico.AccessTokenID { return e.ID }), string(w.AccessToken.ID),
			map[string]string{"user_id": string(w.User.ID), "digest": w.AccessToken.Digest.Hex(), "name": w.AccessToken.Name,
				"expires_at": instant(w.AccessToken.ExpiresAt)}},
		{"providers", ask(portico.Tx.Providers, func(e portico.Provider) portico.ProviderID { return e.ID }), string(w.Provider.ID),
			map[string]string{"name": w.Provider.Name, "issuer": w.Provider.Issuer, "provider_type": string(w.Provider.Type),
				"initial_client_id": w.Provider.Config.InitialClientID, "initial_client_audience": *w.Provider.Config.InitialClientAudience}},
		{"strategies", ask(portico.Tx.Strategies, func(e portico.Strategy) portico.StrategyID { return e.ID }), string(w.Strategy.ID),
			map[string]string{"strategy_type": string(w.Strategy.Type), "name": w.Strategy.Name, "display_name": w.Strategy.DisplayName,
				"dcr_provider_id": string(w.Provider.ID), "dcr_provider_name": w.Provider.Name, "dcr_provider_type": string(w.Provider.Type)}},
		{"portals", ask(portico.Tx.Portals, func(e portico.Portal) portico.PortalID { return e.ID }), string(w.Portal.ID),
			map[string]string{"name": w.Portal.Name, "display_name": w.Portal.DisplayName, "description": *w.Portal.Description,
				"authentication_enabled": "true", "rbac_enabled": "true", "sipr_enabled": "true",
				"default_api_visibility": string(w.Portal.DefaultAPIVisibility), "default_page_visibility": string(w.Portal.DefaultPageVisibility),
				"default_application_auth_strategy_id": string(w.Strategy.ID), "auto_approve_developers": "true",
				"auto_approve_applications": "true", "notifications_developer_pii_visibility_enabled": "true",
				"subdomain": w.Portal.Subdomain, portalLabel: portalLabelValue}},
		{"APIs", ask(portico.Tx.APIs, func(e portico.API) portico.APIID { return e.ID }), string(w.API.ID),
			map[string]string{"name": w.API.Name, "version": *w.API.Version, "description": *w.API.Description, "slug": w.API.Slug,
				attribute: attributeValue}},
		{"versions", ask(portico.Tx.Versions, func(e portico.Version) portico.VersionID { return e.ID }), string(w.Version.ID),
			map[string]string{"api_id": string(w.API.ID), "version": w.Version.Version}},
		{"publications", ask(portico.Tx.Publications, func(e portico.Publication) portico.PublicationID { return e.ID }), string(w.Publication.ID),
			map[string]string{"api_id": string(w.API.ID), "portal_id": string(w.Portal.ID), "auth_strategy_id": string(w.Strategy.ID),
				"visibility": string(w.Publication.Visibility)}},
		{"implementations", ask(portico.Tx.Implementations, func(e portico.Implementation) portico.ImplementationID { return e.ID }), string(w.Implementation.ID),
			map[string]string{"api_id": string(w.API.ID), "service_id": string(w.Service.ID), "control_plane_id": string(w.ControlPlane.ID)}},
		{"control planes", ask(portico.Tx.ControlPlanes, func(e portico.ControlPlane) portico.ControlPlaneID { return e.ID }), string(w.ControlPlane.ID),
			map[string]string{"name": w.ControlPlane.Name, "cluster_type": w.ControlPlane.ClusterType}},
		{"services", ask(portico.Tx.Services, func(e portico.Service) portico.ServiceID { return e.ID }), string(w.Service.ID),
			map[string]string{"name": *w.Service.Name, "control_plane_id": string(w.ControlPlane.ID), "tags": w.Service.Tags[1],
				"enabled": "true", "port": fmt.Sprint(w.Service.Port)}},
		{"routes", ask(portico.Tx.Routes, func(e portico.Route) portico.RouteID { return e.ID }), string(w.Route.ID),
			map[string]string{"name": *w.Route.Name, "control_plane_id": string(w.ControlPlane.ID), "service_id": string(w.Service.ID),
				"tags": w.Route.Tags[0]}},
		{"developers", ask(portico.Tx.Developers, func(e portico.Developer) portico.DeveloperID { return e.ID }), string(w.Developer.ID),
			map[string]string{"portal_id": string(w.Portal.ID), "email": w.Developer.Email, "status": string(w.Developer.Status),
				"full_name": w.Developer.FullName, "name": w.Developer.FullName}},
		{"one-time tokens", ask(portico.Tx.OneTimeTokens, func(e portico.OneTimeToken) portico.OneTimeTokenID { return e.ID }), string(w.OneTimeToken.ID),
			map[string]string{"digest": w.OneTimeToken.Digest.Hex(), "developer_id": string(w.Developer.ID),
				"purpose": string(w.OneTimeToken.Purpose), "expires_at": instant(w.OneTimeToken.ExpiresAt)}},
		{"sessions", ask(portico.Tx.Sessions, func(e portico.Session) portico.SessionID { return e.ID }), string(w.Session.ID),
			map[string]string{"access_digest": w.Session.AccessDigest.Hex(), "refresh_digest": w.Session.RefreshDigest.Hex(),
				"developer_id": string(w.Developer.ID), "expires_at": instant(w.Session.ExpiresAt)}},
		{"applications", ask(portico.Tx.Applications, func(e portico.Application) portico.ApplicationID { return e.ID }), string(w.Application.ID),
			map[string]string{"name": w.Application.Name, "portal_id": string(w.Portal.ID), "developer_id": string(w.Developer.ID),
				"auth_strategy_id": string(w.Strategy.ID), "dcr_provider_id": string(w.Provider.ID), "client_id": w.Application.ClientID,
				"team_id": string(w.Team.ID), "owner_id": string(w.Team.ID)}},
		{"API keys", ask(portico.Tx.APIKeys, func(e portico.APIKey) portico.APIKeyID { return e.ID }), string(w.APIKey.ID),
			map[string]string{"application_id": string(w.Application.ID), "digest": w.APIKey.Digest.Hex(), "display_name": w.APIKey.DisplayName}},
		{"issued secrets", ask(portico.Tx.IssuedSecrets, func(e portico.IssuedSecret) portico.IssuedSecretID { return e.ID }), string(w.IssuedSecret.ID),
			map[string]string{"application_id": string(w.Application.ID), "client_id": w.IssuedSecret.ClientID, "secret_id": w.IssuedSecret.SecretID}},
		{"registrations", ask(portico.Tx.Registrations, func(e portico.Registration) portico.RegistrationID { return e.ID }), string(w.Registration.ID),
			map[string]string{"application_id": string(w.Application.ID), "api_id": string(w.API.ID), "portal_id": string(w.Portal.ID),
				"status": string(w.Registration.Status), "api_name": w.API.Name, "application_name": w.Application.Name,
				"developer_id": string(w.Developer.ID), "owner_id": string(w.Team.ID)}},
		{"tasks", ask(portico.Tx.Tasks, func(e portico.Task) portico.TaskID { return e.ID }), string(w.Task.ID),
			map[string]string{"kind": string(w.Task.Kind), "application_id": string(w.Application.ID),
				"dcr_provider_id": string(w.Provider.ID), "due_at": instant(w.Task.DueAt)}},
		{"client handles", ask(portico.Tx.ClientHandles, func(e portico.KeptHandle) portico.ClientHandleID { return e.ID }), string(w.ClientHandle.ID),
			map[string]string{"dcr_provider_id": string(w.Provider.ID), "client_id": w.ClientHandle.ClientID, "create_key": w.ClientHandle.CreateKey}},
		{"inventories", ask(portico.Tx.Inventories, func(e portico.Inventory) portico.ProviderID { return e.ProviderID }), string(w.Inventory.ProviderID),
			map[string]string{"due_at": instant(w.Inventory.DueAt)}},
		{"ignored findings", ask(portico.Tx.IgnoredFindings, func(e portico.IgnoredFinding) portico.IgnoredFindingID { return e.ID }), string(w.IgnoredFinding.ID),
			map[string]string{"dcr_provider_id": string(w.Provider.ID), "finding_id": w.IgnoredFinding.FindingID}},
	}
}

func testListRefusals(t *testing.T, store portico.Store) {
	ctx := t.Context()
	filter := func(field, op string, values ...string) portico.ListQuery {
		return portico.Everything(portico.Filter{Field: field, Op: op, Values: values})
	}
	sorted := func(field string) portico.ListQuery {
		q := portico.Everything()
		q.Sort = []portico.Sort{{Field: field}}
		return q
	}
	many := func(op string, n int) portico.ListQuery { return filter("name", op, make([]string, n)...) }
	for name, q := range map[string]portico.ListQuery{
		"unknown field":        filter("content", portico.OpEqual, "x"),
		"secret column":        filter("password_hash", portico.OpEqual, "x"),
		"SQL for a field":      filter("name = name OR name", portico.OpEqual, "x"),
		"key of a scalar":      filter("name.key", portico.OpEqual, "x"),
		"map without key":      filter("labels", portico.OpEqual, "x"),
		"unknown operator":     filter("name", "like", "x"),
		"no operator":          filter("name", "", "x"),
		"no value":             filter("name", portico.OpEqual),
		"two values":           filter("name", portico.OpEqual, "x", "y"),
		"no choice":            filter("name", portico.OpAnyEqual),
		"too many choices":     many(portico.OpAnyEqual, 10_001),
		"too many parts":       many(portico.OpAnyContains, 201),
		"part of a time":       filter("created_at", portico.OpContains, "2026-01-01T00:00:00Z"),
		"no time":              filter("created_at", portico.OpLess, "yesterday"),
		"order of labels":      filter("labels.key", portico.OpLess, "x"),
		"neither true nor":     filter("name", portico.OpExists, "maybe"),
		"NUL value":            filter("name", portico.OpEqual, "\x00"),
		"not UTF-8":            filter("name", portico.OpContains, "\xff"),
		"NUL key":              filter("labels.\x00", portico.OpEqual, "x"),
		"too many filters":     portico.Everything(make([]portico.Filter, 201)...),
		"unknown sort":         sorted("content"),
		"sort by labels":       sorted("labels"),
		"SQL for a sort":       sorted("name; DROP TABLE apis"),
		"no page size":         {Number: 1},
		"no page number":       {Size: 1},
		"negative page number": {Size: 1, Number: -1},
	} {
		view(t, store, func(tx portico.Tx) error {
			_, err := tx.APIs().List(ctx, q)
			wantKind(t, name, err, portico.KindInvalid)
			if e, ok := err.(*portico.Error); ok && (len(e.Invalid) == 0 || e.Invalid[0].Field == "" || e.Invalid[0].Reason == "") {
				t.Errorf("%s: the fault is %+v", name, e.Invalid)
			}
			return nil
		})
	}
	for name, q := range map[string]portico.ListQuery{
		"a time with a zone":    filter("created_at", portico.OpLess, "2026-01-01T00:00:00+02:00"),
		"as many as may be":     many(portico.OpAnyEqual, 10_000),
		"as many parts":         many(portico.OpAnyContains, 200),
		"an empty key":          filter("labels.", portico.OpEqual, ""),
		"a key with everything": filter("attributes.a.b\"'$[0]%_\\", portico.OpContains, ""),
		"a very long part":      filter("name", portico.OpContains, strings.Repeat("x", 100_000)),
		"a page far away":       {Size: math.MaxInt, Number: math.MaxInt},
	} {
		view(t, store, func(tx portico.Tx) error {
			page, err := tx.APIs().List(ctx, q)
			if err != nil || page.Total != 0 {
				t.Errorf("%s: %v, total %d", name, err, page.Total)
			}
			return nil
		})
	}
	services := filter("port", portico.OpEqual, "eighty")
	booleans := filter("enabled", portico.OpGreater, "true")
	words := filter("enabled", portico.OpEqual, "yes")
	view(t, store, func(tx portico.Tx) error {
		for _, q := range []portico.ListQuery{services, booleans, words} {
			_, err := tx.Services().List(ctx, q)
			wantKind(t, q.Filters[0].Field, err, portico.KindInvalid)
		}
		return nil
	})
}

func testPages(t *testing.T, store portico.Store) {
	ctx := t.Context()
	const total = 7
	var users []portico.User
	for i := range total {
		u := newWorld().User
		u.CreatedAt = epoch().Add(-time.Duration(i) * time.Hour) // the last inserted is the oldest
		users = append([]portico.User{u}, users...)
		update(t, store, func(tx portico.Tx) error { return tx.Users().Insert(ctx, u) })
	}
	for size := 1; size <= total+1; size++ {
		for number := 1; number <= total+1; number++ {
			view(t, store, func(tx portico.Tx) error {
				page, err := tx.Users().List(ctx, portico.ListQuery{Size: size, Number: number})
				from := min((number-1)*size, total)
				want := users[from:min(from+size, total)]
				if page.Total != total || len(page.Items) != len(want) {
					t.Errorf("page %d of %d: %d items of %d", number, size, len(page.Items), page.Total)
				}
				for i := range min(len(want), len(page.Items)) {
					if page.Items[i].ID != want[i].ID {
						t.Errorf("page %d of %d: item %d is another", number, size, i)
					}
				}
				return err
			})
		}
	}
}

// testBrief: a brief list leaves out long texts, and nothing else.
func testBrief(t *testing.T, store portico.Store) {
	w, ctx := Seed(t, store), t.Context()
	view(t, store, func(tx portico.Tx) error {
		return errors.Join(
			brevity(ctx, t, tx.Pages(), w.Page, func(p *portico.PortalPage) *string { return &p.Content }),
			brevity(ctx, t, tx.Snippets(), w.Snippet, func(s *portico.Snippet) *string { return &s.Content }),
			brevity(ctx, t, tx.Documents(), w.Document, func(d *portico.Document) *string { return &d.Content }),
			brevity(ctx, t, tx.Versions(), w.Version, func(v *portico.Version) *string { return &v.Content }),
		)
	})
}

func brevity[ID ~string, T any](ctx context.Context, t *testing.T, all portico.Collection[ID, T], want T, long func(*T) *string) error {
	q := portico.Everything()
	for _, q.Brief = range []bool{false, true} {
		found, err := all.List(ctx, q)
		if err != nil {
			return err
		}
		if q.Brief {
			*long(&want) = ""
		}
		if len(found.Items) != 1 || !reflect.DeepEqual(found.Items[0], want) {
			t.Errorf("a list, brief %t, has %+v, want %+v", q.Brief, found.Items, want)
		}
	}
	return nil
}
