package control

import (
	"context"
	"strings"
	"time"

	"portico"
	"portico/secret"
)

// Accounts are the organization, its admins and their access tokens.
type Accounts struct{ Deps }

// tokenPrefix marks personal access tokens, so that a leaked one is recognised.
const tokenPrefix = "kpat_"

// Principal is an admin who proved to be one with an access token.
type Principal struct {
	User  portico.User
	Token portico.AccessToken
}

// unauthenticated is the one answer for every token that does not count, so
// that nothing can be learnt about the others.
func unauthenticated() *portico.Error {
	return portico.Errorf(portico.KindUnauthenticated, "The access token is missing, unknown, expired or revoked. Send a valid one as Authorization: Bearer kpat_….")
}

// Authenticate returns whose access token it is; KindUnauthenticated. The token
// is looked up by its digest, so the time it takes tells nothing about it.
func (a Accounts) Authenticate(ctx context.Context, token secret.Text) (Principal, error) {
	if !strings.HasPrefix(token.Reveal(), tokenPrefix) {
		return Principal{}, unauthenticated()
	}
	digest := token.Digest()
	return view(ctx, a.Store, func(tx portico.Tx) (Principal, error) {
		found, err := tx.AccessTokens().List(ctx, portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{portico.Where("digest", digest.Hex())}})
		if err != nil {
			return Principal{}, err
		}
		if len(found.Items) == 0 || !found.Items[0].Digest.Equal(digest) || found.Items[0].State(a.Now()) != portico.TokenActive {
			return Principal{}, unauthenticated()
		}
		user, err := tx.Users().ByID(ctx, found.Items[0].UserID)
		if err != nil {
			return Principal{}, err
		}
		if !user.Active {
			return Principal{}, unauthenticated()
		}
		return Principal{User: user, Token: found.Items[0]}, nil
	})
}

// NoteUse records when an access token was last used.
func (a Accounts) NoteUse(ctx context.Context, id portico.AccessTokenID, at time.Time) error {
	return a.Store.Update(ctx, func(tx portico.Tx) error {
		_, err := tx.AccessTokens().Change(ctx, id, func(t *portico.AccessToken) error {
			t.LastUsedAt = &at
			return nil
		})
		return err
	})
}

// Organization returns the organization; KindNotFound before Bootstrap.
func (a Accounts) Organization(ctx context.Context) (portico.Organization, error) {
	return view(ctx, a.Store, func(tx portico.Tx) (portico.Organization, error) {
		all, err := tx.Organizations().List(ctx, portico.ListQuery{Size: 1, Number: 1})
		if err != nil {
			return portico.Organization{}, err
		}
		if len(all.Items) == 0 {
			return portico.Organization{}, portico.Errorf(portico.KindNotFound, "There is no organization yet.")
		}
		return all.Items[0], nil
	})
}
