package localas

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico/localas/dialect"
	"portico/localas/ratelimit"
	"portico/secret"
)

//go:embed pages/*.html pages/assets
var pageFiles embed.FS

const pagePolicy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// parsePages parses every page together with the layout; a page is known by
// the name of its file.
func parsePages() (map[string]*template.Template, error) {
	names, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		return nil, err
	}
	functions := template.FuncMap{
		"date":    func(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04 MST") },
		"machine": dialect.Timestamp,
		"join":    strings.Join,
		"lower":   strings.ToLower,
	}
	pages := map[string]*template.Template{}
	for _, name := range names {
		page, err := template.New("layout.html").Funcs(functions).ParseFS(pageFiles, "pages/layout.html", name)
		if err != nil {
			return nil, err
		}
		pages[strings.TrimSuffix(strings.TrimPrefix(name, "pages/"), ".html")] = page
	}
	return pages, nil
}

// visit is a request of a signed-in administrator.
type visit struct {
	*http.Request
	session secret.Digest
}

// pageHandler answers a page, or returns why it does not.
type pageHandler func(w http.ResponseWriter, v visit) error

// mountPages adds the administrator's pages.
func (s *Server) mountPages(mux *http.ServeMux) {
	const as = "/security/api/servers/{as}"
	pages := map[string]pageHandler{
		"GET /{$}":       func(w http.ResponseWriter, v visit) error { return redirect(w, v, "/security/api") },
		"POST /sign-out": s.signOut,

		"GET /security/api":                        s.serversPage,
		"POST /security/api/servers":               s.addServer,
		"GET /security/api/tokens":                 s.tokensPage,
		"POST /security/api/tokens":                s.addToken,
		"POST /security/api/tokens/{token}/revoke": s.revokeToken,
		"GET " + as:                                s.settingsPage,
		"POST " + as:                               s.saveSettings,
		"GET " + as + "/scopes":                    s.scopesPage,
		"POST " + as + "/scopes":                   s.addScope,
		"POST " + as + "/scopes/{scope}/delete":    s.dropScope,
		"GET " + as + "/claims":                    s.claimsPage,
		"POST " + as + "/claims":                   s.addClaim,
		"POST " + as + "/claims/{claim}/delete":    s.dropClaim,
		"GET " + as + "/policies":                  s.policiesPage,
		"POST " + as + "/policies":                 s.addPolicy,

		"GET /applications":                                  s.applicationsPage,
		"GET /applications/{app}":                            s.applicationPage,
		"POST /applications/{app}/{action}":                  s.changeApplication,
		"POST /applications/{app}/secrets/{secret}/{action}": s.changeSecret,
	}
	protection := http.NewCrossOriginProtection()
	protection.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.failPage(w, r, http.StatusForbidden, "The request came from another site. Nothing was changed.")
	}))
	guard := func(next http.Handler) http.Handler {
		return protection.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, dialect.MaxBody)
			next.ServeHTTP(w, r)
		}))
	}
	for pattern, handle := range pages {
		mux.Handle(pattern, guard(s.signedIn(handle)))
	}
	mux.Handle("POST /oauth2/{as}/v1/authorize/sign-in", guard(s.endpoint(ratelimit.OAuth, s.signInPerson)))
	mux.Handle("GET /sign-in", guard(http.HandlerFunc(s.signInPage)))
	mux.Handle("POST /sign-in", guard(http.HandlerFunc(s.signIn)))
	assets, err := fs.Sub(pageFiles, "pages/assets")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	mux.Handle("GET /assets/", http.StripPrefix("/assets/", http.FileServerFS(assets)))
}

// signedIn admits the administrator and sends everyone else to sign in.
func (s *Server) signedIn(handle pageHandler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		live, found, err := s.admins.Of(r)
		if err == nil && !found {
			target := "/sign-in"
			if r.Method == http.MethodGet && r.URL.Path != "/" {
				target += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
			}
			http.Redirect(w, r, target, http.StatusSeeOther)
			return
		}
		if err == nil {
			err = handle(w, visit{r, live.Digest})
		}
		if err != nil {
			s.writePageError(w, r, err)
		}
	})
}

func (s *Server) writePageError(w http.ResponseWriter, r *http.Request, err error) {
	if refusal, ok := errors.AsType[*dialect.APIError](err); ok {
		text := refusal.Summary + "."
		if len(refusal.Causes) > 0 {
			text = strings.Join(refusal.Causes, " ")
		}
		s.failPage(w, r, refusal.Status, text+" Nothing was changed.")
		return
	}
	s.log.ErrorContext(r.Context(), "page failed", "method", r.Method, "path", r.URL.Path, "error", err)
	s.failPage(w, r, http.StatusInternalServerError, "Something failed on our side; the server's log says what. Try again.")
}

