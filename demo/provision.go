package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"portico/mail"
)

// Names of what the demo sets up.
const (
	scopeName    = "orders.read"
	claimName    = "client_id"
	providerName = "Built-in authorization server"
	strategyName = "Client credentials"
	portalName   = "Coffee Shop"
	apiName      = "Orders"
	serviceName  = "orders"
	routePath    = "/shop"
	callPath     = "/shop/orders"
)

// provisioner sets the demo up step by step. Every step looks first whether it
// was done before, so an interrupted start is finished by the next one.
type provisioner struct {
	management *client
	okta       *client
	places     places
	accounts   credentials
	outbox     string
}

func (p *provisioner) run(ctx context.Context) error {
	if err := p.authorizationServer(ctx); err != nil {
		return fmt.Errorf("setting up the authorization server: %w", err)
	}
	strategy, err := p.strategy(ctx)
	if err != nil {
		return fmt.Errorf("setting up application auth: %w", err)
	}
	portal, err := p.management.ensure(ctx, "/v3/portals", portalName, object{"name": portalName, "display_name": "Coffee Shop Developers", "description": "Everything that a coffee shop can do over HTTP.", "default_application_auth_strategy_id": strategy})
	if err != nil {
		return fmt.Errorf("creating the portal: %w", err)
	}
	api, err := p.publish(ctx, portal, strategy)
	if err != nil {
		return fmt.Errorf("publishing the API: %w", err)
	}
	if err := p.content(ctx, portal, api); err != nil {
		return fmt.Errorf("writing the portal's pages: %w", err)
	}
	if err := p.developer(ctx, portal); err != nil {
		return fmt.Errorf("signing the developer up: %w", err)
	}
	return nil
}

// authorizationServer adds the scope and the claim that the walk of the
// founding documents adds by hand.
func (p *provisioner) authorizationServer(ctx context.Context) error {
	const server = "/api/v1/authorizationServers/default"
	for path, body := range map[string]object{
		"/scopes": {"name": scopeName, "description": "Read orders", "consent": "IMPLICIT"},
		"/claims": {"name": claimName, "claimType": "RESOURCE", "valueType": "EXPRESSION", "value": "app.clientId", "status": "ACTIVE", "conditions": object{"scopes": []string{}}},
	} {
		var existing []struct{ Name string }
		if err := p.okta.call(ctx, "GET", server+path, nil, &existing); err != nil {
			return err
		}
		there := false
		for _, e := range existing {
			there = there || e.Name == body["name"]
		}
		if there {
			continue
		}
		if err := p.okta.call(ctx, "POST", server+path, body, nil); err != nil {
			return err
		}
	}
	return nil
}

func (p *provisioner) strategy(ctx context.Context) (string, error) {
	provider, err := p.management.ensure(ctx, "/v2/dcr-providers", providerName, object{
		"name": providerName, "provider_type": "okta", "issuer": p.places.issuer(), "dcr_config": object{"dcr_token": p.accounts.OktaToken},
	})
	if err != nil {
		return "", err
	}
	return p.management.ensure(ctx, "/v2/application-auth-strategies", strategyName, object{
		"name": strategyName, "display_name": "Client credentials", "strategy_type": "openid_connect", "dcr_provider_id": provider,
		"configs": object{"openid-connect": object{
			"issuer": p.places.issuer(), "credential_claim": []string{claimName}, "scopes": []string{scopeName},
			"auth_methods": []string{"client_credentials", "bearer", "session"},
		}},
	})
}

