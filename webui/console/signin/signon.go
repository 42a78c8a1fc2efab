package signin

import (
	"net/http"

	"portico"
	"portico/admins"
	"portico/httpkit"
	"portico/problem"
	"portico/secret"
	"portico/signon"
	"portico/webui/desk"
	"portico/webui/visit"
)

func (p pages) signOnRoutes() []desk.Route {
	start, finish := desk.Door("GET /login/sso", p.startSignOn), desk.Door("GET "+admins.CallbackPath, p.finishSignOn)
	start.Guess, finish.Guess = true, true // each makes us ask the provider
	return []desk.Route{start, finish}
}

// startSignOn sends the browser to the organization's identity provider. It is a
// link: a form may not lead to another site.
func (p pages) startSignOn(w http.ResponseWriter, v *desk.Visit) error {
	address, attempt, err := p.Admins.SingleSignOn.Start(v.Context(), "", v.Return("/"))
	if err != nil {
		return signOnFailed(w, v, err)
	}
	httpkit.SetSignOn(w, v.Secure(), attempt)
	v.NoStore()
	return v.Redirect(address)
}

// finishSignOn is where the identity provider sends the browser back to.
func (p pages) finishSignOn(w http.ResponseWriter, v *desk.Visit) error {
	q := v.URL.Query()
	back := signon.Return{Cookie: httpkit.Cookie(v.Request, httpkit.SignOnCookie), State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
	httpkit.SetSignOn(w, v.Secure(), secret.Text{})
	session, path, err := p.Admins.SingleSignOn.Finish(v.Context(), back, browser(v))
	if err != nil {
		return signOnFailed(w, v, err)
	}
	return p.enter(v, session, path)
}

// signOnFailed says that nobody is signed in, why, and how to try again.
func signOnFailed(w http.ResponseWriter, v *desk.Visit, err error) error {
	v.NoStore()
	e := problem.Translate(err)
	if e.Kind != portico.KindUnauthenticated && e.Kind != portico.KindUnavailable {
		return err
	}
	page := signOnFailedPage(visit.ErrorText(v.Context(), e), problem.RequestID(v.Context()))
	return v.RenderBare(w, problem.Status(e.Kind), v.T("signin.sso_failed_title"), page)
}
