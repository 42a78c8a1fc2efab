package bridge

import (
	"context"
	"fmt"
	"net/http"

	"portico"
	"portico/idp"
)

// Verify implements portico.IdP. The issuer is where gateways verify tokens;
// the bridge is asked to delete a client that does not exist, which tells
// whether it takes the key and does nothing.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	if issuer, err := c.settings.Issuer(); err != nil {
		v.Note(portico.CheckReachable, err.Error(), 0)
		v.Skip(portico.CheckIssuer, portico.CheckKeys)
	} else {
		idp.IssuerCheck{Issuer: issuer, HTTP: c.settings.HTTP, Now: c.settings.Now,
			Where: "The issuer is the identity provider's, not the bridge's; compare it with the provider's own documentation."}.Note(ctx, &v)
	}
	began := c.api.Now()
	v.Note(portico.CheckToken, c.verifyKey(ctx, &v), c.api.Now().Sub(began))
	return v, ctx.Err()
}

// verifyKey says what is wrong with the bridge's address or the API key.
func (c *Client) verifyKey(ctx context.Context, v *portico.Verification) (fault string) {
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: c.path("verify-" + portico.NewRandomID()), Class: class})
	status := idp.Status(err)
	switch {
	case err == nil || portico.IsIdP(err, portico.IdPRejected):
		return ""
	case portico.IsIdP(err, portico.IdPDenied):
		return fmt.Sprintf("The bridge at %s refused the API key. Compare the key with the bridge's own configuration and save it in this provider.", c.settings.Provider.Config.BaseURL)
	case status != nil && portico.IsIdP(err, portico.IdPNotFound):
		v.Warnings = append(v.Warnings, fmt.Sprintf("%s answers 404 to the deletion of a client that does not exist. That is sound if a bridge answers there; if dcr_base_url has a wrong path, registrations will fail.", c.settings.Provider.Config.BaseURL))
		return ""
	case status != nil && status.Status == http.StatusInternalServerError:
		v.Warnings = append(v.Warnings, fmt.Sprintf("The bridge at %s answers 500 to the deletion of a client that does not exist; whether it takes the API key is not known.", c.settings.Provider.Config.BaseURL))
		return ""
	}
	return fmt.Sprintf("The bridge could not be tried: %v. See that it runs and that Portico may reach it.", err)
}
