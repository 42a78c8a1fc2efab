package oauth_test

import (
	"slices"
	"testing"

	"portico/oauth"
)

func TestRequestScopes(t *testing.T) {
	t.Parallel()
	given := []string{"openid", "orders", "email"}
	okta := oauth.RequestScopes("okta", given)
	if !slices.Equal(okta, []string{"orders"}) || !slices.Equal(given, []string{"openid", "orders", "email"}) {
		t.Errorf("%q of %q", okta, given)
	}
	if got := oauth.RequestScopes("", nil); !slices.Equal(got, []string{"openid"}) {
		t.Errorf("%q", got)
	}
}
