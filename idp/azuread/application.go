package azuread

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/idp"
)

// application is what we read of Graph's object of this name.
type application struct {
	ID      string     `json:"id"`
	AppID   string     `json:"appId"`
	Name    string     `json:"displayName"`
	Created *time.Time `json:"createdDateTime"`
	Web     struct {
		RedirectURIs []string `json:"redirectUris"`
	} `json:"web"`
	Tags []string `json:"tags"`
}

// readable is what is asked for of an application.
const readable = "$select=id,appId,displayName,createdDateTime,web,tags"

const (
	maxName  = 120  // characters
	maxNotes = 1024 // characters (Graph's limit)
)

// The tags that mark an application as ours.
const (
	tagOurs         = "portico"
	tagApplication  = "portico-application:"
	tagOrganization = "portico-organization:"
	tagCreateKey    = "portico-key:"
)

func (a application) ref() portico.ClientRef {
	return portico.ClientRef{ClientID: a.AppID, ExternalID: a.ID}
}

func (a application) tag(prefix string) string {
	for _, tag := range a.Tags {
		if value, ok := strings.CutPrefix(tag, prefix); ok {
			return value
		}
	}
	return ""
}

func (a application) state() portico.ClientState {
	grants := []string{portico.MethodClientCredentials} // every application with a secret has it
	if len(a.Web.RedirectURIs) > 0 {
		grants = []string{"authorization_code", portico.MethodClientCredentials}
	}
	return portico.ClientState{
		Ref: a.ref(), Name: a.Name, RedirectURIs: a.Web.RedirectURIs, GrantTypes: grants, Enabled: true, CreatedAt: a.Created,
		ApplicationID: portico.ApplicationID(a.tag(tagApplication)), OrganizationID: portico.OrganizationID(a.tag(tagOrganization)),
	}
}

// tags are those of a spec, after the ones held that are not ours to change.
func tags(held []string, spec portico.ClientSpec) []string {
	out := slices.DeleteFunc(slices.Clone(held), func(tag string) bool {
		return tag == tagOurs || strings.HasPrefix(tag, tagApplication) || strings.HasPrefix(tag, tagOrganization)
	})
	out = append(out, tagOurs, tagApplication+string(spec.ApplicationID))
	if spec.Owner.OrganizationID != "" {
		out = append(out, tagOrganization+string(spec.Owner.OrganizationID))
	}
	return out
}

// settings are the members of an application that follow from a spec.
func settings(spec portico.ClientSpec, tags []string) map[string]any {
	uris := spec.RedirectURIs
	if uris == nil {
		uris = []string{}
	}
	set := map[string]any{
		"displayName": idp.Cut(spec.Name, maxName), "notes": nil, "tags": tags,
		"web": map[string]any{"redirectUris": uris},
	}
	if notes := idp.Cut(spec.Description, maxNotes); notes != "" {
		set["notes"] = notes
	}
	return set
}

// newApplication is an application to be made. Tokens that clients ask for under
// its own id shall be of the version that the issuer stands for.
func newApplication(spec portico.ClientSpec, createKey string, version int) map[string]any {
	a := settings(spec, append(tags(nil, spec), tagCreateKey+createKey))
	a["signInAudience"] = "AzureADMyOrg"
	a["api"] = map[string]any{"requestedAccessTokenVersion": version}
	return a
}

const (
	applicationsPath = "/v1.0/applications"
	principalsPath   = "/v1.0/servicePrincipals"
)

// byKey addresses an object by one of its alternate keys (OData 4.01 §4.3.1).
func byKey(path, key, value string) string {
	return path + "(" + key + "='" + url.PathEscape(strings.ReplaceAll(value, "'", "''")) + "')"
}

// applicationPath addresses the application of a client.
func applicationPath(ref portico.ClientRef) string {
	if ref.ExternalID != "" {
		return applicationsPath + "/" + url.PathEscape(ref.ExternalID)
	}
	return byKey(applicationsPath, "appId", ref.ClientID)
}
