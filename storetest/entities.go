package storetest

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico"
)

// subject is one collection under test.
type subject[ID ~string, T any] struct {
	of   func(portico.Tx) portico.Collection[ID, T]
	id   func(*T) *ID
	refs func(to *T, from T) // copies the references, which must stay valid
	like T                   // an entity of the world
	// alone is set where the world's entity must go first for another to fit.
	alone bool
}

func testEntities(t *testing.T, open func(*testing.T) portico.Store) {
	testPortalEntities(t, open)
	testAuditEntities(t, open)
	testOperationEntities(t, open)
	testGatewayEntities(t, open)
	testAdminEntities(t, open)
	testReachEntities(t, open)
	testApplicationEntities(t, open)
	w := newWorld()
	t.Run("organizations", check(open, w, subject[portico.OrganizationID, portico.Organization]{
		of: portico.Tx.Organizations, id: func(e *portico.Organization) *portico.OrganizationID { return &e.ID },
		refs: func(*portico.Organization, portico.Organization) {}, like: w.Organization}))
	t.Run("users", check(open, w, subject[portico.UserID, portico.User]{
		of: portico.Tx.Users, id: func(e *portico.User) *portico.UserID { return &e.ID },
		refs: func(*portico.User, portico.User) {}, like: w.User}))
	t.Run("access tokens", check(open, w, subject[portico.AccessTokenID, portico.AccessToken]{
		of: portico.Tx.AccessTokens, id: func(e *portico.AccessToken) *portico.AccessTokenID { return &e.ID },
		refs: func(to *portico.AccessToken, from portico.AccessToken) { to.UserID = from.UserID }, like: w.AccessToken}))
	t.Run("providers", check(open, w, subject[portico.ProviderID, portico.Provider]{
		of: portico.Tx.Providers, id: func(e *portico.Provider) *portico.ProviderID { return &e.ID },
		refs: func(*portico.Provider, portico.Provider) {}, like: w.Provider}))
	t.Run("strategies", check(open, w, subject[portico.StrategyID, portico.Strategy]{
		of: portico.Tx.Strategies, id: func(e *portico.Strategy) *portico.StrategyID { return &e.ID },
		refs: func(to *portico.Strategy, from portico.Strategy) {
			if to.ProviderID != nil {
				to.ProviderID = from.ProviderID
			}
		}, like: w.Strategy}))
	t.Run("portals", check(open, w, subject[portico.PortalID, portico.Portal]{
		of: portico.Tx.Portals, id: func(e *portico.Portal) *portico.PortalID { return &e.ID },
		refs: func(to *portico.Portal, from portico.Portal) {
			if to.DefaultStrategyID != nil {
				to.DefaultStrategyID = from.DefaultStrategyID
			}
		}, like: w.Portal}))
	t.Run("APIs", check(open, w, subject[portico.APIID, portico.API]{
		of: portico.Tx.APIs, id: func(e *portico.API) *portico.APIID { return &e.ID },
		refs: func(*portico.API, portico.API) {}, like: w.API}))
	t.Run("versions", check(open, w, subject[portico.VersionID, portico.Version]{
		of: portico.Tx.Versions, id: func(e *portico.Version) *portico.VersionID { return &e.ID },
		refs: func(to *portico.Version, from portico.Version) { to.APIID = from.APIID }, like: w.Version}))
	t.Run("publications", check(open, w, subject[portico.PublicationID, portico.Publication]{
		of: portico.Tx.Publications, id: func(e *portico.Publication) *portico.PublicationID { return &e.ID },
		refs: func(to *portico.Publication, from portico.Publication) {
			to.APIID, to.PortalID = from.APIID, from.PortalID
			if to.StrategyID != nil {
				to.StrategyID = from.StrategyID
			}
		}, like: w.Publication, alone: true}))
	t.Run("control planes", check(open, w, subject[portico.ControlPlaneID, portico.ControlPlane]{
		of: portico.Tx.ControlPlanes, id: func(e *portico.ControlPlane) *portico.ControlPlaneID { return &e.ID },
		refs: func(*portico.ControlPlane, portico.ControlPlane) {}, like: w.ControlPlane}))
	t.Run("services", check(open, w, subject[portico.ServiceID, portico.Service]{
		of: portico.Tx.Services, id: func(e *portico.Service) *portico.ServiceID { return &e.ID },
		refs: func(to *portico.Service, from portico.Service) { to.ControlPlaneID = from.ControlPlaneID }, like: w.Service}))
	t.Run("routes", check(open, w, subject[portico.RouteID, portico.Route]{
		of: portico.Tx.Routes, id: func(e *portico.Route) *portico.RouteID { return &e.ID },
		refs: func(to *portico.Route, from portico.Route) {
			to.ControlPlaneID = from.ControlPlaneID
			if to.ServiceID != nil {
				to.ServiceID = from.ServiceID
			}
		}, like: w.Route}))
	t.Run("developers", check(open, w, subject[portico.DeveloperID, portico.Developer]{
		of: portico.Tx.Developers, id: func(e *portico.Developer) *portico.DeveloperID { return &e.ID },
		refs: func(to *portico.Developer, from portico.Developer) { to.PortalID = from.PortalID }, like: w.Developer}))
	t.Run("one-time tokens", check(open, w, subject[portico.OneTimeTokenID, portico.OneTimeToken]{
		of: portico.Tx.OneTimeTokens, id: func(e *portico.OneTimeToken) *portico.OneTimeTokenID { return &e.ID },
		refs: func(to *portico.OneTimeToken, from portico.OneTimeToken) { to.DeveloperID = from.DeveloperID }, like: w.OneTimeToken}))
	t.Run("sessions", check(open, w, subject[portico.SessionID, portico.Session]{
		of: portico.Tx.Sessions, id: func(e *portico.Session) *portico.SessionID { return &e.ID },
		refs: func(to *portico.Session, from portico.Session) {
			to.DeveloperID, to.PortalID = from.DeveloperID, from.PortalID
		}, like: w.Session}))
}

