package azuread

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of a Client.
type Config struct {
	Provider portico.Provider
	Secret   secret.Text  // of the application that Provider.Config.InitialClientID names
	HTTP     *http.Client // nil: oauth.NewHTTPClient without access to private addresses
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error // nil: a timer
	Logger   *slog.Logger
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
	normal, err := oauth.NormalizeIssuer(cfg.Provider.Issuer)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	issuer, err := url.Parse(normal)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	if cfg.Login == nil {
		if cfg.Login, cfg.Graph = cloud(issuer.Host); cfg.Login == nil {
			return nil, unusable(cfg.Provider.Issuer, errors.New("it is on no host of Microsoft Entra ID, such as login.microsoftonline.com or sts.windows.net"))
		}
	}
	tenant, _, _ := strings.Cut(strings.TrimPrefix(issuer.Path, "/"), "/")
	if !tenantID.MatchString(tenant) {
		return nil, unusable(cfg.Provider.Issuer, errors.New("it names no tenant; enter the Directory (tenant) ID in it, as tokens have it"))
	}
	if cfg.HTTP == nil {
		cfg.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: idp.Timeout})
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	base := idp.Config{
		Vendor: "Microsoft Entra ID", Base: cfg.Login, HTTP: cfg.HTTP, Secrets: []secret.Text{cfg.Secret}, Explain: idp.ExplainOAuth,
		Now: cfg.Now, Wait: cfg.Wait, Logger: cfg.Logger,
	}
	tokens := idp.NewTokenSource(idp.New(base), idp.Call{
		Method: http.MethodPost, Path: "/" + tenant + "/oauth2/v2.0/token", Class: "token",
		Form: url.Values{
			"grant_type": {"client_credentials"}, "client_id": {cfg.Provider.Config.InitialClientID},
			"client_secret": {cfg.Secret.Reveal()}, "scope": {cfg.Graph.Scheme + "://" + cfg.Graph.Host + "/.default"},
		},
	})
	base.Base, base.Explain, base.Tokens = cfg.Graph, explain, tokens
	api := idp.New(base)
	return &Client{api: api, tokens: tokens, issuer: issuer, http: cfg.HTTP, logger: cfg.Logger, recent: &recent{now: api.Now}}, nil
}

// unusable is the error for an issuer that no tenant can have.
func unusable(issuer string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The issuer %s cannot be used: %v. Correct it.", issuer, why)}
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
