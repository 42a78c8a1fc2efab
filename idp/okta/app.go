package okta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"portico"
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

const (
	maxName    = 90 // characters; Okta allows 100 for a label
	shortIDLen = 6
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
		name = strings.TrimSuffix(name, " ("+shortID(id)+")")
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

// label is the client's name in Okta's list. The end of the application's id
// tells applications of the same name apart.
func label(spec portico.ClientSpec) string {
	name := []rune(spec.Name)
	return fmt.Sprintf("%s (%s)", strings.TrimSpace(string(name[:min(len(name), maxName)])), shortID(spec.ApplicationID))
}

// shortID is the end of the id: the beginning of a UUIDv7 is its time.
func shortID(id portico.ApplicationID) string {
	return string(id[max(0, len(id)-shortIDLen):])
}

// oauthSettings are the settings that follow from a spec. Okta wants a client
// that signs users in to be a web application with redirect URIs, and one that
// does not to be a service.
func oauthSettings(spec portico.ClientSpec) map[string]any {
	if len(spec.RedirectURIs) == 0 {
		return map[string]any{
			"application_type": "service",
			"grant_types":      []string{portico.MethodClientCredentials},
			"response_types":   []string{"token"},
			"redirect_uris":    []string{},
		}
	}
	grants := []string{"authorization_code", portico.MethodClientCredentials}
	if slices.Contains(spec.GrantTypes, "refresh_token") {
		grants = append(grants, "refresh_token")
	}
	return map[string]any{
		"application_type": "web",
		"grant_types":      grants,
		"response_types":   []string{"code", "token"},
		"redirect_uris":    spec.RedirectURIs,
	}
}

func newApp(spec portico.ClientSpec, clientID string, value secret.Text) map[string]any {
	return map[string]any{
		"name":       "oidc_client",
		"label":      label(spec),
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

// anyObject is an object of which nothing must be lost, numbers of many digits
// included.
type anyObject map[string]any

// UnmarshalJSON implements json.Unmarshaler.
func (o *anyObject) UnmarshalJSON(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	return decoder.Decode((*map[string]any)(o))
}

// revise changes an application object as read into the one to be written.
// Settings that an admin made in Okta and that we know nothing of stay.
func revise(object anyObject, spec portico.ClientSpec) {
	for _, readOnly := range []string{"id", "orn", "status", "created", "lastUpdated", "features", "_links", "_embedded"} {
		delete(object, readOnly)
	}
	object["label"] = label(spec)
	delete(member(member(object, "credentials"), "oauthClient"), "client_secret")
	settings := member(member(object, "settings"), "oauthClient")
	for name, value := range oauthSettings(spec) {
		settings[name] = value
	}
	maps.Copy(member(object, "profile"), marks(spec))
}

// member is the object inside an object, made if it is not there.
func member(object map[string]any, name string) map[string]any {
	m, ok := object[name].(map[string]any)
	if !ok {
		m = map[string]any{}
		object[name] = m
	}
	return m
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