// testApplicationEntities covers applications and what belongs to them.
func testApplicationEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("applications", check(open, w, subject[portico.ApplicationID, portico.Application]{
		of: portico.Tx.Applications, id: func(e *portico.Application) *portico.ApplicationID { return &e.ID },
		refs: func(to *portico.Application, from portico.Application) {
			to.PortalID, to.DeveloperID, to.StrategyID = from.PortalID, from.DeveloperID, from.StrategyID
			if to.ProviderID != nil {
				to.ProviderID = from.ProviderID
			}
			if to.TeamID != nil {
				to.TeamID = from.TeamID
			}
		}, like: w.Application}))
	t.Run("API keys", check(open, w, subject[portico.APIKeyID, portico.APIKey]{
		of: portico.Tx.APIKeys, id: func(e *portico.APIKey) *portico.APIKeyID { return &e.ID },
		refs: func(to *portico.APIKey, from portico.APIKey) { to.ApplicationID = from.ApplicationID }, like: w.APIKey}))
	t.Run("issued secrets", check(open, w, subject[portico.IssuedSecretID, portico.IssuedSecret]{
		of: portico.Tx.IssuedSecrets, id: func(e *portico.IssuedSecret) *portico.IssuedSecretID { return &e.ID },
		refs: func(to *portico.IssuedSecret, from portico.IssuedSecret) { to.ApplicationID = from.ApplicationID }, like: w.IssuedSecret, alone: true}))
	t.Run("registrations", check(open, w, subject[portico.RegistrationID, portico.Registration]{
		of: portico.Tx.Registrations, id: func(e *portico.Registration) *portico.RegistrationID { return &e.ID },
		refs: func(to *portico.Registration, from portico.Registration) {
			to.ApplicationID, to.APIID, to.PortalID = from.ApplicationID, from.APIID, from.PortalID
		}, like: w.Registration, alone: true}))
	t.Run("tasks", check(open, w, subject[portico.TaskID, portico.Task]{
		of: portico.Tx.Tasks, id: func(e *portico.Task) *portico.TaskID { return &e.ID },
		refs: func(to *portico.Task, from portico.Task) { to.ProviderID = from.ProviderID }, like: w.Task}))
	t.Run("client handles", check(open, w, subject[portico.ClientHandleID, portico.KeptHandle]{
		of: portico.Tx.ClientHandles, id: func(e *portico.KeptHandle) *portico.ClientHandleID { return &e.ID },
		refs: func(to *portico.KeptHandle, from portico.KeptHandle) { to.ProviderID = from.ProviderID }, like: w.ClientHandle}))
	t.Run("inventories", check(open, w, subject[portico.ProviderID, portico.Inventory]{
		of: portico.Tx.Inventories, id: func(e *portico.Inventory) *portico.ProviderID { return &e.ProviderID },
		refs: func(to *portico.Inventory, from portico.Inventory) { to.ProviderID = from.ProviderID }, like: w.Inventory, alone: true}))
	t.Run("ignored findings", check(open, w, subject[portico.IgnoredFindingID, portico.IgnoredFinding]{
		of: portico.Tx.IgnoredFindings, id: func(e *portico.IgnoredFinding) *portico.IgnoredFindingID { return &e.ID },
		refs: func(to *portico.IgnoredFinding, from portico.IgnoredFinding) { to.ProviderID = from.ProviderID }, like: w.IgnoredFinding}))
}

