package httpkit

import (
	"net/http"
	"time"

	"portico/secret"
)

// The cookies of a developer's session. The first is the contract's name
// (cookieAuth of the portal API); the second keeps somebody signed in beyond
// the first one's short life.
const (
	AccessCookie  = "portalaccesstoken"
	RefreshCookie = "portalrefreshtoken"
)

// SessionTokens are a session as a browser keeps it; the zero value takes the
// cookies away.
type SessionTokens struct {
	Access, Refresh                   secret.Text
	AccessExpiresAt, RefreshExpiresAt time.Time
}

// SetSession hands a session to the browser. secure: the portal is reached by
// https, here or at the proxy before it, so the cookies are for https alone.
func SetSession(w http.ResponseWriter, secure bool, t SessionTokens) {
	set := func(name string, value secret.Text, expires time.Time) {
		crumb := &http.Cookie{Name: name, Path: "/", Value: value.Reveal(), Expires: expires, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure}
		if value.Empty() {
			crumb.MaxAge = -1
		}
		http.SetCookie(w, crumb)
	}
	set(AccessCookie, t.Access, t.AccessExpiresAt)
	set(RefreshCookie, t.Refresh, t.RefreshExpiresAt)
}

// Cookie is the value of a cookie; empty if there is none.
func Cookie(r *http.Request, name string) secret.Text {
	if c, err := r.Cookie(name); err == nil {
		return secret.New(c.Value)
	}
	return secret.Text{}
}

// SignOnCookie keeps a single sign-on that is under way; only the way back from
// the identity provider gets to see it.
const SignOnCookie = "portico_sso"

// SetSignOn hands such a value to the browser, for ten minutes; an empty one
// takes it away. It goes along when the identity provider sends the browser
// back, which is a link from another site.
func SetSignOn(w http.ResponseWriter, secure bool, value secret.Text) {
	crumb := &http.Cookie{Name: SignOnCookie, Path: "/login/sso", Value: value.Reveal(), MaxAge: 600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure}
	if value.Empty() {
		crumb.MaxAge = -1
	}
	http.SetCookie(w, crumb)
}
