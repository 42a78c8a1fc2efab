package auth0

import (
	"strings"

	"portico"
	"portico/idp"
	"portico/secret"
)

// object is what we read of Auth0's client object. The secret is there only in
// the answers that issue one: elsewhere it is not asked for.
type object struct {
	ClientID   string         `json:"client_id"`
	Secret     secret.Text    `json:"client_secret"`
	Name       string         `json:"name"`
	Callbacks  []string       `json:"callbacks"`
	GrantTypes []string       `json:"grant_types"`
	Metadata   map[string]any `json:"client_metadata"`
	Global     bool           `json:"global"` // the tenant's own, which is no application
}

// readable is what is asked for of an object.
const readable = "fields=client_id,name,callbacks,grant_types,client_metadata,global&include_fields=true"

// The members of client_metadata. The first four are those that Konnect writes.
const (
	metaApplication  = "konnect_application_id"
	metaOrganization = "konnect_org_id"
	metaPortal       = "konnect_portal_id"
	metaDeveloper    = "konnect_developer_id"
	metaCreateKey    = "portico_create_key"
	metaName         = "portico_name" // as it is, where Auth0 takes it only in another form
)

const (
	maxName        = 200 // characters
	maxDescription = 140 // characters (Auth0's limit)
)

func (o object) meta(name string) string {
	text, _ := o.Metadata[name].(string)
	return text
}

func (o object) state() portico.ClientState {
	name := o.Name
	if ours := o.meta(metaName); ours != "" && shownName(ours) == name {
		name = ours
	}
	return portico.ClientState{
		Ref: portico.ClientRef{ClientID: o.ClientID}, Name: name, RedirectURIs: o.Callbacks, GrantTypes: o.GrantTypes, Enabled: true,
		ApplicationID: portico.ApplicationID(o.meta(metaApplication)), OrganizationID: portico.OrganizationID(o.meta(metaOrganization)),
	}
}

// shownName is a name as Auth0 takes it: without angle brackets.
func shownName(name string) string {
	return strings.NewReplacer("<", "‹", ">", "›").Replace(name)
}

// settings are the members of a client that follow from a spec. Auth0 wants one
// that signs users in to be a web application.
func settings(spec portico.ClientSpec) map[string]any {
	name := idp.Cut(spec.Name, maxName)
	metadata := map[string]any{
		metaApplication: string(spec.ApplicationID), metaOrganization: string(spec.Owner.OrganizationID),
		metaPortal: string(spec.Owner.PortalID), metaDeveloper: string(spec.Owner.DeveloperID), metaName: nil,
	}
	if shownName(name) != name {
		metadata[metaName] = name
	}
	set := map[string]any{
		"name": shownName(name), "description": idp.Cut(spec.Description, maxDescription), "client_metadata": metadata,
		"app_type": "non_interactive", "grant_types": idp.Grants(spec), "callbacks": []string{},
	}
	if len(spec.RedirectURIs) > 0 {
		set["app_type"], set["callbacks"] = "regular_web", spec.RedirectURIs
	}
	return set
}

// newObject is a client to be made.
func newObject(spec portico.ClientSpec, createKey string) map[string]any {
	o := settings(spec)
	o["token_endpoint_auth_method"] = "client_secret_basic"
	o["oidc_conformant"] = true
	o["jwt_configuration"] = map[string]string{"alg": "RS256"}
	metadata := o["client_metadata"].(map[string]any)
	metadata[metaCreateKey] = createKey
	for name, value := range metadata {
		if value == nil || value == "" {
			delete(metadata, name) // what is not there needs no removing
		}
	}
	return o
}
