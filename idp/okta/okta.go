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
)

// Client registers clients through the Apps API. It implements portico.IdP,
// portico.SecretManager, portico.ClientLister, portico.ScopeChecker and
// portico.SetUp.
type Client struct{ *organization }

// organization is the Okta organisation of an issuer: what both ways to
// register clients have in common.
type organization struct {
	registrar
	api    *idp.API // with the right to register clients
	reader *idp.API // with the right to read authorization servers
	keeper *idp.API // with the right to change them
	issuer *url.URL // normalised
	http   *http.Client
	logger *slog.Logger
}

// registrar is an API of Okta's that registers clients.
type registrar struct {
	list   string // its path
	class  string // of calls that create and list
	scopes string // that a service app needs for it
}

// The paths of the APIs that register clients.
const (
	appsPath    = "/api/v1/apps"
	clientsPath = "/oauth2/v1/clients"
)

func registrarOf(mode portico.RegistrationMode) registrar {
	if mode == portico.RegistrationDCR {
		return registrar{clientsPath, classClients, "okta.clients.read okta.clients.register okta.clients.manage"}
	}
	return registrar{appsPath, classApps, "okta.apps.read okta.apps.manage"}
}

// New makes the adapter for the organisation that the provider's issuer belongs
// to: a *Client, or a *Registrations where the provider's configuration says
// so. The credential is an API token (SSWS) of the organisation or, with a
// ServiceClientID in the configuration, the private key of that service app, as
// a JSON Web Key. Only an issuer that no authorization server can have and a key
// that cannot sign are errors here (IdPRejected); Verify judges the rest.
func New(s idp.Settings) (portico.IdP, error) {
	issuer, err := s.Issuer()
	if err != nil {
		return nil, err
	}
	s = s.Complete()
	mode := s.Provider.Config.Registration()
	o := &organization{registrar: registrarOf(mode), issuer: issuer, http: s.HTTP, logger: s.Logger}
	cfg := s.Config("Okta", issuer, explain)
	cfg.Window = time.Minute
	if clientID := s.Provider.Config.ServiceClientID; clientID != "" {
		if err := o.authorizeAsService(cfg, clientID, s.Credential); err != nil {
			return nil, err
		}
	} else {
		cfg.Authorize = func(r *http.Request) { r.Header.Set("Authorization", "SSWS "+s.Credential.Reveal()) }
		o.api = idp.New(cfg)
		o.reader, o.keeper = o.api, o.api
	}
	if mode == portico.RegistrationDCR {
		return &Registrations{o}, nil
	}
	return &Client{o}, nil
}

// page reads a page of the clients; an empty cursor means the first, an empty
// next that it was the last.
func (o *organization) page(ctx context.Context, cursor string, out any) (next string, err error) {
	if cursor == "" {
		cursor = fmt.Sprintf("%s?limit=%d", o.list, pageSize)
	}
	return o.api.Page(ctx, o.list, cursor, idp.Call{Class: o.class, Out: out}, nextLink)
}

// server is the id of the issuer's authorization server, as its path ends;
// empty for the organisation's own.
func (o *organization) server() string {
	path := o.issuer.Path
	return path[strings.LastIndexByte(path, '/')+1:]
}

// ownServer says whether the issuer is the organisation's own authorization
// server.
func (o *organization) ownServer() bool {
	path := strings.TrimPrefix(o.issuer.Path, "/")
	return path == "" || path == "oauth2" || path == "oauth2/v1"
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
