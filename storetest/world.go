package storetest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"portico"
	"portico/secret"
)

// World is one entity of each kind, tied together as they are in life. Tests
// and benchmarks put their own entities next to it.
type World struct {
	Organization          portico.Organization
	User                  portico.User
	AccessToken           portico.AccessToken
	Provider              portico.Provider
	Strategy              portico.Strategy // of the provider
	KeyStrategy           portico.Strategy
	Portal                portico.Portal
	API                   portico.API
	Version               portico.Version
	Publication           portico.Publication
	ControlPlane          portico.ControlPlane
	Service               portico.Service
	Route                 portico.Route
	Implementation        portico.Implementation
	Developer             portico.Developer
	OneTimeToken          portico.OneTimeToken
	Session               portico.Session
	Application           portico.Application
	APIKey                portico.APIKey
	IssuedSecret          portico.IssuedSecret
	Registration          portico.Registration
	Task                  portico.Task
	Page                  portico.PortalPage
	Snippet               portico.Snippet
	Document              portico.Document
	Customization         portico.Customization
	Asset                 portico.Asset
	EmailTemplate         portico.EmailTemplate
	Team                  portico.Team
	TeamMember            portico.TeamMember
	TeamRole              portico.TeamRole
	IdentityProvider      portico.IdentityProvider
	GroupMapping          portico.GroupMapping
	Handoff               portico.Handoff
	ClientHandle          portico.KeptHandle
	Inventory             portico.Inventory
	IgnoredFinding        portico.IgnoredFinding
	Consumer              portico.Consumer
	ConsumerMapping       portico.ConsumerMapping
	Plugin                portico.Plugin
	Operation             portico.Operation
	PackageOperation      portico.PackageOperation // the world's one API is its own package
	AdminTeam             portico.AdminTeam
	AdminTeamMember       portico.AdminTeamMember
	RoleAssignment        portico.RoleAssignment
	SystemAccount         portico.SystemAccount
	SystemAccountToken    portico.SystemAccountToken
	Invite                portico.Invite
	AdminSession          portico.AdminSession
	PasswordReset         portico.PasswordReset
	AdminIdentityProvider portico.AdminIdentityProvider
	AdminGroupMapping     portico.AdminGroupMapping
	IPAllowList           portico.IPAllowList
	EmailConfig           portico.EmailConfig
	EmailDelivery         portico.EmailDelivery
	EmailDomain           portico.EmailDomain
	Mail                  portico.Mail
	AuditDestination      portico.AuditDestination
	AuditWebhook          portico.AuditWebhook
	AuditReplay           portico.AuditReplay
}

// Seed fills a store with a world.
func Seed(t testing.TB, store portico.Store) World {
	t.Helper()
	w := newWorld()
	err := store.Update(t.Context(), func(tx portico.Tx) error { return w.insert(t.Context(), tx) })
	if err != nil {
		t.Fatalf("seed: %v", err)
	}
	return w
}

func newWorld() World {
	var w World
	v := reflect.ValueOf(&w).Elem()
	for i := range v.NumField() {
		fill(v.Field(i), full)
	}
	w.AccessToken.UserID = w.User.ID
	w.Strategy.KeyAuth, w.Strategy.ProviderID = nil, &w.Provider.ID
	w.KeyStrategy.OIDC, w.KeyStrategy.ProviderID = nil, nil
	w.Portal.DefaultStrategyID = &w.Strategy.ID
	w.Version.APIID = w.API.ID
	w.API.IsPackage = false
	w.Operation.APIID = w.API.ID
	w.PackageOperation.PackageID, w.PackageOperation.OperationID = w.API.ID, w.Operation.ID
	w.Publication.APIID, w.Publication.PortalID, w.Publication.StrategyID = w.API.ID, w.Portal.ID, &w.Strategy.ID
	w.Service.ControlPlaneID = w.ControlPlane.ID
	w.Route.ControlPlaneID, w.Route.ServiceID = w.ControlPlane.ID, &w.Service.ID
	w.Consumer.ControlPlaneID, w.ConsumerMapping.ControlPlaneID = w.ControlPlane.ID, w.ControlPlane.ID
	w.ConsumerMapping.ConsumerID, w.ConsumerMapping.ApplicationID = w.Consumer.ID, w.Application.ID
	w.Plugin.ControlPlaneID, w.Plugin.ServiceID, w.Plugin.RouteID, w.Plugin.ConsumerID = w.ControlPlane.ID, &w.Service.ID, &w.Route.ID, &w.Consumer.ID
	w.Implementation.APIID, w.Implementation.ControlPlaneID, w.Implementation.ServiceID = w.API.ID, w.ControlPlane.ID, &w.Service.ID
	w.Developer.PortalID = w.Portal.ID
	w.OneTimeToken.DeveloperID = w.Developer.ID
	w.Session.DeveloperID, w.Session.PortalID = w.Developer.ID, w.Portal.ID
	w.Application.PortalID, w.Application.DeveloperID = w.Portal.ID, w.Developer.ID
	w.Application.StrategyID, w.Application.ProviderID = w.Strategy.ID, &w.Provider.ID
	w.APIKey.ApplicationID, w.IssuedSecret.ApplicationID = w.Application.ID, w.Application.ID
	w.Registration.ApplicationID, w.Registration.APIID, w.Registration.PortalID = w.Application.ID, w.API.ID, w.Portal.ID
	w.Task.ProviderID, w.Task.ApplicationID = w.Provider.ID, w.Application.ID
	w.ClientHandle.ProviderID = w.Provider.ID
	w.Inventory.ProviderID, w.IgnoredFinding.ProviderID = w.Provider.ID, w.Provider.ID
	w.tiePortal()
	w.tieAdmins()
	w.tieAudit()
	return w
}

