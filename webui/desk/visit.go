package desk

import (
	"net/http"
	"strings"

	"portico"
	"portico/access"
	"portico/admins"
	"portico/httpkit"
	"portico/secret"
	"portico/webui/visit"
)

// SessionCookie holds the token of an admin's session.
const SessionCookie = "portico_console"

// Visit is a request for a page of the console with what has been found out
// about it.
type Visit struct {
	*visit.Visit
	Principal admins.Principal // zero: nobody is signed in

	site *Site
}

// Form is what an admin has filled in.
type Form = visit.Form

// visit finds out who visits, and in which language. Beside an error, too, it is
// fit for an error page.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	v := &Visit{Visit: visit.New(w, r), site: s}
	v.HTTPS = v.HTTPS || strings.HasPrefix(s.URL, "https://")
	v.Speak(s.Texts, "", "")
	token := httpkit.Cookie(r, SessionCookie)
	if token.Empty() {
		return v, nil
	}
	principal, err := s.Identify(r.Context(), token)
	if portico.KindOf(err) == portico.KindUnauthenticated && err != nil {
		return v, nil // the same as no cookie
	}
	if err != nil {
		return v, err
	}
	v.Principal = principal
	v.Request = v.WithContext(admins.With(v.Context(), principal))
	return v, nil
}

// SignedIn says whether an admin is.
func (v *Visit) SignedIn() bool { return v.Principal.User.ID != "" }

// Grants is what the admin was granted.
func (v *Visit) Grants() access.Grants { return v.Principal.Grants }

// May says whether an action on an entity is granted, so that a page offers only
// what its visitor may do.
func (v *Visit) May(t access.Type, a access.Action, entity string) bool {
	return v.Grants().May(t, a, entity)
}

// MayCreate says whether the admin may create entities of a type.
func (v *Visit) MayCreate(t access.Type) bool { return v.Grants().Somewhere(t, access.Create) }

// SignIn hands a session's token to the browser.
func (v *Visit) SignIn(token secret.Text) {
	http.SetCookie(v.W, &http.Cookie{Name: SessionCookie, Value: token.Reveal(), Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure()})
}

// SignOut takes the session away from the browser.
func (v *Visit) SignOut() {
	http.SetCookie(v.W, &http.Cookie{Name: SessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure()})
}
