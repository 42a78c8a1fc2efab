package azuread

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"portico"
	"portico/idp"
)

// Config of a Client. The credential is the secret of the application that
// Provider.Config.InitialClientID names.
type Config struct {
	idp.Settings
	// Login and Graph stand for the hosts of Microsoft's clouds, which follow
	// from the issuer. Both or neither; for tests.
	Login, Graph *url.URL
}

// Client implements portico.IdP, portico.SecretManager, portico.ClientLister and
// portico.ScopeChecker.
type Client struct {
	api    *idp.API
	tokens *idp.TokenSource
	issuer *url.URL // normalised: without the slash that v1 tokens have at its end
	http   *http.Client
	logger *slog.Logger
	recent *recent
}

var tenantID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

// New makes a Client for the tenant that the provider's issuer names. An issuer
// of no tenant in one of Microsoft's clouds is an error (IdPRejected).
func New(cfg Config) (*Client, error) {
	issuer, err := cfg.Issuer()
	if err != nil {
		return nil, err
	}
	if cfg.Login == nil {
		if cfg.Login, cfg.Graph = cloud(issuer.Host); cfg.Login == nil {
			return nil, idp.Unusable("issuer", cfg.Provider.Issuer, errors.New("it is on no host of Microsoft Entra ID, such as login.microsoftonline.com or sts.windows.net"))
		}
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(issuer.Path, "/"), "/")
	if !tenantID.MatchString(tenant) {
		return nil, idp.Unusable("issuer", cfg.Provider.Issuer, errors.New("it names no tenant; enter the Directory (tenant) ID in it, as tokens have it"))
	}
	s := cfg.Complete()
	tokens := idp.NewTokenSource(idp.New(s.Config("Microsoft Entra ID", cfg.Login, idp.ExplainOAuth)), idp.Call{
		Method: http.MethodPost, Path: "/" + tenant + "/oauth2/v2.0/token", Class: "token",
		Form: url.Values{
			"grant_type": {portico.MethodClientCredentials}, "client_id": {s.Provider.Config.InitialClientID},
			"client_secret": {s.Credential.Reveal()}, "scope": {cfg.Graph.Scheme + "://" + cfg.Graph.Host + "/.default"},
		},
	})
	graph := s.Config("Microsoft Entra ID", cfg.Graph, explain)
	graph.Tokens = tokens
	return &Client{api: idp.New(graph), tokens: tokens, issuer: issuer, http: s.HTTP, logger: s.Logger, recent: &recent{now: s.Now}}, nil
}

// cloud are the hosts for tokens and for Graph of the cloud that an issuer's
// host belongs to; nil if it belongs to none.
func cloud(host string) (login, graph *url.URL) {
	at := func(login, graph string) (*url.URL, *url.URL) {
		return &url.URL{Scheme: "https", Host: login}, &url.URL{Scheme: "https", Host: graph}
	}
	switch host {
	case "login.microsoftonline.com", "sts.windows.net":
		return at("login.microsoftonline.com", "graph.microsoft.com")
	case "login.microsoftonline.us":
		return at("login.microsoftonline.us", "graph.microsoft.us")
	case "login.partner.microsoftonline.cn", "login.chinacloudapi.cn", "sts.chinacloudapi.cn":
		return at("login.partner.microsoftonline.cn", "microsoftgraph.chinacloudapi.cn")
	}
	return nil, nil
}

// version is that of the tokens which the issuer stands for: v2 issuers end so.
func (c *Client) version() int {
	if strings.HasSuffix(c.issuer.Path, "/v2.0") {
		return 2
	}
	return 1
}

// maxSecrets is ours: Entra ID allows more than anybody can keep apart.
const maxSecrets = 5

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: maxSecrets, Unread: []string{"grant_types", "scopes", "enabled"}}
}

// classDirectory: Graph counts the writes of an application in a tenant together.
const classDirectory = "directory"

// explain reads the errors of Microsoft Graph.
func explain(body []byte) (code, text string) {
	var e struct {
		Error struct {
			Code    string `json:"code"`
			Message string `json:"message"`
			Inner   struct {
				RequestID string `json:"request-id"`
			} `json:"innerError"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	code, text = e.Error.Code, e.Error.Message
	if e.Error.Inner.RequestID != "" {
		text += " (request " + e.Error.Inner.RequestID + ")"
	}
	return code, text
}
