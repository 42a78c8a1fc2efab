package page

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/httpkit"
	"portico/webui/i18n"
)

// Visit is a request for a page with what has been found out about it. Its
// context carries the language.
type Visit struct {
	*http.Request
	Portal    portico.Portal
	Developer *portico.Developer // nil: nobody is signed in
	Session   portico.SessionID  // empty: nobody is signed in
	Visitor   control.Visitor    // the same, as use cases want to know it

	site  *Site
	w     http.ResponseWriter
	theme portico.ThemeMode // what the visitor wants; empty: as the portal is
}

// Cookies of a visitor's choices. Neither identifies anybody.
const (
	languageCookie = "portico_lang"
	themeCookie    = "portico_theme"
)

// visit finds out which portal is meant, who visits, and in which language.
// Beside an error, too, it is fit for an error page.
func (s *Site) visit(w http.ResponseWriter, r *http.Request) (*Visit, error) {
	v := &Visit{Request: r, site: s, w: w}
	portal, err := s.Portals.ByHost(r.Context(), hostOf(r))
	if err == nil {
		v.Portal = portal
		err = v.signedIn(r.Context())
	}
	v.Visitor = control.Visitor{Portal: v.Portal, Developer: v.Developer}
	profile := ""
	if v.Developer != nil {
		profile, v.theme = v.Developer.Language, v.Developer.Theme
	}
	if c, err := r.Cookie(themeCookie); err == nil && v.theme == "" {
		v.theme = themeOf(c.Value)
	}
	language := s.Texts.Choose(r, profile, v.Portal.Language)
	if r.URL.Query().Get(i18n.Param) == language {
		v.ChooseLanguage(language) // chosen in the menu: the next pages are in it, too
	}
	v.Request = r.WithContext(s.Texts.With(r.Context(), language))
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
	httpkit.SetSession(v.w, v.site.secure(v), httpkit.SessionTokens(session))
}

// SignOut takes the session away from the browser.
func (v *Visit) SignOut() { httpkit.SetSession(v.w, v.site.secure(v), httpkit.SessionTokens{}) }

// Secure says whether cookies of the portal are for https alone.
func (v *Visit) Secure() bool { return v.site.secure(v) }

// T is a text in the visitor's language.
func (v *Visit) T(key string, args ...any) string { return i18n.T(v.Context(), key, args...) }

// Redirect sends the browser to another page of the portal, by GET.
func (v *Visit) Redirect(path string) error {
	http.Redirect(v.w, v.Request, path, http.StatusSeeOther)
	return nil
}

// Return is where the visitor wanted to go before signing in: the return
// parameter if it is a path of this portal, or else the given path.
func (v *Visit) Return(otherwise string) string {
	return LocalPath(v.FormValue("return"), otherwise)
}

// LocalPath keeps redirects within the portal: neither "//host" nor "/\host".
func LocalPath(path, otherwise string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return otherwise
	}
	return path
}

// cookie keeps a visitor's choice for a year, or takes it away when it is empty.
func (v *Visit) cookie(name, value string) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: v.Secure()}
	if value == "" {
		c.MaxAge = -1
	}
	http.SetCookie(v.w, c)
}

// ChooseLanguage and ChooseTheme remember the visitor's choice in the browser.
func (v *Visit) ChooseLanguage(tag string) { v.cookie(languageCookie, tag) }

// ChooseTheme remembers light, dark or system in the browser.
func (v *Visit) ChooseTheme(mode portico.ThemeMode) { v.cookie(themeCookie, string(mode)) }
