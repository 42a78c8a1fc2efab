package admins

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/secret"
	"portico/signon"
	"portico/usecase"
)

// SingleSignOn signs the organization's users in with its OpenID Connect
// provider. The provider answers for its second factors: none is asked for here.
type SingleSignOn struct {
	usecase.Deps
	sessions Sessions
}

// CallbackPath is where the console awaits users back from their provider.
const CallbackPath = "/login/sso/callback"

// LoginPath is where a sign-in starts; the provider's own login path follows
// (contract: identity v3, authenticate-sso).
const LoginPath = "/v3/authenticate/"

var loginPathRule = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._~-]*$`)

// LoginPathRule is how the login path of a provider is written: with what needs
// no encoding in an address.
func LoginPathRule() *regexp.Regexp { return loginPathRule }

func attemptPlace() portico.Place {
	return portico.Place{Table: "admin_single_sign_on", Column: "attempt", Row: "console"}
}

func (s SingleSignOn) party() signon.Party {
	return signon.Party{Client: s.Client, Sealer: s.Sealer, Logger: s.Logger, Now: s.Now}
}

// provider is the identity provider that users sign in with; an empty path is
// that of the only one. KindNotFound.
func (s SingleSignOn) provider(ctx context.Context, loginPath string) (portico.AdminIdentityProvider, signon.Provider, error) {
	p, err := usecase.View(ctx, s.Store, func(tx portico.Tx) (*portico.AdminIdentityProvider, error) { return only(ctx, tx) })
	if err == nil && (p == nil || !p.Enabled || loginPath != "" && loginPath != p.LoginPath) {
		err = portico.Errorf(portico.KindNotFound, "There is no single sign-on with this address.").Named("no_sso")
	}
	if err != nil {
		return portico.AdminIdentityProvider{}, signon.Provider{}, err
	}
	return *p, signon.Provider{
		ID: string(p.ID), Issuer: p.IssuerURL, ClientID: p.ClientID, Sealed: p.SealedSecret, At: p.SecretPlace(),
		Scopes: p.Scopes, Claims: p.Claims, Callback: s.ConsoleURL + CallbackPath,
	}, nil
}

// Start is where a browser has to go to sign in, and what it has to keep until
// it is back, for no longer than ten minutes. Who is signed in then goes on to
// the path of the console. The provider goes by its login path; empty: whichever
// there is. KindNotFound: there is no single sign-on. KindUnavailable: the
// provider does not answer.
func (s SingleSignOn) Start(ctx context.Context, loginPath, path string) (address string, cookie secret.Text, err error) {
	_, provider, err := s.provider(ctx, loginPath)
	if err != nil {
		return "", secret.Text{}, err
	}
	return s.party().Start(ctx, provider, attemptPlace(), path)
}

// Finish opens a session for whoever has signed in, and says where he wanted to
// go. Whoever comes for the first time becomes a user; what he may do is a matter
// of his teams. KindUnauthenticated: the attempt is none, or too old, or the
// provider has signed nobody in, or the account cannot be used; the code says
// which. KindUnavailable: the provider does not answer as it should.
func (s SingleSignOn) Finish(ctx context.Context, back signon.Return, from Browser) (IssuedSession, string, error) {
	session, path, err := s.finish(ctx, back, from)
	if err != nil {
		s.SignInFailed(ctx, attempt(portico.User{}, portico.SignInSSO), err)
	}
	return session, path, err
}

func (s SingleSignOn) finish(ctx context.Context, back signon.Return, from Browser) (IssuedSession, string, error) {
	kept, provider, err := s.provider(ctx, "")
	if err != nil {
		return IssuedSession{}, "", err
	}
	who, path, err := s.party().Finish(ctx, provider, attemptPlace(), back)
	if err != nil {
		return IssuedSession{}, "", err
	}
	user, err := s.account(ctx, kept, who)
	if err != nil {
		return IssuedSession{}, "", err
	}
	session, err := s.sessions.open(ctx, user.ID, from, portico.SignInSSO, func(now portico.User) error {
		if now.ExternalID != who.ID() {
			return signon.Lost()
		}
		return nil
	})
	return session, path, err
}

// account finds the user whom an identity belongs to, or makes one, and puts him
// into the teams of his groups.
func (s SingleSignOn) account(ctx context.Context, p portico.AdminIdentityProvider, who signon.Identity) (portico.User, error) {
	var user portico.User
	err := s.Store.Update(ctx, func(tx portico.Tx) error {
		known, err := tx.Users().List(ctx, first(portico.Where("external_id", who.ID())))
		if err != nil {
			return err
		}
		if len(known.Items) > 0 {
			user = known.Items[0]
		} else if user, err = s.newcomer(ctx, tx, who); err != nil {
			return err
		}
		if !user.Active {
			return signon.Refused("account_refused", "Your account is switched off. Ask an organization admin if you think that it should not be.")
		}
		o, err := usecase.Organization(ctx, tx)
		if err != nil || !o.TeamsByGroups {
			return err
		}
		return s.joinTeams(ctx, tx, p, user.ID, who.Groups)
	})
	return user, err
}

// newcomer links an identity that is seen for the first time.
func (s SingleSignOn) newcomer(ctx context.Context, tx portico.Tx, who signon.Identity) (portico.User, error) {
	if err := who.Usable(); err != nil {
		return portico.User{}, err
	}
	user, found, err := userBy(ctx, tx, who.Email)
	if err != nil {
		return portico.User{}, err
	}
	if found {
		if !who.Vouched() || who.Another(user.ExternalID) {
			return portico.User{}, signon.Taken()
		}
		return tx.Users().Change(ctx, user.ID, func(to *portico.User) error {
			to.ExternalID = who.ID()
			return nil
		})
	}
	name := cmp.Or(strings.Join(strings.Fields(who.Name), " "), who.Email)
	now := s.Now()
	user = portico.User{
		ID: portico.UserID(s.NewID()), Email: who.Email, FullName: strings.ToValidUTF8(name[:min(len(name), 250)], ""),
		Active: true, ExternalID: who.ID(), CreatedAt: now, UpdatedAt: now,
	}
	if err := tx.Users().Insert(ctx, user); err != nil || !who.Vouched() {
		return user, err
	}
	// Who was invited gets what he was invited to.
	invited, err := tx.Invites().List(ctx, first(portico.Where("email", who.Email)))
	if err != nil || len(invited.Items) == 0 || !now.Before(invited.Items[0].ExpiresAt) {
		return user, err
	}
	return user, Invites{s.Deps}.welcome(ctx, tx, invited.Items[0], user.ID)
}

// joinTeams makes a user a member of exactly those mapped teams whose groups he
// is in. Teams that no group is mapped to are not touched; the last organization
// admin stays one.
func (s SingleSignOn) joinTeams(ctx context.Context, tx portico.Tx, p portico.AdminIdentityProvider, user portico.UserID, groups []string) error {
	mapped, err := tx.AdminGroupMappings().List(ctx, portico.Everything(portico.Where("provider_id", p.ID)))
	if err != nil {
		return err
	}
	belongs := map[portico.AdminTeamID]bool{}
	for _, m := range mapped.Items {
		belongs[m.TeamID] = belongs[m.TeamID] || slices.Contains(groups, m.Group)
	}
	members, err := tx.AdminTeamMembers().List(ctx, portico.Everything(portico.Where("user_id", user)))
	if err != nil {
		return err
	}
	for _, m := range members.Items {
		if should, known := belongs[m.TeamID]; known && !should {
			if err := s.leave(ctx, tx, m); err != nil {
				return err
			}
		}
		delete(belongs, m.TeamID)
	}
	for team, should := range belongs {
		if should {
			if err := join(ctx, tx, s.Deps, team, OfUser(user)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s SingleSignOn) leave(ctx context.Context, tx portico.Tx, m portico.AdminTeamMember) error {
	if m.TeamID == portico.OrganizationAdmins {
		admins, err := activeAdmins(ctx, tx)
		if err != nil {
			return err
		}
		if len(admins) == 1 && admins[0].ID == m.ID {
			s.Logger.WarnContext(ctx, "the last organization admin stays one, although the identity provider has taken the group away", "user", *m.UserID)
			return nil
		}
	}
	return tx.AdminTeamMembers().Delete(ctx, m.ID)
}
