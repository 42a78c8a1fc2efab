package developers

import (
	"context"
	"slices"
	"strings"

	"portico"
	"portico/secret"
	"portico/signon"
	"portico/usecase"
)

// SingleSignOn signs developers in with a portal's OpenID Connect provider; the
// database knows nothing of the sign-ins under way.
type SingleSignOn struct {
	usecase.Deps
	Teams Teams
}

// CallbackPath is where a portal awaits developers back from their provider.
const CallbackPath = "/login/sso/callback"

func place(portal portico.PortalID) portico.Place {
	return portico.Place{Table: "single_sign_on", Column: "attempt", Row: string(portal)}
}

func (s SingleSignOn) party() signon.Party {
	return signon.Party{Client: s.Client, Sealer: s.Sealer, Logger: s.Logger, Now: s.Now}
}

// relation is the portal's side of its provider.
func (s SingleSignOn) relation(portal portico.Portal, p portico.IdentityProvider) signon.Provider {
	return signon.Provider{
		ID: string(p.ID), Issuer: p.IssuerURL, ClientID: p.ClientID, Sealed: p.SealedSecret, At: p.SecretPlace(),
		Scopes: p.Scopes, Claims: p.Claims, Callback: s.PortalURL(s.Domain(portal)) + CallbackPath,
	}
}

// Start is where a browser has to go to sign in, and what it has to keep until
// it is back, for no longer than ten minutes. Who is signed in then goes on to
// the path. KindNotFound: the portal has no single sign-on. KindUnavailable: its
// provider does not answer.
func (s SingleSignOn) Start(ctx context.Context, portal portico.Portal, path string) (address string, cookie secret.Text, err error) {
	provider, err := s.provider(ctx, portal)
	if err != nil {
		return "", secret.Text{}, err
	}
	return s.party().Start(ctx, s.relation(portal, provider), place(portal.ID), path)
}

// Finish opens a session for whoever has signed in, and says where they wanted
// to go. KindUnauthenticated: the attempt is none, or too old, or the provider
// has not signed anybody in, or the account cannot be used; the code says which.
// KindUnavailable: the provider does not answer as it should.
func (s SingleSignOn) Finish(ctx context.Context, portal portico.Portal, back signon.Return, from Browser) (IssuedSession, string, error) {
	session, path, err := s.finish(ctx, portal, back, from)
	if err != nil {
		s.SignInFailed(ctx, attempt(portal.ID, portico.Developer{}, portico.SignInSSO), err)
	}
	return session, path, err
}

func (s SingleSignOn) finish(ctx context.Context, portal portico.Portal, back signon.Return, from Browser) (IssuedSession, string, error) {
	provider, err := s.provider(ctx, portal)
	if err != nil {
		return IssuedSession{}, "", err
	}
	who, path, err := s.party().Finish(ctx, s.relation(portal, provider), place(portal.ID), back)
	if err != nil {
		return IssuedSession{}, "", err
	}
	developer, err := s.account(ctx, portal, provider, who)
	if err != nil {
		return IssuedSession{}, "", err
	}
	session, err := Sessions{s.Deps}.open(ctx, developer, from, portico.SignInSSO, func(now portico.Developer) error {
		if now.ExternalID != who.ID() {
			return signon.Lost() // somebody else has proved to have the mailbox meanwhile
		}
		return nil
	})
	return session, path, err
}

// provider is the identity provider that a portal signs in with.
func (s SingleSignOn) provider(ctx context.Context, portal portico.Portal) (portico.IdentityProvider, error) {
	settings, err := IdentityProviders{s.Deps}.Settings(ctx, portal.ID)
	if err == nil && !settings.SingleSignOn() {
		err = portico.Errorf(portico.KindNotFound, "This portal has no single sign-on.").Named("no_sso")
	}
	if err != nil {
		return portico.IdentityProvider{}, err
	}
	return *settings.Provider, nil
}

// account finds the developer who an identity belongs to, or makes the account:
// with the portal's own approval. A known address is trusted only as far as the
// provider vouches for it.
func (s SingleSignOn) account(ctx context.Context, portal portico.Portal, p portico.IdentityProvider, who signon.Identity) (portico.Developer, error) {
	var developer portico.Developer
	err := s.Commit(ctx, func(tx portico.Tx) error {
		known, err := tx.Developers().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID), portico.Where("external_id", who.ID())))
		if err != nil {
			return err
		}
		if len(known.Items) > 0 {
			developer = known.Items[0]
		} else if developer, err = s.newcomer(ctx, tx, portal, who); err != nil {
			return err
		}
		if !portal.TeamMappingEnabled {
			return nil
		}
		return s.joinTeams(ctx, tx, p, developer.ID, who.Groups)
	})
	return developer, err
}

// newcomer links an identity that is seen for the first time.
func (s SingleSignOn) newcomer(ctx context.Context, tx portico.Tx, portal portico.Portal, who signon.Identity) (portico.Developer, error) {
	if err := who.Usable(); err != nil {
		return portico.Developer{}, err
	}
	developer, found, err := developerBy(ctx, tx, portal.ID, who.Email)
	if err != nil {
		return portico.Developer{}, err
	}
	if found {
		if !who.Vouched() || who.Another(developer.ExternalID) {
			return portico.Developer{}, signon.Taken()
		}
		return tx.Developers().Change(ctx, developer.ID, func(dev *portico.Developer) error {
			dev.ExternalID, dev.EmailVerified = who.ID(), true
			return nil
		})
	}
	name := strings.TrimSpace(who.Name)
	if name == "" {
		name = who.Email
	}
	developer = Accounts{Deps: s.Deps}.account(portal, who.Email, name[:min(len(name), 250)])
	developer.FullName = strings.ToValidUTF8(developer.FullName, "")
	developer.ExternalID, developer.EmailVerified = who.ID(), who.Vouched()
	return developer, tx.Developers().Insert(ctx, developer)
}

// joinTeams makes a developer a member of exactly those mapped teams whose
// groups they are in. Teams that no group is mapped to are not touched.
func (s SingleSignOn) joinTeams(ctx context.Context, tx portico.Tx, p portico.IdentityProvider, developer portico.DeveloperID, groups []string) error {
	mappings, err := tx.GroupMappings().List(ctx, portico.Everything(portico.Where("provider_id", p.ID)))
	if err != nil {
		return err
	}
	belongs := map[portico.TeamID]bool{}
	for _, m := range mappings.Items {
		belongs[m.TeamID] = belongs[m.TeamID] || slices.Contains(groups, m.Group)
	}
	members, err := tx.TeamMembers().List(ctx, portico.Everything(portico.Where("developer_id", developer)))
	if err != nil {
		return err
	}
	for _, m := range members.Items {
		if should, mapped := belongs[m.TeamID]; mapped && !should {
			if err := tx.TeamMembers().Delete(ctx, m.ID); err != nil {
				return err
			}
		}
		delete(belongs, m.TeamID)
	}
	for team, should := range belongs {
		if should {
			if err := s.Teams.join(ctx, tx, team, developer); err != nil {
				return err
			}
		}
	}
	return nil
}