// frame is what the layout needs of every page.
type frame struct {
	Title   string
	Section string // the entry of the navigation that is current
	Email   string // empty before sign-in
}

func (s *Server) frame(title, section string) frame { return frame{title, section, s.adminEmail} }

// formState is a form that was refused: what was wrong and what was entered.
type formState struct {
	Faults []string
	Values url.Values
}

// Value is what was entered in a field.
func (f formState) Value(name string) string { return f.Values.Get(name) }

// Has reports whether a field holds one of several values.
func (f formState) Has(name, value string) bool { return slices.Contains(f.Values[name], value) }

// refused turns a refusal into the state of the form to show again; other
// errors stay errors.
func refused(err error, values url.Values) (formState, error) {
	refusal, ok := errors.AsType[*dialect.APIError](err)
	if !ok || refusal.Status != http.StatusBadRequest {
		return formState{}, err
	}
	return formState{refusal.Causes, values}, nil
}

// afterForm goes on to next when a form was accepted, and else shows it again
// with what is wrong.
func afterForm(w http.ResponseWriter, v visit, err error, values url.Values, next string, show func(http.ResponseWriter, visit, int, formState) error) error {
	if err == nil {
		return redirect(w, v, next)
	}
	form, err := refused(err, values)
	if err != nil {
		return err
	}
	return show(w, v, http.StatusUnprocessableEntity, form)
}

// render writes a page whole, or not at all.
func (s *Server) render(w http.ResponseWriter, status int, name string, data any) error {
	var page bytes.Buffer
	if err := s.pages[name].Execute(&page, data); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if h.Get("Content-Security-Policy") == "" { // a page may have one of its own
		h.Set("Content-Security-Policy", pagePolicy)
	}
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	w.Write(page.Bytes())
	return nil
}

// failPage tells a person what happened.
func (s *Server) failPage(w http.ResponseWriter, r *http.Request, status int, text string) {
	err := s.render(w, status, "error", struct {
		frame
		Text string
	}{frame{Title: http.StatusText(status)}, text})
	if err != nil {
		s.log.ErrorContext(r.Context(), "error page failed", "error", err)
		http.Error(w, text, status)
	}
}

func redirect(w http.ResponseWriter, v visit, target string) error {
	http.Redirect(w, v.Request, target, http.StatusSeeOther)
	return nil
}

// formValues reads a page's form; it refuses what no browser sends.
func formValues(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, dialect.Malformed("The form could not be read.")
	}
	for _, values := range r.PostForm {
		for _, value := range values {
			if !dialect.CleanText(value) {
				return nil, dialect.Malformed("A field contains characters that are not allowed.")
			}
		}
	}
	return r.PostForm, nil
}

type signInView struct {
	frame
	Address, Next, Fault string
}

func (s *Server) signInPage(w http.ResponseWriter, r *http.Request) {
	view := signInView{frame{Title: "Sign in"}, "", localPath(r.URL.Query().Get("next")), ""}
	if err := s.render(w, http.StatusOK, "signin", view); err != nil {
		s.writePageError(w, r, err)
	}
}

func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	values, err := formValues(r)
	if err != nil {
		s.writePageError(w, r, err)
		return
	}
	view := signInView{frame{Title: "Sign in"}, values.Get("email"), localPath(values.Get("next")), ""}
	status := http.StatusUnauthorized
	switch password := secret.New(values.Get("password")); {
	case !s.signIns.Allowed(r):
		status, view.Fault = http.StatusTooManyRequests, "Too many attempts. Wait a minute, then try again."
	case password.Empty() || s.adminPassword.Empty() || !password.Equal(s.adminPassword) ||
		!strings.EqualFold(strings.TrimSpace(view.Address), s.adminEmail):
		s.signIns.Failed(r)
		s.log.WarnContext(r.Context(), "sign-in refused", "remote", r.RemoteAddr)
		view.Fault = "This email and password do not match. Check both and try again."
	default:
		if _, err := s.admins.Start(r.Context(), w, s.adminEmail); err != nil {
			s.writePageError(w, r, err)
			return
		}
		http.Redirect(w, r, view.Next, http.StatusSeeOther)
		return
	}
	if err := s.render(w, status, "signin", view); err != nil {
		s.writePageError(w, r, err)
	}
}

// localPath is the target after sign-in: a path of this server, nothing else.
func localPath(target string) string {
	u, err := url.Parse(target)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(target, "/") ||
		strings.HasPrefix(target, "//") || strings.Contains(target, `\`) {
		return "/security/api"
	}
	return target
}

func (s *Server) signOut(w http.ResponseWriter, v visit) error {
	if err := s.admins.End(v.Context(), w, v.session); err != nil {
		return err
	}
	return redirect(w, v, "/sign-in")
}
