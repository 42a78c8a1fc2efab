package admins

import (
	"context"
	"strings"
	"time"

	"portico"
	"portico/access"
	"portico/secret"
	"portico/usecase"
)

// Principal is who makes a request to the management API or the console: a user
// or a system account, whichever has an id, by one of the proofs.
type Principal struct {
	User          portico.User
	SystemAccount portico.SystemAccount

	Token        portico.AccessToken        // of the user
	MachineToken portico.SystemAccountToken // of the system account
	Session      portico.AdminSession       // of the user, in a browser

	Grants access.Grants // the principal's own and those of his teams
}

// IsUser says whether it is a person.
func (p Principal) IsUser() bool { return p.User.ID != "" }

// Actor is the principal as the audit log names it.
func (p Principal) Actor() portico.Principal {
	if p.IsUser() {
		return portico.Principal{Kind: portico.PrincipalUser, ID: string(p.User.ID), Name: p.User.Email}
	}
	return portico.Principal{Kind: portico.PrincipalSystemAccount, ID: string(p.SystemAccount.ID), Name: p.SystemAccount.Name}
}

// TokenUse is the id of the access token that came with the request, and when
// it was noted to be used before; empty with a session.
func (p Principal) TokenUse() (id string, last *time.Time) {
	if p.IsUser() {
		return string(p.Token.ID), p.Token.LastUsedAt
	}
	return string(p.MachineToken.ID), p.MachineToken.LastUsedAt
}

type principalKey struct{}

// With returns a context whose principal is p, and what p was granted (package
// access).
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(access.With(ctx, p.Grants), principalKey{}, p)
}

// From returns the principal of a request; the zero Principal outside of one.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}

// unauthenticated is the one answer for every token that does not count, so
// that nothing can be learnt about the others.
func unauthenticated() *portico.Error {
	return portico.Errorf(portico.KindUnauthenticated, "The access token is missing, unknown, expired or revoked. Send a valid one as Authorization: Bearer kpat_… or spat_….")
}

// Authenticate returns whose access token it is, and what he may do;
// KindUnauthenticated. The token is looked up by its digest, so the time it
// takes tells nothing about it.
func (a Accounts) Authenticate(ctx context.Context, token secret.Text) (Principal, error) {
	return usecase.View(ctx, a.Store, func(tx portico.Tx) (Principal, error) {
		switch value := token.Reveal(); {
		case strings.HasPrefix(value, tokenPrefix):
			return a.userBy(ctx, tx, token.Digest())
		case strings.HasPrefix(value, machineTokenPrefix):
			return a.machineBy(ctx, tx, token.Digest())
		}
		return Principal{}, unauthenticated()
	})
}

func (a Accounts) userBy(ctx context.Context, tx portico.Tx, digest secret.Digest) (Principal, error) {
	same, err := tx.AccessTokens().List(ctx, first(portico.Where("digest", digest.Hex())))
	if err != nil {
		return Principal{}, err
	}
	if len(same.Items) == 0 || !same.Items[0].Digest.Equal(digest) || same.Items[0].State(a.Now()) != portico.TokenActive {
		return Principal{}, unauthenticated()
	}
	user, err := tx.Users().ByID(ctx, same.Items[0].UserID)
	if err != nil {
		return Principal{}, err
	}
	if !user.Active {
		return Principal{}, unauthenticated()
	}
	granted, err := grantsOf(ctx, tx, OfUser(user.ID))
	return Principal{User: user, Token: same.Items[0], Grants: granted}, err
}

func (a Accounts) machineBy(ctx context.Context, tx portico.Tx, digest secret.Digest) (Principal, error) {
	same, err := tx.SystemAccountTokens().List(ctx, first(portico.Where("digest", digest.Hex())))
	if err != nil {
		return Principal{}, err
	}
	if len(same.Items) == 0 || !same.Items[0].Digest.Equal(digest) || !a.Now().Before(same.Items[0].ExpiresAt) {
		return Principal{}, unauthenticated()
	}
	machine, err := tx.SystemAccounts().ByID(ctx, same.Items[0].SystemAccountID)
	if err != nil {
		return Principal{}, err
	}
	granted, err := grantsOf(ctx, tx, OfSystemAccount(machine.ID))
	return Principal{SystemAccount: machine, MachineToken: same.Items[0], Grants: granted}, err
}

// first asks for the one entity that the filter can find.
func first(f portico.Filter) portico.ListQuery {
	return portico.ListQuery{Size: 1, Number: 1, Filters: []portico.Filter{f}}
}

// NoteUse records when the principal's access token was last used.
func (a Accounts) NoteUse(ctx context.Context, p Principal, at time.Time) error {
	return a.Store.Update(ctx, func(tx portico.Tx) (err error) {
		if p.IsUser() {
			_, err = tx.AccessTokens().Change(ctx, p.Token.ID, func(t *portico.AccessToken) error {
				t.LastUsedAt = &at
				return nil
			})
			return err
		}
		_, err = tx.SystemAccountTokens().Change(ctx, p.MachineToken.ID, func(t *portico.SystemAccountToken) error {
			t.LastUsedAt = &at
			return nil
		})
		return err
	})
}
