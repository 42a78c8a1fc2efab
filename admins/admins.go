package admins

import (
	"portico/throttle"
	"portico/usecase"
)

// Admins are the use cases around the organization's people and machines.
type Admins struct {
	Users             Users
	Teams             Teams
	Roles             Roles
	SystemAccounts    SystemAccounts
	Invites           Invites
	Sessions          Sessions
	SecondFactors     SecondFactors
	Passwords         Passwords
	IdentityProviders IdentityProviders
	SingleSignOn      SingleSignOn
}

// New wires the use cases to the outside. All that can be guessed is throttled
// per account by one count; whoever serves requests throttles callers besides.
func New(d usecase.Deps) Admins {
	tries := throttle.New(d.Now, throttle.Limits{})
	sessions := Sessions{Deps: d, tries: tries}
	return Admins{
		Users: Users{d}, Teams: Teams{d}, Roles: Roles{d}, SystemAccounts: SystemAccounts{d}, Invites: Invites{d},
		Sessions: sessions, SecondFactors: SecondFactors{Deps: d, tries: tries}, Passwords: Passwords{Deps: d, tries: tries},
		IdentityProviders: IdentityProviders{d}, SingleSignOn: SingleSignOn{Deps: d, sessions: sessions},
	}
}
