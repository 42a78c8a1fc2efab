package control

import (
	"portico/admins"
	"portico/allowlist"
	"portico/analytics"
	"portico/apipackages"
	"portico/audit"
	"portico/content"
	"portico/developers"
	"portico/doctor"
	"portico/dryrun"
	"portico/inventory"
	"portico/mailroom"
	"portico/overview"
	"portico/rekey"
	"portico/routing"
	"portico/setup"
	"portico/usecase"
)

// saga is what every use case here stands on: the dependencies, and the
// conversation with identity providers that must lose nothing (register.go,
// reconcile.go).
type saga struct{ usecase.Deps }

// Control is every use case there is.
type Control struct {
	Accounts          admins.Accounts
	Admins            admins.Admins
	Providers         Providers
	Doctor            doctor.Doctor
	SetUp             setup.SetUp
	Strategies        Strategies
	Portals           Portals
	AllowLists        allowlist.Lists
	EmailSettings     mailroom.Settings
	EmailDomains      mailroom.Domains
	Outbox            mailroom.Outbox
	APIs              APIs
	Packages          apipackages.Packages
	Publications      Publications
	Implementations   routing.Implementations
	Gateways          routing.Gateways
	DryRuns           dryrun.Requests
	Developers        developers.Accounts
	Sessions          developers.Sessions
	Teams             developers.Teams
	Templates         developers.Templates
	IdentityProviders developers.IdentityProviders
	SingleSignOn      developers.SingleSignOn
	Applications      Applications
	Credentials       Credentials
	Registrations     Registrations
	Handoffs          Handoffs
	Catalogue         Catalogue
	Content           content.Content
	Reconciler        Reconciler
	Analytics         analytics.Analytics
	Audit             audit.Audit
	Overview          overview.Overview
	Keys              rekey.Keys
	Inventories       inventory.Inventories
}

// New wires the use cases to the outside.
func New(d usecase.Deps) *Control {
	auditing := audit.New(d)
	d.Auditor = auditing.Log
	s := saga{d}
	applications := Applications{s}
	return &Control{
		Accounts: admins.Accounts{Deps: d}, Admins: admins.New(d), Providers: Providers{s}, Doctor: doctor.Doctor{Deps: d}, SetUp: setup.SetUp{Deps: d}, Strategies: Strategies{s},
		Portals: Portals{s}, AllowLists: allowlist.Lists{Deps: d}, EmailSettings: mailroom.Settings{Deps: d}, EmailDomains: mailroom.Domains{Deps: d}, Outbox: mailroom.Outbox{Deps: d}, APIs: APIs{s}, Packages: apipackages.Packages{Deps: d}, Publications: Publications{s},
		Implementations: routing.Implementations{Deps: d}, Gateways: routing.Gateways{Deps: d}, DryRuns: dryrun.Requests{Deps: d},
		Developers: developers.Accounts{Deps: d, Applications: applications}, Sessions: developers.Sessions{Deps: d}, Teams: developers.Teams{Deps: d}, Templates: developers.Templates{Deps: d},
		IdentityProviders: developers.IdentityProviders{Deps: d}, SingleSignOn: developers.SingleSignOn{Deps: d, Teams: developers.Teams{Deps: d}},
		Applications: applications, Credentials: Credentials{s}, Registrations: Registrations{s}, Handoffs: Handoffs{s},
		Catalogue: Catalogue{s}, Content: content.New(d), Reconciler: Reconciler{s}, Analytics: analytics.Analytics{Deps: d},
		Audit: auditing, Overview: overview.Overview{Deps: d}, Keys: rekey.Keys{Deps: d}, Inventories: inventory.Inventories{Deps: d, Clients: Credentials{s}},
	}
}