// publish makes the sample API known, serves it, and puts it into the portal; it
// returns the API's id.
func (p *provisioner) publish(ctx context.Context, portal, strategy string) (string, error) {
	var planes collection
	if err := p.management.call(ctx, "GET", "/v2/control-planes", nil, &planes); err != nil {
		return "", err
	}
	if len(planes.Data) == 0 {
		return "", errors.New("there is no control plane")
	}
	plane := planes.Data[0].ID
	entities := "/v2/control-planes/" + plane + "/core-entities"
	service, err := p.management.ensure(ctx, entities+"/services", serviceName, object{"name": serviceName, "url": p.places.sample()})
	if err != nil {
		return "", err
	}
	if _, err := p.management.ensure(ctx, entities+"/routes", serviceName, object{"name": serviceName, "paths": []string{routePath}, "service": object{"id": service}}); err != nil {
		return "", err
	}
	api, err := p.management.ensure(ctx, "/v3/apis", apiName, object{
		"name": apiName, "version": "1.0", "description": "The orders of a small coffee shop.", "attributes": object{"team": []string{"Counter"}},
		"spec_content": strings.ReplaceAll(sampleSpecification, "http://localhost:8000", p.places.gateway()),
	})
	if err != nil {
		return "", err
	}
	var linked struct{ Data []object }
	if err := p.management.call(ctx, "GET", "/v3/api-implementations?filter%5Bapi_id%5D="+api, nil, &linked); err != nil {
		return "", err
	}
	if len(linked.Data) == 0 {
		body := object{"service": object{"id": service, "control_plane_id": plane}}
		if err := p.management.call(ctx, "POST", "/v3/apis/"+api+"/implementations", body, nil); err != nil {
			return "", err
		}
	}
	body := object{"auth_strategy_ids": []string{strategy}, "auto_approve_registrations": true, "visibility": "public"}
	return api, p.management.call(ctx, "PUT", "/v3/apis/"+api+"/publications/"+portal, body, nil)
}

// developer walks through sign-up, a mail, and an admin's approval, from
// wherever an earlier start was interrupted.
func (p *provisioner) developer(ctx context.Context, portal string) error {
	c, err := newClient(p.places.portal(), "")
	if err != nil {
		return err
	}
	account := p.accounts.Developer
	signIn := func() error {
		if err := c.call(ctx, "POST", "/api/v3/developer/authenticate", object{"username": account.Email, "password": account.Password}, nil); err != nil {
			return err
		}
		return c.call(ctx, "POST", "/api/v3/developer/logout", nil, nil) // no session stays that nobody uses
	}
	if signIn() == nil {
		return nil
	}
	if err := c.call(ctx, "POST", "/api/v3/developer", object{"email": account.Email, "full_name": "Dana Developer"}, nil); err != nil {
		return err
	}
	// The mail of the sign-up works only once, and may have been used before an
	// interruption; this one comes as often as it is asked for, and confirms the
	// address as well.
	if err := c.call(ctx, "POST", "/api/v3/developer/forgot-password", object{"email": account.Email}, nil); err != nil {
		return err
	}
	token, err := lastToken(p.outbox, account.Email)
	if err != nil {
		return err
	}
	if err := c.call(ctx, "POST", "/api/v3/developer/reset-password", object{"token": token, "password": account.Password}, nil); err != nil {
		return err
	}
	var found struct {
		Data []struct{ ID string }
	}
	if err := p.management.call(ctx, "GET", "/v3/portals/"+portal+"/developers?filter%5Bemail%5D="+account.Email, nil, &found); err != nil {
		return err
	}
	if len(found.Data) != 1 {
		return fmt.Errorf("%d developers have the address %s", len(found.Data), account.Email)
	}
	if err := p.management.call(ctx, "PATCH", "/v3/portals/"+portal+"/developers/"+found.Data[0].ID, object{"status": "approved"}, nil); err != nil {
		return err
	}
	return signIn()
}

// lastToken reads the token out of the newest mail to an address.
func lastToken(outbox, to string) (string, error) {
	mails, err := mail.ReadAll(outbox)
	if err != nil {
		return "", err
	}
	for i := len(mails) - 1; i >= 0; i-- {
		if _, token, ok := strings.Cut(mails[i].Link, "token="); ok && mails[i].To == to {
			return token, nil
		}
	}
	return "", fmt.Errorf("the outbox holds no mail with a link to %s", to)
}
