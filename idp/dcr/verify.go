package dcr

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"portico"
	"portico/idp"
)

// Verify looks at issuer, keys and the right to register. That right is tried
// with a request that must be refused: a redirect URI that is none.
func (s *Server) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	check := idp.IssuerCheck{Issuer: s.issuer, HTTP: s.HTTP, Now: s.Now, Where: "Compare it with the issuer in its discovery document."}
	found, sound := check.Note(ctx, &v)
	if !sound {
		v.Skip(portico.CheckToken)
		return v, ctx.Err()
	}
	s.learn(found)
	began := s.Now()
	v.Note(portico.CheckToken, s.tryToRegister(ctx, &v), s.Now().Sub(began))
	return v, ctx.Err()
}

// tryToRegister says why no client could be registered.
func (s *Server) tryToRegister(ctx context.Context, v *portico.Verification) (fault string) {
	at, err := s.open(ctx)
	if err != nil {
		return sentence(err)
	}
	initial, err := s.Initial(ctx)
	if err != nil {
		return sentence(err)
	}
	var made idp.Object
	_, err = at.api.Do(ctx, bearing(initial, idp.Call{Method: http.MethodPost, Path: at.path, Creates: true, Out: &made, Body: idp.Object{
		"client_name": "Portico tests its connection", "redirect_uris": []string{"not an address"},
		"grant_types": []string{"authorization_code"}, "response_types": []string{"code"},
	}}))
	status := idp.Status(err)
	switch {
	case err == nil:
		outcome := "was removed again"
		if err := takeBack(ctx, at.api, made); err != nil {
			outcome = fmt.Sprintf("could not be removed (%v): remove the client %s there", err, made.Text("client_id"))
		}
		v.Warnings = append(v.Warnings, s.Vendor+" accepts a redirect URI that is none, so the test registered a client; it "+outcome+".")
		return ""
	case portico.IsIdP(err, portico.IdPRejected) && status != nil && status.Status == http.StatusBadRequest:
		return "" // as meant: so clients may be registered
	case portico.IsIdP(err, portico.IdPDenied) && initial.Empty():
		return fmt.Sprintf("%s wants an initial access token for registrations (HTTP %d). Create one there and save it in this provider.", s.Vendor, status.Status)
	case portico.IsIdP(err, portico.IdPDenied):
		return fmt.Sprintf("%s refused the initial access token (HTTP %d): it is mistyped, used up, expired, or may not register clients. Create a new one there and save it in this provider.", s.Vendor, status.Status)
	case portico.IsIdP(err, portico.IdPNotFound):
		return fmt.Sprintf("There is no registration endpoint at %s. Enter the right one, or turn on dynamic client registration there.", at.url)
	}
	return fmt.Sprintf("Whether clients can be registered could not be told: %v. Try again later.", err)
}

// sentence is an error's own explanation.
func sentence(err error) string {
	if e, ok := errors.AsType[*portico.IdPError](err); ok {
		return e.Detail
	}
	return err.Error()
}
