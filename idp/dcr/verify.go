package dcr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Verify looks at issuer, keys and the right to register. That right is tried
// with a request that must be refused: a redirect URI that is none.
func (s *Server) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	began := s.Now()
	found, err := s.Metadata(ctx)
	if err != nil {
		reachable, fault := s.explain(err)
		if reachable {
			v.Note(portico.CheckReachable, "", s.Now().Sub(began))
			v.Note(portico.CheckIssuer, fault, 0)
		} else {
			v.Note(portico.CheckReachable, fault, s.Now().Sub(began))
			v.Skip(portico.CheckIssuer)
		}
		v.Skip(portico.CheckKeys, portico.CheckToken)
		return v, ctx.Err()
	}
	v.Note(portico.CheckReachable, "", s.Now().Sub(began))
	v.Note(portico.CheckIssuer, "", 0)

	began = s.Now()
	fault := ""
	if found.JWKSURI == "" {
		fault = fmt.Sprintf("The issuer %s publishes no signing keys (jwks_uri), so no access token could be verified.", s.issuer)
	} else if err := oauth.CheckKeys(ctx, s.HTTP, found.JWKSURI); err != nil {
		fault = fmt.Sprintf("The issuer's signing keys cannot be had, so no access token could be verified: %v. Try again later.", err)
	}
	v.Note(portico.CheckKeys, fault, s.Now().Sub(began))

	began = s.Now()
	v.Note(portico.CheckToken, s.tryToRegister(ctx, &v), s.Now().Sub(began))
	return v, ctx.Err()
}

// explain says what is wrong with an issuer, and whether anything answers there.
func (s *Server) explain(err error) (reachable bool, fault string) {
	if other, ok := errors.AsType[*oauth.OtherIssuerError](err); ok {
		return true, fmt.Sprintf("The authorization server that answers at %s says that its issuer is %s. Tokens carry that one: if the server is the right one, enter it.", s.issuer, other.Issuer)
	}
	reason := err
	if d, ok := errors.AsType[*oauth.DiscoveryError](err); ok && len(d.Attempts) > 0 {
		last := d.Attempts[len(d.Attempts)-1]
		reason = fmt.Errorf("%s: %w", last.URL, last.Err)
	}
	return false, fmt.Sprintf("No authorization server answers at %s. Compare it with the issuer in its discovery document. %v.", s.issuer, reason)
}

// tryToRegister says why no client could be registered.
func (s *Server) tryToRegister(ctx context.Context, v *portico.Verification) (fault string) {
	api, path, err := s.open(ctx)
	if err != nil {
		return sentence(err)
	}
	var initial secret.Text
	if s.Initial != nil {
		if initial, err = s.Initial(ctx); err != nil {
			return sentence(err)
		}
	}
	var made idp.Object
	_, err = api.Do(ctx, bearing(initial, idp.Call{Method: http.MethodPost, Path: path, Creates: true, Out: &made, Body: idp.Object{
		"client_name": "Portico tests its connection", "redirect_uris": []string{"not an address"},
		"grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
	}}))
	status := idp.Status(err)
	switch {
	case err == nil:
		v.Warnings = append(v.Warnings, s.Vendor+" accepts a redirect URI that is none, so the test registered a client; it "+s.removed(ctx, made)+".")
		return ""
	case portico.IsIdP(err, portico.IdPRejected) && status != nil && status.Status == http.StatusBadRequest:
		return "" // as meant: so clients may be registered
	case portico.IsIdP(err, portico.IdPDenied) && initial.Empty():
		return fmt.Sprintf("%s wants an initial access token for registrations (HTTP %d). Create one there and save it in this provider.", s.Vendor, status.Status)
	case portico.IsIdP(err, portico.IdPDenied):
		return fmt.Sprintf("%s refused the initial access token (HTTP %d): it is mistyped, used up, expired, or may not register clients. Create a new one there and save it in this provider.", s.Vendor, status.Status)
	case portico.IsIdP(err, portico.IdPNotFound):
		return fmt.Sprintf("There is no registration endpoint at %s%s. Enter the right one, or turn on dynamic client registration there.", api.Base, path)
	}
	return fmt.Sprintf("Whether clients can be registered could not be told: %v. Try again later.", err)
}

// removed takes the client of a test away again, and says so.
func (s *Server) removed(ctx context.Context, made idp.Object) string {
	u, err := url.Parse(made.Text("registration_client_uri"))
	if err == nil {
		_, err = s.api.Do(ctx, bearing(made.Secret("registration_access_token"), idp.Call{Method: http.MethodDelete, Path: u.RequestURI()}))
	}
	if err != nil {
		return fmt.Sprintf("could not be removed (%v): remove the client %s there", err, made.Text("client_id"))
	}
	return "was removed again"
}

// sentence is an error's own explanation.
func sentence(err error) string {
	if e, ok := errors.AsType[*portico.IdPError](err); ok {
		return e.Detail
	}
	return err.Error()
}
