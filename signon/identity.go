package signon

import (
	"context"
	"errors"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"portico"
	"portico/secret"
)

// Identity is who somebody is to an identity provider.
type Identity struct {
	Issuer, Subject string
	Email           string // lower case; may be empty
	Name            string // may be empty
	Verified        *bool  // whether the address is; nil: the provider does not say
	Groups          []string
}

// ID is how an account remembers the identity.
func (i Identity) ID() string { return i.Issuer + " " + i.Subject }

// Vouched says whether the provider vouches for the address.
func (i Identity) Vouched() bool { return i.Verified != nil && *i.Verified }

// Another says whether an account belongs to somebody else at the same provider:
// to another person with an old address.
func (i Identity) Another(externalID string) bool { return strings.HasPrefix(externalID, i.Issuer+" ") }

// Usable refuses an identity that no account can be made of: one without an
// address, or with one that the provider says is not verified.
func (i Identity) Usable() error {
	switch {
	case i.Email == "" || len(i.Email) > 255 || !strings.Contains(i.Email, "@"):
		return Refused("sso_no_email", "The identity provider does not tell your e-mail address, so no account could be made. Ask an administrator.")
	case i.Verified != nil && !*i.Verified:
		return Refused("sso_email_unverified", "The identity provider has not verified your e-mail address. Verify it there, and sign in again.")
	}
	return nil
}

// Taken is the answer to somebody whose address has an account already, where
// the provider does not prove that it is his.
func Taken() error {
	return Refused("sso_account_exists", "There is an account with your e-mail address already, and the identity provider does not prove that it is yours. Sign in with your password, or ask an administrator.")
}

// identity exchanges the code and reads the claims of the ID token, and of the
// userinfo endpoint where the token does not tell the address.
func (s Party) identity(ctx context.Context, p Provider, a attempt, code string) (Identity, error) {
	ctx = s.outbound(ctx)
	flow, provider, err := s.flow(ctx, p)
	if err != nil {
		return Identity{}, err
	}
	token, err := flow.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Identity{}, unreachable(err)
	}
	raw, _ := token.Extra("id_token").(string)
	verified, err := provider.VerifierContext(ctx, &oidc.Config{ClientID: p.ClientID, Now: s.Now}).Verify(ctx, raw)
	if err != nil {
		return Identity{}, unreachable(err)
	}
	if !secret.New(verified.Nonce).Equal(secret.New(a.Nonce)) {
		return Identity{}, Lost()
	}
	claims := map[string]any{}
	if err := verified.Claims(&claims); err != nil {
		return Identity{}, unreachable(err)
	}
	if claims[p.Claims.Email] == nil && provider.UserInfoEndpoint() != "" {
		info, err := provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
		if err != nil {
			return Identity{}, unreachable(err)
		}
		if info.Subject != verified.Subject {
			return Identity{}, unreachable(errors.New("the userinfo endpoint speaks of somebody else")) // OpenID Connect Core §5.3.2
		}
		more := map[string]any{}
		if err := info.Claims(&more); err != nil {
			return Identity{}, unreachable(err)
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
func readIdentity(issuer, subject string, claims map[string]any, at portico.ClaimMappings) Identity {
	who := Identity{Issuer: issuer, Subject: subject}
	who.Email, _ = claims[at.Email].(string)
	who.Email = strings.ToLower(strings.TrimSpace(who.Email))
	who.Name, _ = claims[at.Name].(string)
	if at.Email == "email" { // it is this claim that email_verified speaks of: OpenID Connect Core §5.1
		switch verified := claims["email_verified"].(type) {
		case bool:
			who.Verified = &verified
		case string: // some providers quote it
			who.Verified = new(verified == "true")
		}
	}
	switch groups := claims[at.Groups].(type) {
	case string:
		who.Groups = []string{groups}
	case []any:
		for _, g := range groups[:min(len(groups), maxGroups)] {
			if name, ok := g.(string); ok {
				who.Groups = append(who.Groups, name)
			}
		}
	}
	return who
}
