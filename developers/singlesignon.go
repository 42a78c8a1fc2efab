package developers

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico"
	"portico/oauth"
	"portico/secret"
	"portico/usecase"
)

// SingleSignOn signs developers in with a portal's OpenID Connect provider: the
// authorization code flow with PKCE (OpenID Connect Core §3.1, RFC 7636). What a
// sign-in needs to remember is sealed in a cookie; the database knows nothing of
// those under way.
type SingleSignOn struct {
	usecase.Deps
	Teams Teams
}

// CallbackPath is where a portal awaits developers back from their provider.
const CallbackPath = "/login/sso/callback"

const (
	attemptLife = 10 * time.Minute // to sign in over there
	maxGroups   = 500              // that are looked at
)

// attempt is a sign-in under way, as the browser's cookie carries it.
type attempt struct {
	Provider portico.IdentityProviderID
	State    string
	Nonce    string
	Verifier string // of PKCE
	Return   string // a path of the portal
	Until    time.Time
}

func place(portal portico.PortalID) portico.Place {
	return portico.Place{Table: "single_sign_on", Column: "attempt", Row: string(portal)}
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
	flow, _, err := s.flow(s.outbound(ctx), portal, provider)
	if err != nil {
		return "", secret.Text{}, err
	}
	a := attempt{
		Provider: provider.ID, State: rand.Text(), Nonce: rand.Text(), Verifier: oauth2.GenerateVerifier(),
		Return: path, Until: s.Now().Add(attemptLife),
	}
	plain, err := json.Marshal(a)
	if err != nil {
		return "", secret.Text{}, err
	}
	sealed, err := s.Sealer.Seal(secret.New(string(plain)), place(portal.ID))
	if err != nil {
		return "", secret.Text{}, err
	}
	return flow.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)),
		secret.New(base64.RawURLEncoding.EncodeToString(sealed)), nil
}

// Return is what a browser brings back: the cookie of Start, and the parameters
// of the callback (RFC 6749 §4.1.2).
type Return struct {
	Cookie             secret.Text
	State, Code, Error string
}

// Finish opens a session for whoever has signed in, and says where they wanted
// to go. KindUnauthenticated: the attempt is none, or too old, or the provider
// has not signed anybody in, or the account cannot be used; the code says which.
// KindUnavailable: the provider does not answer as it should.
func (s SingleSignOn) Finish(ctx context.Context, portal portico.Portal, back Return, from Browser) (IssuedSession, string, error) {
	a, err := s.attempt(portal, back)
	if err != nil {
		return IssuedSession{}, "", err
	}
	if back.Error != "" || back.Code == "" {
		s.Logger.InfoContext(ctx, "identity provider has signed nobody in", "portal", portal.ID, "error", strings.ToValidUTF8(back.Error[:min(len(back.Error), 64)], ""))
		return IssuedSession{}, "", refused("sso_refused", "The identity provider did not sign you in. Try again, or ask the portal's administrators.")
	}
	provider, err := s.provider(ctx, portal)
	if err != nil {
		return IssuedSession{}, "", err
	}
	if provider.ID != a.Provider {
		return IssuedSession{}, "", lostAttempt()
	}
	who, err := s.identity(ctx, portal, provider, a, back.Code)
	if err != nil {
		return IssuedSession{}, "", err
	}
	developer, err := s.account(ctx, portal, provider, who)
	if err != nil {
		return IssuedSession{}, "", err
	}
	session, err := Sessions{s.Deps}.open(ctx, developer, from, func(now portico.Developer) error {
		if now.ExternalID != who.id() {
			return lostAttempt() // somebody else has proved to have the mailbox meanwhile
		}
		return nil
	})
	return session, a.Return, err
}

func refused(code, detail string) error {
	return portico.Errorf(portico.KindUnauthenticated, "%s", detail).Named(code)
}

func lostAttempt() error {
	return refused("sso_lost", "This sign-in was started in another browser, or too long ago. Start again.")
}