// check puts entities of every fullness through their life: there is one of
// each in the store at the end of its turn, then none.
func check[ID ~string, T any](open func(*testing.T) portico.Store, w World, s subject[ID, T]) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		store, ctx := open(t), t.Context()
		update(t, store, func(tx portico.Tx) error {
			if err := w.insert(ctx, tx); err != nil || !s.alone {
				return err
			}
			return s.of(tx).Delete(ctx, *s.id(&s.like))
		})
		for how, name := range map[fullness]string{full: "full", none: "none", empty: "empty"} {
			a, b := s.example(how), s.example(full)
			*s.id(&b) = *s.id(&a)
			update(t, store, func(tx portico.Tx) error { return s.of(tx).Insert(ctx, a) })
			s.wantSame(t, ctx, store, name+" after insert", a)

			var changed T
			update(t, store, func(tx portico.Tx) (err error) {
				changed, err = s.of(tx).Change(ctx, *s.id(&a), func(e *T) error { *e = b; return nil })
				return err
			})
			if at := updatedAt(&b); at != nil {
				was := *at
				*at = *updatedAt(&changed)
				if !at.After(was) {
					t.Errorf("%s: Change set UpdatedAt to %s", name, at)
				}
			}
			if !reflect.DeepEqual(changed, b) {
				t.Errorf("%s: Change returned\n%+v, not\n%+v", name, changed, b)
			}
			s.wantSame(t, ctx, store, name+" after change", b)
			s.checkRefusals(t, ctx, store, a)

			update(t, store, func(tx portico.Tx) error { return s.of(tx).Delete(ctx, *s.id(&a)) })
			s.wantGone(t, ctx, store, a)
		}
	}
}

func (s subject[ID, T]) example(how fullness) T {
	var e T
	fill(reflect.ValueOf(&e).Elem(), how)
	s.refs(&e, s.like)
	return e
}

