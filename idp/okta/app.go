package okta

import (
	"maps"
	"regexp"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/secret"
)

// app is what we read of Okta's application object. Secrets are left out: Okta
// may show them, and we do not want to know.
type app struct {
	ID          string `json:"id"`
	Label       string `json:"label"`
	Status      string `json:"status"`
	Created     string `json:"created"`
	SignOnMode  string `json:"signOnMode"`
	Credentials struct {
		OAuth struct {
			ClientID string `json:"client_id"`
		} `json:"oauthClient"`
	} `json:"credentials"`
	Settings struct {
		OAuth struct {
			GrantTypes   []string `json:"grant_types"`
			RedirectURIs []string `json:"redirect_uris"`
		} `json:"oauthClient"`
	} `json:"settings"`
	Profile map[string]any `json:"profile"`
}

// The profile's members that mark a client as ours: whose it is, and which of
// the installations that share the organisation registered it.
const (
	profileApplicationID  = "portal_application_id"
	profileOrganizationID = "portal_organization_id"
)

func (a app) ref() portico.ClientRef {
	return portico.ClientRef{ClientID: a.Credentials.OAuth.ClientID, ExternalID: a.ID}
}

func (a app) state() portico.ClientState {
	owner, _ := a.Profile[profileApplicationID].(string)
	organization, _ := a.Profile[profileOrganizationID].(string)
	id := portico.ApplicationID(owner)
	name := a.Label
	if id != "" {
		name = idp.Unlabel(name, id)
	}
	return portico.ClientState{
		Ref:            a.ref(),
		Name:           name,
		RedirectURIs:   a.Settings.OAuth.RedirectURIs,
		GrantTypes:     a.Settings.OAuth.GrantTypes,
		Enabled:        a.Status == "ACTIVE",
		ApplicationID:  id,
		OrganizationID: portico.OrganizationID(organization),
		CreatedAt:      parseTime(a.Created),
	}
}

// oauthSettings are the settings that follow from a spec. Okta wants a client
// that signs users in to be a web application with redirect URIs, and one that
// does not to be a service.
func oauthSettings(spec portico.ClientSpec) map[string]any {
	kind, responses := "service", []string{"token"}
	if len(spec.RedirectURIs) > 0 {
		kind, responses = "web", []string{"code", "token"}
	}
	return map[string]any{
		"application_type": kind, "grant_types": idp.Grants(spec), "response_types": responses, "redirect_uris": append([]string{}, spec.RedirectURIs...),
	}
}

func newApp(spec portico.ClientSpec, clientID string, value secret.Text) map[string]any {
	return map[string]any{
		"name":       "oidc_client",
		"label":      idp.Label(spec),
		"signOnMode": "OPENID_CONNECT",
		"credentials": map[string]any{"oauthClient": map[string]any{
			"client_id":                  clientID,
			"client_secret":              value.Reveal(),
			"token_endpoint_auth_method": "client_secret_basic",
			"autoKeyRotation":            true,
		}},
		"settings": map[string]any{"oauthClient": oauthSettings(spec)},
		"profile":  marks(spec),
	}
}

// marks are the profile's members that are ours.
func marks(spec portico.ClientSpec) map[string]any {
	return map[string]any{profileApplicationID: string(spec.ApplicationID), profileOrganizationID: string(spec.Owner.OrganizationID)}
}

// revise changes an application object as read into the one to be written.
// Settings that an admin made in Okta and that we know nothing of stay.
func revise(object idp.Object, spec portico.ClientSpec) {
	for _, readOnly := range []string{"id", "orn", "status", "created", "lastUpdated", "features", "_links", "_embedded"} {
		delete(object, readOnly)
	}
	object["label"] = idp.Label(spec)
	delete(object.Member("credentials").Member("oauthClient"), "client_secret")
	maps.Copy(object.Member("settings").Member("oauthClient"), oauthSettings(spec))
	maps.Copy(object.Member("profile"), marks(spec))
}

var createKeyForm = regexp.MustCompile(`^[0-9A-Za-z]{4,98}$`)

// clientID is the client_id of a create key (Okta: 6 to 100 characters).
func clientID(createKey string) (string, error) {
	key := strings.ReplaceAll(createKey, "-", "")
	if !createKeyForm.MatchString(key) {
		return "", &portico.IdPError{Kind: portico.IdPRejected, Detail: "the create key does not make a client id; nothing was sent"}
	}
	return "dp" + key, nil
}

// newSecret is a client secret of 240 random bits in 48 characters (Okta: 14
// to 100), none of them special in a URL, a header or a shell.
func newSecret() secret.Text { return secret.New(secret.Token("").Reveal()[:48]) }

func parseTime(text string) *time.Time {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return &t
	}
	return nil
}