// attempt opens the cookie and holds that the answer belongs to it.
func (s SingleSignOn) attempt(portal portico.Portal, back Return) (attempt, error) {
	var a attempt
	sealed, err := base64.RawURLEncoding.DecodeString(back.Cookie.Reveal())
	if err != nil || len(sealed) == 0 {
		return a, lostAttempt()
	}
	plain, err := s.Sealer.Open(sealed, place(portal.ID))
	if err != nil || json.Unmarshal([]byte(plain.Reveal()), &a) != nil {
		return a, lostAttempt()
	}
	if !secret.New(a.State).Equal(secret.New(back.State)) || !s.Now().Before(a.Until) {
		return a, lostAttempt()
	}
	return a, nil
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

// flow finds the provider's endpoints; ctx carries the client to reach it with.
func (s SingleSignOn) flow(ctx context.Context, portal portico.Portal, p portico.IdentityProvider) (oauth2.Config, *oidc.Provider, error) {
	found, err := oidc.NewProvider(ctx, p.IssuerURL)
	if err != nil {
		return oauth2.Config{}, nil, unreachable(err)
	}
	var clientSecret secret.Text
	if len(p.SealedSecret) > 0 {
		if clientSecret, err = s.Sealer.Open(p.SealedSecret, p.SecretPlace()); err != nil {
			return oauth2.Config{}, nil, unreachable(err)
		}
	}
	scopes := p.Scopes
	if !slices.Contains(scopes, oidc.ScopeOpenID) {
		scopes = append([]string{oidc.ScopeOpenID}, scopes...)
	}
	return oauth2.Config{
		ClientID: p.ClientID, ClientSecret: clientSecret.Reveal(), Endpoint: found.Endpoint(),
		RedirectURL: s.PortalURL(s.Domain(portal)) + CallbackPath, Scopes: scopes,
	}, found, nil
}

// unreachable tells a developer as much as helps; the cause is in the log.
func unreachable(err error) error {
	if refusal, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		err = errors.New("the token endpoint answers " + refusal.ErrorCode) // its body may hold more than a log should
	}
	return (&portico.Error{Kind: portico.KindUnavailable, RetryAfter: 10 * time.Second, Err: err,
		Detail: "The identity provider does not answer as it should; nobody was signed in. Try again in a moment, or tell the portal's administrators."}).Named("sso_unavailable")
}

// outbound is ctx with the guarded client, whose answers have an end.
func (s SingleSignOn) outbound(ctx context.Context) context.Context {
	client := *s.Client
	client.Transport = limited{client.Transport}
	return oidc.ClientContext(ctx, &client)
}

// limited bounds the bodies of answers: the OpenID Connect client reads them whole.
type limited struct{ next http.RoundTripper }

func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err == nil {
		answer.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(answer.Body, oauth.MaxBody), answer.Body}
	}
	return answer, err
}

// identity is who somebody is to an identity provider.
type identity struct {
	issuer, subject string
	email, name     string
	verified        *bool // nil: the provider does not say
	groups          []string
}

// id is how an account remembers the identity.
func (i identity) id() string { return i.issuer + " " + i.subject }

// identity exchanges the code and reads the claims of the ID token, and of the
// userinfo endpoint where the token does not tell the address.
func (s SingleSignOn) identity(ctx context.Context, portal portico.Portal, p portico.IdentityProvider, a attempt, code string) (identity, error) {
	ctx = s.outbound(ctx)
	flow, provider, err := s.flow(ctx, portal, p)
	if err != nil {
		return identity{}, err
	}
	token, err := flow.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return identity{}, unreachable(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return identity{}, unreachable(err)
	}
	if !secret.New(verified.Nonce).Equal(secret.New(a.Nonce)) {
		return identity{}, lostAttempt()
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		return identity{}, unreachable(err)
	}
	if claims[p.Claims.Email] == nil && provider.UserInfoEndpoint() != "" {
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return identity{}, unreachable(err)
		}
		if info.Subject != verified.Subject {
			return identity{}, unreachable(errors.New("the userinfo endpoint speaks of somebody else")) // OpenID Connect Core §5.3.2
		}
		more := map[string]any{}
		if err := info.Claims(&more); err != nil {
			return identity{}, unreachable(err)
		}
		for name, value := range more {
			if _, there := claims[name]; !there {
				claims[name] = value
			}
		}
	}
	return readIdentity(verified.Issuer, verified.Subject, claims, p.Claims), nil
}

