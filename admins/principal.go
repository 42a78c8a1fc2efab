package admins

import (
	"context"

	"portico"
)

// Principal is who makes a request to the management API or the console: an
// admin who proved to be one with an access token.
type Principal struct {
	User  portico.User
	Token portico.AccessToken
}

// Actor is the principal as the audit log names it.
func (p Principal) Actor() portico.Principal {
	return portico.Principal{Kind: portico.PrincipalUser, ID: string(p.User.ID), Name: p.User.Email}
}

type principalKey struct{}

// With returns a context whose principal is p.
func With(ctx context.Context, p Principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// From returns the principal of a request; the zero Principal outside of one.
func From(ctx context.Context) Principal {
	p, _ := ctx.Value(principalKey{}).(Principal)
	return p
}