func (w World) insert(ctx context.Context, tx portico.Tx) error {
	for _, insert := range []func() error{
		func() error { return tx.Organizations().Insert(ctx, w.Organization) },
		func() error { return tx.Users().Insert(ctx, w.User) },
		func() error { return tx.AccessTokens().Insert(ctx, w.AccessToken) },
		func() error { return w.insertAdmins(ctx, tx) },
		func() error { return tx.Providers().Insert(ctx, w.Provider) },
		func() error { return tx.Strategies().Insert(ctx, w.Strategy) },
		func() error { return tx.Strategies().Insert(ctx, w.KeyStrategy) },
		func() error { return tx.Portals().Insert(ctx, w.Portal) },
		func() error { return tx.APIs().Insert(ctx, w.API) },
		func() error { return tx.Versions().Insert(ctx, w.Version) },
		func() error { return tx.Operations().Insert(ctx, w.Operation) },
		func() error { return tx.PackageOperations().Insert(ctx, w.PackageOperation) },
		func() error { return tx.Publications().Insert(ctx, w.Publication) },
		func() error { return tx.ControlPlanes().Insert(ctx, w.ControlPlane) },
		func() error { return tx.Services().Insert(ctx, w.Service) },
		func() error { return tx.Routes().Insert(ctx, w.Route) },
		func() error { return tx.Consumers().Insert(ctx, w.Consumer) },
		func() error { return tx.Plugins().Insert(ctx, w.Plugin) },
		func() error { return tx.Implementations().Insert(ctx, w.Implementation) },
		func() error { return tx.Developers().Insert(ctx, w.Developer) },
		func() error { return tx.OneTimeTokens().Insert(ctx, w.OneTimeToken) },
		func() error { return tx.Sessions().Insert(ctx, w.Session) },
		func() error { return w.insertPortal(ctx, tx) },
		func() error { return tx.Applications().Insert(ctx, w.Application) },
		func() error { return tx.ConsumerMappings().Insert(ctx, w.ConsumerMapping) },
		func() error { return tx.APIKeys().Insert(ctx, w.APIKey) },
		func() error { return tx.IssuedSecrets().Insert(ctx, w.IssuedSecret) },
		func() error { return tx.Registrations().Insert(ctx, w.Registration) },
		func() error { return tx.Tasks().Insert(ctx, w.Task) },
		func() error { return tx.Handoffs().Insert(ctx, w.Handoff) },
		func() error { return tx.ClientHandles().Insert(ctx, w.ClientHandle) },
		func() error { return tx.Inventories().Insert(ctx, w.Inventory) },
		func() error { return tx.IgnoredFindings().Insert(ctx, w.IgnoredFinding) },
		func() error { return w.insertAudit(ctx, tx) },
	} {
		if err := insert(); err != nil {
			return err
		}
	}
	return nil
}

// fullness is how much of an entity's optional content is there.
type fullness int

const (
	full  fullness = iota // every field has a value worth losing
	none                  // pointers, maps and slices are nil
	empty                 // maps and slices are there, with nothing in them
)

// epoch is when filled entities were made: long ago, and to the microsecond.
func epoch() time.Time { return time.Date(2001, 2, 3, 4, 5, 6, 789_123_000, time.UTC) }

// fill gives every field a value, so that a field added tomorrow is tested too.
// Texts are unique, long and hold what engines and JSON could trip over.
func fill(v reflect.Value, how fullness) {
	unique := portico.NewRandomID()
	switch p := v.Addr().Interface().(type) {
	case *time.Time:
		*p = epoch().Add(time.Duration(sha256.Sum256([]byte(unique))[0]) * time.Microsecond)
		return
	case *secret.Digest:
		*p = secret.New(unique).Digest()
		return
	case *json.RawMessage:
		*p = json.RawMessage(`{ "issuer" : "` + unique + `", "cache_ttl": 1.50, "a<b": "\u0000\\u0000 ` + "\u2028" + `" }`)
		return
	case *portico.KeyAuthConfig, *portico.Design:
		if how != full {
			return // its JSON leaves out what is empty
		}
	case *[]byte:
		if how == full {
			*p = []byte("\x00\xff\xfe" + unique)
		}
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(unique)
		if t := v.Type().Name(); t == "string" {
			v.SetString(unique + ` Zoë 東京 🚀 "%_\' \u0000 <&> ` + "\ufffd\u00a0\r\n\t" + strings.Repeat("x", 1000))
		}
	case reflect.Bool:
		v.SetBool(how == full)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(sha256.Sum256([]byte(unique))[0]) - 128)
	case reflect.Interface:
		v.Set(reflect.ValueOf(unique))
	case reflect.Pointer:
		if how != none {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), how)
		}
	case reflect.Slice:
		fillSlice(v, how)
	case reflect.Map:
		fillMap(v, how)
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i), how)
		}
	default:
		panic(fmt.Sprintf("storetest: no example of %s", v.Type()))
	}
}

func fillSlice(v reflect.Value, how fullness) {
	switch how {
	case empty:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	case full:
		v.Set(reflect.MakeSlice(v.Type(), 3, 3))
		for i := range 2 { // the third is the zero value
			fill(v.Index(i), how)
		}
	}
}

func fillMap(v reflect.Value, how fullness) {
	if how == none {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for range 2 {
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, how)
		fill(value, how)
		if how == full {
			v.SetMapIndex(key, value)
		}
	}
}