// readIdentity reads the claims that a provider's settings name.
func readIdentity(issuer, subject string, claims map[string]any, at portico.ClaimMappings) identity {
	who := identity{issuer: issuer, subject: subject}
	who.email, _ = claims[at.Email].(string)
	who.email = strings.ToLower(strings.TrimSpace(who.email))
	who.name, _ = claims[at.Name].(string)
	if at.Email == "email" { // it is this claim that email_verified speaks of: OpenID Connect Core §5.1
		switch verified := claims["email_verified"].(type) {
		case bool:
			who.verified = &verified
		case string: // some providers quote it
			who.verified = new(verified == "true")
		}
	}
	switch groups := claims[at.Groups].(type) {
	case string:
		who.groups = []string{groups}
	case []any:
		for _, g := range groups[:min(len(groups), maxGroups)] {
			if name, ok := g.(string); ok {
				who.groups = append(who.groups, name)
			}
		}
	}
	return who
}

// account finds the developer who an identity belongs to, or makes the account:
// with the portal's own approval. A known address is trusted only as far as the
// provider vouches for it.
func (s SingleSignOn) account(ctx context.Context, portal portico.Portal, p portico.IdentityProvider, who identity) (portico.Developer, error) {
	var developer portico.Developer
	err := s.Commit(ctx, func(tx portico.Tx) error {
		known, err := tx.Developers().List(ctx, portico.Everything(portico.Where("portal_id", portal.ID), portico.Where("external_id", who.id())))
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
		return s.joinTeams(ctx, tx, p, developer.ID, who.groups)
	})
	return developer, err
}

// newcomer links an identity that is seen for the first time.
func (s SingleSignOn) newcomer(ctx context.Context, tx portico.Tx, portal portico.Portal, who identity) (portico.Developer, error) {
	vouched := who.verified != nil && *who.verified
	switch {
	case who.email == "" || len(who.email) > 255 || !strings.Contains(who.email, "@"):
		return portico.Developer{}, refused("sso_no_email", "The identity provider does not tell your e-mail address, so no account could be made. Ask the portal's administrators.")
	case who.verified != nil && !vouched:
		return portico.Developer{}, refused("sso_email_unverified", "The identity provider has not verified your e-mail address. Verify it there, and sign in again.")
	}
	developer, found, err := developerBy(ctx, tx, portal.ID, who.email)
	if err != nil {
		return portico.Developer{}, err
	}
	if found {
		// The same provider with another subject is another person with an old address.
		if !vouched || strings.HasPrefix(developer.ExternalID, who.issuer+" ") {
			return portico.Developer{}, refused("sso_account_exists", "There is an account with your e-mail address already, and the identity provider does not prove that it is yours. Sign in with your password, or ask the portal's administrators.")
		}
		return tx.Developers().Change(ctx, developer.ID, func(dev *portico.Developer) error {
			dev.ExternalID, dev.EmailVerified = who.id(), true
			return nil
		})
	}
	name := strings.TrimSpace(who.name)
	if name == "" {
		name = who.email
	}
	developer = Accounts{Deps: s.Deps}.account(portal, who.email, name[:min(len(name), 250)])
	developer.FullName = strings.ToValidUTF8(developer.FullName, "")
	developer.ExternalID, developer.EmailVerified = who.id(), vouched
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
