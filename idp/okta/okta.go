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

// Config of a Client.
type Config struct {
	Provider portico.Provider
	Token    secret.Text  // an API token (SSWS) of the organisation
	HTTP     *http.Client // nil: oauth.NewHTTPClient without access to private addresses
	Now      func() time.Time
	Wait     func(context.Context, time.Duration) error // nil: a timer
	Logger   *slog.Logger
}

// Client implements portico.IdP, portico.SecretManager and
// portico.ClientLister.
type Client struct {
	api    *idp.API
	issuer *url.URL // normalised
	http   *http.Client
	logger *slog.Logger
}

// unusable is the error for an issuer that no authorization server can have.
func unusable(issuer string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The issuer %s cannot be used: %v. Correct it.", issuer, why)}
}

// New makes a Client for the organisation that the provider's issuer belongs
// to. Only an issuer that no authorization server can have is an error here
// (IdPRejected); Verify judges the rest.
func New(cfg Config) (*Client, error) {
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
	api := idp.New(idp.Config{
		Vendor:    "Okta",
		Base:      &url.URL{Scheme: issuer.Scheme, Host: issuer.Host},
		HTTP:      cfg.HTTP,
		Authorize: func(r *http.Request) { r.Header.Set("Authorization", "SSWS "+cfg.Token.Reveal()) },
		Secrets:   []secret.Text{cfg.Token},
		Explain:   explain,
		Rate:      idp.RateHeaders{Limit: "X-Rate-Limit-Limit", Remaining: "X-Rate-Limit-Remaining", Reset: "X-Rate-Limit-Reset", Window: time.Minute},
		Now:       cfg.Now,
		Wait:      cfg.Wait,
		Logger:    cfg.Logger,
	})
	return &Client{api: api, issuer: issuer, http: cfg.HTTP, logger: cfg.Logger}, nil
}

// server is the id of the issuer's authorization server, as its path ends;
// empty for the organisation's own.
func (c *Client) server() string {
	path := c.issuer.Path
	return path[strings.LastIndexByte(path, '/')+1:]
}

// Capabilities implements portico.IdP.
func (c *Client) Capabilities() portico.Capabilities { return portico.Capabilities{MaxSecrets: 2} }

// The classes of calls that Okta counts separately.
const (
	classApps    = "apps" // creating and listing
	classApp     = "app"  // one app by its id
	classServers = "authorizationServers"
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