func (s subject[ID, T]) wantSame(t *testing.T, ctx context.Context, store portico.Store, what string, want T) {
	t.Helper()
	view(t, store, func(tx portico.Tx) error {
		got, err := s.of(tx).ByID(ctx, *s.id(&want))
		if err != nil {
			return err
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%s: read\n%+v, not\n%+v", what, got, want)
		}
		page, err := s.of(tx).List(ctx, portico.ListQuery{Size: 5, Number: 1, Filters: []portico.Filter{portico.Where("id", *s.id(&want))}})
		if err == nil && (page.Total != 1 || len(page.Items) != 1 || !reflect.DeepEqual(page.Items[0], want)) {
			t.Errorf("%s: listed %+v", what, page)
		}
		return err
	})
}

// checkRefusals: what an entity that is there is protected from.
func (s subject[ID, T]) checkRefusals(t *testing.T, ctx context.Context, store portico.Store, there T) {
	t.Helper()
	id := *s.id(&there)
	second := s.example(full)
	*s.id(&second) = id
	err := store.Update(ctx, func(tx portico.Tx) error { return s.of(tx).Insert(ctx, second) })
	wantKind(t, "a second insert", err, portico.KindConflict)
	err = store.Update(ctx, func(tx portico.Tx) error {
		_, err := s.of(tx).Change(ctx, id, func(e *T) error { *s.id(e) = "another"; return nil })
		return err
	})
	wantKind(t, "a change of the id", err, portico.KindInternal)
	refusal := portico.Errorf(portico.KindForbidden, "no")
	err = store.Update(ctx, func(tx portico.Tx) error {
		_, err := s.of(tx).Change(ctx, id, func(e *T) error { *e = second; return refusal })
		return err
	})
	wantKind(t, "a change that was called off", err, portico.KindForbidden)
	for _, bad := range []string{"a\x00b", "\xff"} {
		third := s.example(full)
		if !spoil(reflect.ValueOf(&third).Elem(), bad) {
			continue
		}
		err = store.Update(ctx, func(tx portico.Tx) error { return s.of(tx).Insert(ctx, third) })
		wantKind(t, "text that cannot be kept", err, portico.KindInvalid)
	}
}

func (s subject[ID, T]) wantGone(t *testing.T, ctx context.Context, store portico.Store, gone T) {
	t.Helper()
	id := *s.id(&gone)
	view(t, store, func(tx portico.Tx) error {
		_, err := s.of(tx).ByID(ctx, id)
		wantKind(t, "ByID after Delete", err, portico.KindNotFound)
		if err != nil && !strings.Contains(err.Error(), "["+string(id)+"]") {
			t.Errorf("the error does not name the id: %v", err)
		}
		_, err = s.of(tx).ByID(ctx, "\x00\xff")
		wantKind(t, "ByID of no text", err, portico.KindNotFound)
		return nil
	})
	err := store.Update(ctx, func(tx portico.Tx) error { return s.of(tx).Delete(ctx, id) })
	wantKind(t, "a second Delete", err, portico.KindNotFound)
	err = store.Update(ctx, func(tx portico.Tx) error {
		_, err := s.of(tx).Change(ctx, id, func(*T) error { return nil })
		return err
	})
	wantKind(t, "Change after Delete", err, portico.KindNotFound)
}

// updatedAt is where an entity keeps the time of its last change, if it does.
func updatedAt[T any](e *T) *time.Time {
	v := reflect.ValueOf(e).Elem().FieldByName("UpdatedAt")
	if !v.IsValid() {
		return nil
	}
	return v.Addr().Interface().(*time.Time)
}

// spoil puts a text that cannot be kept into the deepest place it finds.
func spoil(v reflect.Value, bad string) bool {
	for i := v.NumField() - 1; i >= 0; i-- {
		switch f := v.Field(i); f.Interface().(type) {
		case map[string]string:
			f.Set(reflect.ValueOf(map[string]string{"key": bad}))
			return true
		case []string:
			f.Set(reflect.ValueOf([]string{bad}))
			return true
		case *string:
			f.Set(reflect.ValueOf(&bad))
			return true
		case string:
			f.SetString(bad)
			return true
		}
	}
	return false
}
