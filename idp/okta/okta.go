package okta

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/oauth"
	"portico/secret"
)

// Config of an adapter.
type Config struct {
	Provider portico.Provider // its configuration says which API registers clients, and as whom
	// Credential is an API token (SSWS) of the organisation, or with a
	// ServiceClientID in the configuration the private key of that service app,
	// as a JSON Web Key.
	Credential secret.Text
	HTTP       *http.Client // nil: oauth.NewHTTPClient without access to private addresses
	Now        func() time.Time
	Wait       func(context.Context, time.Duration) error // nil: a timer
	Logger     *slog.Logger
}

// Client registers clients through the Apps API. It implements portico.IdP,
// portico.SecretManager, portico.ClientLister, portico.ScopeChecker and
// portico.SetUp.
type Client struct{ *organization }

// organization is the Okta organisation of an issuer: what both ways to
// register clients have in common.
type organization struct {
	api    *idp.API // with the right to register clients
	reader *idp.API // with the right to read authorization servers
	keeper *idp.API // with the right to change them
	list   string   // path of the API that registers clients
	issuer *url.URL // normalised
	http   *http.Client
	logger *slog.Logger
}

// The paths of the APIs that register clients.
const (
	appsPath    = "/api/v1/apps"
	clientsPath = "/oauth2/v1/clients"
)

// unusable is the error for an issuer that no authorization server can have.
func unusable(issuer string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The issuer %s cannot be used: %v. Correct it.", issuer, why)}
}

// New makes the adapter for the organisation that the provider's issuer belongs
// to: a *Client, or a *Registrations where the provider's configuration says
// so. Only an issuer that no authorization server can have and a key that
// cannot sign are errors here (IdPRejected); Verify judges the rest.
func New(cfg Config) (portico.IdP, error) {
	normal, err := oauth.NormalizeIssuer(cfg.Provider.Issuer)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	issuer, err := url.Parse(normal)
	if err != nil {
		return nil, unusable(cfg.Provider.Issuer, err)
	}
	if cfg.HTTP == nil {
		cfg.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: idp.Timeout})
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	o := &organization{list: appsPath, issuer: issuer, http: cfg.HTTP, logger: cfg.Logger}
	if cfg.Provider.Config.RegistrationMode == portico.RegistrationDCR {
		o.list = clientsPath
	}
	base := idp.Config{
		Vendor:  "Okta",
		Base:    &url.URL{Scheme: issuer.Scheme, Host: issuer.Host},
		HTTP:    cfg.HTTP,
		Secrets: []secret.Text{cfg.Credential},
		Explain: explain,
		Window:  time.Minute,
		Now:     cfg.Now,
		Wait:    cfg.Wait,
		Logger:  cfg.Logger,
	}
	if clientID := cfg.Provider.Config.ServiceClientID; clientID != "" {
		if err := o.authorizeAsService(base, clientID, cfg.Credential); err != nil {
			return nil, err
		}
	} else {
		base.Authorize = func(r *http.Request) { r.Header.Set("Authorization", "SSWS "+cfg.Credential.Reveal()) }
		o.api = idp.New(base)
		o.reader, o.keeper = o.api, o.api
	}
	if o.list == clientsPath {
		return &Registrations{o}, nil
	}
	return &Client{o}, nil
}

// server is the id of the issuer's authorization server, as its path ends;
// empty for the organisation's own.
func (o *organization) server() string {
	path := o.issuer.Path
	return path[strings.LastIndexByte(path, '/')+1:]
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities { return portico.Capabilities{MaxSecrets: 2} }

// The classes of calls that Okta counts separately.
const (
	classApps    = "apps" // creating and listing
	classApp     = "app"  // one app by its id
	classClients = "clients"
	classServers = "authorizationServers"
	classToken   = "token"
)

// codeFeature is Okta's error code for a feature without a licence.
const codeFeature = "E0000015"

// explain reads both shapes of Okta's errors: its own, and RFC 7591's.
func explain(body []byte) (code, text string) {
	var e struct {
		Code    string `json:"errorCode"`
		Summary string `json:"errorSummary"`
		Causes  []struct {
			Summary string `json:"errorSummary"`
		} `json:"errorCauses"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if json.Unmarshal(body, &e) != nil {
		return "", ""
	}
	if e.Code == "" && e.Summary == "" {
		return e.Error, e.Description
	}
	parts := []string{e.Summary}
	for _, cause := range e.Causes {
		parts = append(parts, cause.Summary)
	}
	text = strings.Join(parts, "; ")
	if e.Code != "" {
		text = fmt.Sprintf("%s (%s)", text, e.Code)
	}
	return e.Code, text
}
