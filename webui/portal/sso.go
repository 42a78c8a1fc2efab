package portal

import (
	"net/http"

	"portico"
	"portico/httpkit"
	"portico/problem"
	"portico/secret"
	"portico/signon"
	"portico/webui/page"
	"portico/webui/visit"
)

// startSignOn sends the browser to the portal's identity provider. It is a link:
// a form may not lead to another site.
func (p pages) startSignOn(w http.ResponseWriter, v *page.Visit) error {
	if err := needAccounts(v); err != nil {
		return err
	}
	address, attempt, err := p.SingleSignOn.Start(v.Context(), v.Portal, v.Return("/"))
	if err != nil {
		return signOnFailed(w, v, err)
	}
	httpkit.SetSignOn(w, v.Secure(), attempt)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, v.Request, address, http.StatusSeeOther)
	return nil
}

// finishSignOn is where the identity provider sends the browser back to.
func (p pages) finishSignOn(w http.ResponseWriter, v *page.Visit) error {
	if err := needAccounts(v); err != nil {
		return err
	}
	q := v.URL.Query()
	back := signon.Return{Cookie: httpkit.Cookie(v.Request, httpkit.SignOnCookie), State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
	httpkit.SetSignOn(w, v.Secure(), secret.Text{})
	session, path, err := p.SingleSignOn.Finish(v.Context(), v.Portal, back, browser(v))
	if err != nil {
		return signOnFailed(w, v, err)
	}
	v.SignIn(session)
	return v.Redirect(visit.LocalPath(path, "/"))
}

// signOnFailed says that nobody is signed in, why, and how to try again.
func signOnFailed(w http.ResponseWriter, v *page.Visit, err error) error {
	v.NoStore()
	e := problem.Translate(err)
	switch {
	case e.Code == "account_pending":
		return v.RenderBare(w, http.StatusForbidden, v.T("portal.pending_title"), pendingPage(""), page.NotIndexed)
	case e.Code == "account_refused":
		return v.RenderBare(w, http.StatusForbidden, v.T("portal.refused_title"), refusedPage(), page.NotIndexed)
	case e.Kind == portico.KindUnauthenticated || e.Kind == portico.KindUnavailable:
		view := signOnView{text: visit.ErrorText(v.Context(), e), reference: problem.RequestID(v.Context())}
		return v.RenderBare(w, problem.Status(e.Kind), v.T("portal.sso_failed_title"), signOnFailedPage(view), page.NotIndexed)
	}
	return err
}

// signOnView is what is to be told of a sign-on that failed.
type signOnView struct{ text, reference string }
