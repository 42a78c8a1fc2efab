package page

import (
	"context"
	"net"
	"net/http"
	"strings"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/webui/visit"
)

// Visit is a request for a page with what has been found out about it.
type Visit struct {
	*visit.Visit
	Portal    portico.Portal
	Developer *portico.Developer // nil: nobody is signed in
	Session   portico.SessionID  // empty: nobody is signed in
	Visitor   control.Visitor    // the same, as use cases want to know it

	site *Site
}

// Form is what a visitor has filled in.
type Form = visit.Form

// visit finds out which portal is meant, who visits, and in which language.
// Beside an error, too, it is fit for an error page.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	v := &Visit{Visit: visit.New(w, r), site: s}
	portal, err := s.Portals.ByHost(r.Context(), hostOf(r))
	if err == nil {
		err = s.AllowLists.Admit(r.Context(), portal, httpkit.ClientAddr(r))
	}
	if err == nil {
		v.Portal = portal
		err = v.signedIn(r.Context())
	}
	v.HTTPS = s.https(r, v.Portal)
	v.Visitor = control.Visitor{Portal: v.Portal, Developer: v.Developer}
	profile := ""
	if v.Developer != nil {
		profile = v.Developer.Language
		if v.Developer.Theme != "" {
			v.Theme = v.Developer.Theme
		}
	}
	v.Speak(s.Texts, profile, v.Portal.Language)
	return v, err
}

// hostOf is the host that the visitor has asked for, without a port.
func hostOf(r *http.Request) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// signedIn finds out whose session the cookies are of, if any. Cookies that no
// longer count are the same as none. The access token may have run out: pages
// accept the session's other token, too, for they cannot refresh by script.
func (v *Visit) signedIn(ctx context.Context) error {
	if !v.Portal.AuthenticationEnabled {
		return nil
	}
	access, refresh := httpkit.Cookie(v.Request, httpkit.AccessCookie), httpkit.Cookie(v.Request, httpkit.RefreshCookie)
	if access.Empty() && refresh.Empty() {
		return nil
	}
	session, developer, err := v.site.Sessions.Current(ctx, v.Portal.ID, access, refresh)
	if portico.KindOf(err) == portico.KindUnauthenticated && err != nil {
		return nil
	}
	if err != nil {
		return err
	}
	v.Developer, v.Session = &developer, session.ID
	return nil
}

// SignIn hands a new session to the browser.
func (v *Visit) SignIn(session developers.IssuedSession) {
	httpkit.SetSession(v.W, v.Secure(), httpkit.SessionTokens(session))
}

// SignOut takes the session away from the browser.
func (v *Visit) SignOut() { httpkit.SetSession(v.W, v.Secure(), httpkit.SessionTokens{}) }
