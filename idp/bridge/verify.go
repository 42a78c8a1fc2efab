package bridge

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"portico"
	"portico/idp"
	"portico/oauth"
)

// Verify implements portico.IdP. The issuer is where gateways verify tokens;
// the bridge is asked to delete a client that does not exist, which tells
// whether it takes the key and does nothing.
func (c *Client) Verify(ctx context.Context) (portico.Verification, error) {
	var v portico.Verification
	began := c.api.Now()
	metadata, err := oauth.Discover(ctx, c.http, c.provider.Issuer)
	other, isOther := errors.AsType[*oauth.OtherIssuerError](err)
	switch took := c.api.Now().Sub(began); {
	case isOther:
		v.Note(portico.CheckReachable, "", took)
		v.Note(portico.CheckIssuer, fmt.Sprintf("The authorization server that answers at %s says that its issuer is %s. Tokens carry that one: if the server is the right one, enter it.", c.provider.Issuer, other.Issuer), 0)
	case err != nil:
		v.Note(portico.CheckReachable, fmt.Sprintf("No authorization server answers at the issuer %s: %v. The issuer is the identity provider's, not the bridge's; compare it with the provider's own documentation.", c.provider.Issuer, err), took)
		v.Skip(portico.CheckIssuer)
	default:
		v.Note(portico.CheckReachable, "", took)
		v.Note(portico.CheckIssuer, "", 0)
	}
	if metadata.JWKSURI != "" {
		began = c.api.Now()
		v.Note(portico.CheckKeys, c.verifyKeys(ctx, metadata.JWKSURI), c.api.Now().Sub(began))
	} else {
		v.Skip(portico.CheckKeys)
	}
	began = c.api.Now()
	v.Note(portico.CheckToken, c.verifyKey(ctx, &v), c.api.Now().Sub(began))
	return v, ctx.Err()
}

// verifyKeys says what is wrong with the keys that the issuer publishes.
func (c *Client) verifyKeys(ctx context.Context, uri string) string {
	if err := oauth.CheckKeys(ctx, c.http, uri); err != nil {
		return fmt.Sprintf("The issuer's signing keys cannot be had, so no access token could be verified: %v. Try again later.", err)
	}
	return ""
}

// verifyKey says what is wrong with the bridge's address or the API key.
func (c *Client) verifyKey(ctx context.Context, v *portico.Verification) (fault string) {
	_, err := c.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: c.path("verify-" + portico.NewRandomID()), Class: class})
	status := idp.Status(err)
	switch {
	case err == nil || portico.IsIdP(err, portico.IdPRejected):
		return ""
	case portico.IsIdP(err, portico.IdPDenied):
		return fmt.Sprintf("The bridge at %s refused the API key. Compare the key with the bridge's own configuration and save it in this provider.", c.provider.Config.BaseURL)
	case status != nil && portico.IsIdP(err, portico.IdPNotFound):
		v.Warnings = append(v.Warnings, fmt.Sprintf("%s answers 404 to the deletion of a client that does not exist. That is sound if a bridge answers there; if dcr_base_url has a wrong path, registrations will fail.", c.provider.Config.BaseURL))
		return ""
	case status != nil && status.Status == http.StatusInternalServerError:
		v.Warnings = append(v.Warnings, fmt.Sprintf("The bridge at %s answers 500 to the deletion of a client that does not exist; whether it takes the API key is not known.", c.provider.Config.BaseURL))
		return ""
	}
	return fmt.Sprintf("The bridge could not be tried: %v. See that it runs and that Portico may reach it.", err)
}
