package bridge

import (
	"encoding/json"
	"strings"

	"portico"
)

// owner is what the document wants to know with every application.
type owner struct {
	Description    string                 `json:"application_description"`
	PortalID       portico.PortalID       `json:"portal_id"`
	OrganizationID portico.OrganizationID `json:"organization_id"`
	DeveloperID    portico.DeveloperID    `json:"developer_id"`
	StrategyID     portico.StrategyID     `json:"auth_strategy_id"`
	ProviderID     portico.ProviderID     `json:"dcr_provider_id"`
}

func (c *Client) owner(spec portico.ClientSpec) owner {
	o := spec.Owner
	return owner{spec.Description, o.PortalID, o.OrganizationID, o.DeveloperID, o.StrategyID, c.settings.Provider.ID}
}

// application is the document's ApplicationPayload: all members are required.
type application struct {
	Name         string   `json:"client_name"`
	RedirectURIs []string `json:"redirect_uris"`
	GrantTypes   []string `json:"grant_types"`
	Scopes       []string `json:"scopes"`
	AuthMethod   string   `json:"token_endpoint_auth_method"`
	owner
}

// application carries the auth methods of the strategy as grant_types: bridges
// look there for what the application is going to do, bearer included.
func (c *Client) application(spec portico.ClientSpec) application {
	grants := spec.Owner.AuthMethods
	if len(grants) == 0 {
		grants = spec.GrantTypes
	}
	return application{
		Name: spec.Name, RedirectURIs: notNil(spec.RedirectURIs), GrantTypes: notNil(grants), Scopes: notNil(spec.Scopes),
		AuthMethod: "client_secret_basic", owner: c.owner(spec),
	}
}

// event is the document's EventHook.
type event struct {
	Kind          portico.ClientEventKind `json:"event_type"`
	ClientID      string                  `json:"client_id"`
	ApplicationID portico.ApplicationID   `json:"application_id"`
	Name          string                  `json:"application_name"`
	owner
	RedirectURIs []string      `json:"redirect_uris,omitzero"`           // of update_application
	APIID        portico.APIID `json:"api_product_version_id,omitempty"` // of the others
}

func (c *Client) event(e portico.ClientEvent) event {
	out := event{Kind: e.Kind, ClientID: e.Ref.ClientID, ApplicationID: e.Spec.ApplicationID, Name: e.Spec.Name, owner: c.owner(e.Spec), APIID: e.APIID}
	if e.Kind == portico.ApplicationUpdated {
		out.RedirectURIs = notNil(e.Spec.RedirectURIs)
	}
	return out
}

// explain reads the document's errors. error_description is a text, or a list
// of texts, as bridges have it that check a body member by member.
func explain(body []byte) (code, text string) {
	var e struct {
		Error       string          `json:"error"`
		Description json.RawMessage `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	var many []string
	if json.Unmarshal(e.Description, &text) == nil || json.Unmarshal(e.Description, &many) != nil {
		return e.Error, text
	}
	return e.Error, strings.Join(many, "; ")
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
