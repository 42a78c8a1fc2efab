package visit

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"portico"
	"portico/webui/design"
	"portico/webui/i18n"
)

// Visit is a request for a page. Its context carries the language.
type Visit struct {
	*http.Request
	W http.ResponseWriter
	// HTTPS says that visitors come by https, here or at the proxy before us.
	HTTPS bool
	// Theme is what the visitor wants; empty: nothing in particular.
	Theme portico.ThemeMode
}

// Cookies of a visitor's choices. Neither identifies anybody.
const (
	languageCookie = "portico_lang"
	themeCookie    = "portico_theme"
)

// New makes a visit of a request. Once it is known who visits, Speak says in
// which language.
func New(w http.ResponseWriter, r *http.Request) *Visit {
	v := &Visit{Request: r, W: w, HTTPS: r.TLS != nil}
	if c, err := r.Cookie(themeCookie); err == nil {
		v.Theme = ThemeOf(c.Value)
	}
	return v
}

// Speak chooses the language: what the address asks for, else the cookie, the
// visitor's profile, the browser, the site's own.
func (v *Visit) Speak(texts *i18n.Bundle, profile, site string) {
	language := texts.Choose(v.Request, profile, site)
	if v.URL.Query().Get(i18n.Param) == language {
		v.ChooseLanguage(language) // chosen in the menu: the next pages are in it, too
	}
	v.Request = v.WithContext(texts.With(v.Context(), language))
}

// Secure says whether cookies are for https alone.
func (v *Visit) Secure() bool { return v.HTTPS }

// T is a text in the visitor's language.
func (v *Visit) T(key string, args ...any) string { return i18n.T(v.Context(), key, args...) }

// Redirect sends the browser to another page, by GET.
func (v *Visit) Redirect(path string) error {
	http.Redirect(v.W, v.Request, path, http.StatusSeeOther)
	return nil
}

// Return is where the visitor wanted to go before signing in: the return
// parameter if it is a path of this site, or else the given path.
func (v *Visit) Return(otherwise string) string { return LocalPath(v.FormValue("return"), otherwise) }

// LocalPath keeps redirects within the site: neither "//host" nor "/\host".
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
	http.SetCookie(v.W, c)
}

// ChooseLanguage remembers the visitor's language in the browser.
func (v *Visit) ChooseLanguage(tag string) { v.cookie(languageCookie, tag) }

// ChooseTheme remembers light, dark or system in the browser.
func (v *Visit) ChooseTheme(mode portico.ThemeMode) { v.cookie(themeCookie, string(mode)) }

// ThemeOf is the mode that pages are shown in; empty for what is none.
func ThemeOf(mode string) portico.ThemeMode {
	switch m := portico.ThemeMode(mode); m {
	case portico.ThemeLight, portico.ThemeDark, portico.ThemeSystem:
		return m
	}
	return ""
}

// Here is the page's own address, where choosing a language or signing in leads
// back to. What was posted to can be asked for by GET, too.
func (v *Visit) Here() string {
	u := url.URL{Path: v.URL.Path, RawQuery: v.URL.RawQuery}
	q := u.Query()
	q.Del(i18n.Param)
	u.RawQuery = q.Encode()
	return u.RequestURI()
}

// Languages are the language menu: this page in each of them.
func (v *Visit) Languages() []design.Language {
	here, separator := v.Here(), "?"
	if strings.Contains(here, "?") {
		separator = "&"
	}
	var out []design.Language
	for _, l := range i18n.Languages() {
		out = append(out, design.Language{Code: l.Tag, Label: l.Name, Href: here + separator + i18n.Param + "=" + l.Tag, Current: l.Tag == i18n.Lang(v.Context())})
	}
	return out
}

// NoStore keeps an answer that holds a secret out of every cache.
func (v *Visit) NoStore() { v.W.Header().Set("Cache-Control", "no-store") }

// Fragment answers with a component alone, for a script to put into a page.
func (v *Visit) Fragment(w http.ResponseWriter, content templ.Component) error {
	return v.Write(v.Context(), w, http.StatusOK, content)
}

// Write renders everything before it sends anything, so that a failure can
// still become an error page.
func (v *Visit) Write(ctx context.Context, w http.ResponseWriter, status int, c templ.Component) error {
	var html bytes.Buffer
	if err := c.Render(ctx, &html); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Add("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(html.Bytes()) // fails only when the visitor has left
	return nil
}
