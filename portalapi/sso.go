package portalapi

import (
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/httpkit"
)

// singleSignOnRoutes: the way to the portal's identity provider. The way back is
// a page of the portal.
func (s *server) singleSignOnRoutes() []route {
	return []route{on(guessing, "GET", "/api/v3/developer/authenticate/sso", "authenticate-sso", s.startSingleSignOn)}
}

// startSingleSignOn sends the browser to the identity provider. The parameter
// return is the page to come back to.
func (s *server) startSingleSignOn(w http.ResponseWriter, c call) error {
	address, attempt, err := s.SingleSignOn.Start(c.Context(), c.portal, pathIn(c.URL.Query().Get("return")))
	if portico.KindOf(err) == portico.KindNotFound {
		return portico.Errorf(portico.KindInvalid, "This portal has no single sign-on; nobody was signed in. Sign in with a password.")
	}
	if err != nil {
		return err
	}
	httpkit.SetSignOn(w, s.secure(c), attempt)
	w.Header().Set("Location", address)
	w.WriteHeader(http.StatusFound)
	return nil
}

// pathIn keeps a redirect within the portal: neither "//host" nor "/\host".
func pathIn(path string) string {
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
