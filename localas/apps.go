package localas

import (
	"encoding/json"
	"net/http"
	"regexp"

	"portico/localas/dialect"
	"portico/secret"
)

// appBody is an application as the apps API takes it.
type appBody struct {
	Name        string `json:"name"`
	Label       string `json:"label"`
	SignOnMode  string `json:"signOnMode"`
	Credentials struct {
		OAuthClient struct {
			ClientID     string      `json:"client_id"`
			ClientSecret secret.Text `json:"client_secret"`
			AuthMethod   string      `json:"token_endpoint_auth_method"`
		} `json:"oauthClient"`
	} `json:"credentials"`
	Settings struct {
		OAuthClient *clientSettings `json:"oauthClient"`
	} `json:"settings"`
	Profile json.RawMessage `json:"profile"`
}

// client is the client that the body describes; only OpenID Connect
// applications exist here.
func (b appBody) client() (client, error) {
	var causes []string
	if b.SignOnMode != "OPENID_CONNECT" {
		causes = append(causes, "signOnMode: must be OPENID_CONNECT.")
	}
	if b.Name != "" && b.Name != "oidc_client" {
		causes = append(causes, "name: must be oidc_client.")
	}
	if b.Settings.OAuthClient == nil || b.Settings.OAuthClient.GrantTypes == nil {
		causes = append(causes, "settings.oauthClient.grant_types: The field cannot be left blank")
	}
	if len(causes) > 0 {
		return client{}, dialect.Invalid("application", causes...)
	}
	c := client{
		Label: b.Label, ClientID: b.Credentials.OAuthClient.ClientID, AuthMethod: b.Credentials.OAuthClient.AuthMethod,
		Settings: *b.Settings.OAuthClient, Profile: b.Profile,
	}
	if c.Settings.ConsentMethod == "" {
		c.Settings.ConsentMethod = "TRUSTED"
	}
	return c, nil
}

type appView struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Label       string `json:"label"`
	Status      string `json:"status"`
	Created     string `json:"created"`
	LastUpdated string `json:"lastUpdated"`
	SignOnMode  string `json:"signOnMode"`
	Credentials struct {
		OAuthClient appCredentials `json:"oauthClient"`
	} `json:"credentials"`
	Settings struct {
		OAuthClient clientSettings `json:"oauthClient"`
	} `json:"settings"`
	Profile json.RawMessage `json:"profile"`
	Links   dialect.Links   `json:"_links"`
}

type appCredentials struct {
	AutoKeyRotation bool   `json:"autoKeyRotation"`
	ClientID        string `json:"client_id"`
	ClientSecret    string `json:"client_secret,omitempty"` // only when it has just been made
	AuthMethod      string `json:"token_endpoint_auth_method"`
	PKCERequired    bool   `json:"pkce_required"`
}

func (s *Server) appView(c client, value secret.Text) appView {
	self := s.base + "/api/v1/apps/" + c.ID
	view := appView{
		ID: c.ID, Name: "oidc_client", Label: c.Label, Status: c.Status, Created: dialect.Timestamp(c.Created),
		LastUpdated: dialect.Timestamp(c.LastUpdated), SignOnMode: "OPENID_CONNECT", Profile: c.Profile,
		Links: dialect.Links{
			"self": dialect.Link(self, "GET", "PUT"), lifecycle(c.Status): dialect.Link(self+"/lifecycle/"+lifecycle(c.Status), "POST"),
			"clientCredentials": dialect.Link(self+"/credentials/secrets", "GET", "POST"),
		},
	}
	kind := c.Settings.ApplicationType
	view.Credentials.OAuthClient = appCredentials{true, c.ClientID, value.Reveal(), c.AuthMethod, kind == "browser" || kind == "native"}
	view.Settings.OAuthClient = c.Settings
	return view
}

var appFilterPattern = regexp.MustCompile(`^\s*(id|status|name)\s+eq\s+"([^"\\]*)"\s*$`)

// parseAppFilter reads a filter such as: status eq "ACTIVE".
func parseAppFilter(text string) (f clientFilter, none bool, err error) {
	if text == "" {
		return f, false, nil
	}
	parts := appFilterPattern.FindStringSubmatch(text)
	if parts == nil {
		return f, false, dialect.Refusal(http.StatusBadRequest, "E0000031", "Invalid search criteria.", `filter: only id, status or name with eq and a quoted value.`)
	}
	switch name, want := parts[1], parts[2]; name {
	case "id":
		f.ID, none = want, want == ""
	case "status":
		f.Status, none = want, want != active && want != inactive
	case "name":
		none = want != "oidc_client"
	}
	return f, none, nil
}

func (s *Server) listApps(w http.ResponseWriter, r *http.Request) error {
	p, err := dialect.ReadPage(r, 20)
	if err != nil {
		return err
	}
	f, none, err := parseAppFilter(r.URL.Query().Get("filter"))
	if err != nil {
		return err
	}
	f.LabelPrefix = r.URL.Query().Get("q")
	views := []appView{}
	if !none {
		found, err := s.clients(r.Context(), f, p)
		if err != nil {
			return err
		}
		for _, c := range dialect.CutPage(s.base, w, r, p, found) {
			views = append(views, s.appView(c, secret.Text{}))
		}
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) postApp(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[appBody](w, r)
	if err != nil {
		return err
	}
	c, err := in.client()
	if err != nil {
		return err
	}
	if r.URL.Query().Get("activate") == "false" {
		c.Status = inactive
	}
	c, value, err := s.createClient(r.Context(), c, in.Credentials.OAuthClient.ClientSecret)
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.appView(c, value))
	return nil
}

func (s *Server) getApp(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.appView(c, secret.Text{}))
	return nil
}

func (s *Server) putApp(w http.ResponseWriter, r *http.Request) error {
	old, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[appBody](w, r)
	if err != nil {
		return err
	}
	c, err := in.client()
	if err != nil {
		return err
	}
	if c.ClientID != "" && c.ClientID != old.ClientID {
		return dialect.Invalid("client_id", "client_id: The client_id cannot be changed.")
	}
	if !in.Credentials.OAuthClient.ClientSecret.Empty() {
		return dialect.Invalid("client_secret", "client_secret: Add and remove secrets at /credentials/secrets.")
	}
	if c, err = s.replaceClient(r.Context(), old, c); err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, s.appView(c, secret.Text{}))
	return nil
}

func (s *Server) deleteApp(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByID(r.Context(), s.db.Reader(), r.PathValue("app"))
	if err != nil {
		return err
	}
	if c.Status == active {
		return dialect.Refusal(http.StatusForbidden, "E0000056", "Delete application forbidden.", "The application must be deactivated before it is deleted.")
	}
	if err := s.deleteClient(r.Context(), c.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// setAppStatus is the handler of both lifecycle operations.
func (s *Server) setAppStatus(status string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if err := s.setClientStatus(r.Context(), r.PathValue("app"), status); err != nil {
			return err
		}
		dialect.WriteJSON(w, http.StatusOK, struct{}{})
		return nil
	}
}
