package okta

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico"
	"portico/idp"
	"portico/secret"
)

// Registrations registers clients through Okta's Dynamic Client Registration,
// which needs fewer rights than the Apps API and does less: Okta chooses
// client_id and secret, a client has one secret, and there is no profile to
// write in. It implements portico.IdP, portico.SecretReplacer,
// portico.ClientLister, portico.ScopeChecker and portico.SetUp.
type Registrations struct{ *organization }

// registration is what we read of a client.
type registration struct {
	ClientID     string      `json:"client_id"`
	Secret       secret.Text `json:"client_secret"` // only just after it was made
	IssuedAt     int64       `json:"client_id_issued_at"`
	Name         string      `json:"client_name"`
	URI          string      `json:"client_uri"`
	GrantTypes   []string    `json:"grant_types"`
	RedirectURIs []string    `json:"redirect_uris"`
}

// Capabilities implements portico.IdP.
func (r *Registrations) Capabilities() portico.Capabilities {
	return portico.Capabilities{MaxSecrets: 1, Unread: []string{"scopes", "enabled"}}
}

const (
	markLen  = 12 // characters of a create key: 48 random bits of a UUID
	maxName  = 78 // characters, besides the mark; Okta allows 100 in all
	markHost = "portico.invalid"
)

// mark begins the client_name, because that is all that Okta searches.
func mark(createKey string) (string, error) {
	id, err := clientID(createKey)
	if err != nil {
		return "", err
	}
	return "[" + id[max(2, len(id)-markLen):] + "] ", nil
}

// unmarked splits a client_name into its mark, if it has one, and the name.
func unmarked(name string) (mark, rest string) {
	inner, after, found := strings.Cut(name, "] ")
	if !found || !strings.HasPrefix(inner, "[") || len(inner) > markLen+1 || !createKeyForm.MatchString(inner[1:]) {
		return "", name
	}
	return name[:len(name)-len(after)], after
}

// uri says whose the client is, at a host that does not exist: nothing else of
// a client has room for it.
func uri(spec portico.ClientSpec) string {
	u := url.URL{Scheme: "https", Host: markHost, Path: "/applications/" + string(spec.ApplicationID)}
	if id := spec.Owner.OrganizationID; id != "" {
		u.RawQuery = url.Values{"organization": {string(id)}}.Encode()
	}
	return u.String()
}

func (r registration) ref() portico.ClientRef { return portico.ClientRef{ClientID: r.ClientID} }

func (r registration) state() portico.ClientState {
	_, name := unmarked(r.Name)
	s := portico.ClientState{Ref: r.ref(), Name: name, RedirectURIs: r.RedirectURIs, GrantTypes: r.GrantTypes, Enabled: true}
	if u, err := url.Parse(r.URI); err == nil && u.Host == markHost {
		if id, ours := strings.CutPrefix(u.Path, "/applications/"); ours {
			s.ApplicationID, s.OrganizationID = portico.ApplicationID(id), portico.OrganizationID(u.Query().Get("organization"))
		}
	}
	if r.IssuedAt > 0 {
		s.CreatedAt = new(time.Unix(r.IssuedAt, 0).UTC())
	}
	return s
}

// metadata are the members that follow from a spec.
func metadata(spec portico.ClientSpec, mark string) map[string]any {
	out := oauthSettings(spec)
	out["client_name"] = mark + idp.Cut(spec.Name, maxName)
	out["client_uri"] = uri(spec)
	return out
}

func clientPath(id string, more string) string { return clientsPath + "/" + url.PathEscape(id) + more }

// Create implements portico.IdP. Okta does not know the create key: nothing but
// the caller's care keeps two clients from being made under one.
func (r *Registrations) Create(ctx context.Context, spec portico.ClientSpec, createKey string) (portico.Client, error) {
	prefix, err := mark(createKey)
	if err != nil {
		return portico.Client{}, err
	}
	body := metadata(spec, prefix)
	body["token_endpoint_auth_method"] = "client_secret_basic"
	var made registration
	_, err = r.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: clientsPath, Class: classClients, Body: body, Out: &made, Creates: true})
	if err != nil {
		return portico.Client{}, err
	}
	if made.ClientID == "" || made.Secret.Empty() {
		return portico.Client{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Okta answered the registration without a client_id and client_secret"}
	}
	return portico.Client{Ref: made.ref(), Secret: made.issued(made.state().CreatedAt)}, nil
}

func (r registration) issued(at *time.Time) portico.ClientSecret {
	return portico.ClientSecret{SecretInfo: portico.SecretInfo{Active: true, CreatedAt: at}, Value: r.Secret}
}

// Find implements portico.IdP.
func (r *Registrations) Find(ctx context.Context, createKey string) (portico.ClientRef, error) {
	prefix, err := mark(createKey)
	if err != nil {
		return portico.ClientRef{}, err
	}
	query := url.Values{"q": {strings.TrimSpace(prefix)}, "limit": {strconv.Itoa(pageSize)}}
	for cursor := clientsPath + "?" + query.Encode(); cursor != ""; {
		var page []registration
		if cursor, err = r.page(ctx, cursor, &page); err != nil {
			return portico.ClientRef{}, err
		}
		if at := slices.IndexFunc(page, func(c registration) bool { return strings.HasPrefix(c.Name, prefix) }); at >= 0 {
			return page[at].ref(), nil
		}
	}
	return portico.ClientRef{}, &portico.IdPError{Kind: portico.IdPNotFound, Detail: "Okta has no client whose name begins with " + strings.TrimSpace(prefix)}
}

// Clients implements portico.ClientLister. The batch holds every OAuth client
// of the organisation; ours have an ApplicationID.
func (r *Registrations) Clients(ctx context.Context, cursor string) (batch []portico.ClientState, next string, err error) {
	var page []registration
	if next, err = r.page(ctx, cursor, &page); err != nil {
		return nil, "", err
	}
	for _, c := range page {
		batch = append(batch, c.state())
	}
	return batch, next, nil
}

// Read implements portico.IdP.
func (r *Registrations) Read(ctx context.Context, ref portico.ClientRef) (portico.ClientState, error) {
	var c registration
	if err := r.read(ctx, ref, &c); err != nil {
		return portico.ClientState{}, err
	}
	if c.ClientID != ref.ClientID {
		return portico.ClientState{}, errNoClient()
	}
	return c.state(), nil
}

func (r *Registrations) read(ctx context.Context, ref portico.ClientRef, out any) error {
	if ref.ClientID == "" {
		return &portico.IdPError{Kind: portico.IdPNotFound, Detail: "a client without an id is in no Okta organisation"}
	}
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodGet, Path: clientPath(ref.ClientID, ""), Class: classClients, Out: out})
	return err
}

func errNoClient() error {
	return &portico.IdPError{Kind: portico.IdPUnavailable, Detail: "Okta answered with something that is not the client"}
}

// Update implements portico.IdP. Okta replaces the whole client, so it is read
// first and everything that is not ours is written back as it was.
func (r *Registrations) Update(ctx context.Context, ref portico.ClientRef, spec portico.ClientSpec) error {
	var object idp.Object
	if err := r.read(ctx, ref, &object); err != nil {
		return err
	}
	if object.Text("client_id") != ref.ClientID {
		return errNoClient()
	}
	for _, readOnly := range []string{"client_secret", "client_id_issued_at", "client_secret_expires_at", "registration_client_uri", "registration_access_token", "_links"} {
		delete(object, readOnly)
	}
	prefix, _ := unmarked(object.Text("client_name"))
	maps.Copy(object, metadata(spec, prefix))
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodPut, Path: clientPath(ref.ClientID, ""), Class: classClients, Body: object})
	return err
}

// Delete implements portico.IdP.
func (r *Registrations) Delete(ctx context.Context, ref portico.ClientRef) error {
	if ref.ClientID == "" {
		return nil
	}
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodDelete, Path: clientPath(ref.ClientID, ""), Class: classClients})
	if portico.IsIdP(err, portico.IdPNotFound) {
		return nil
	}
	return err
}

// ReplaceSecret implements portico.SecretReplacer.
func (r *Registrations) ReplaceSecret(ctx context.Context, ref portico.ClientRef) (portico.ClientSecret, error) {
	var made registration
	_, err := r.api.Do(ctx, idp.Call{Method: http.MethodPost, Path: clientPath(ref.ClientID, "/lifecycle/newSecret"), Class: classClients, Out: &made, Creates: true})
	if err != nil {
		return portico.ClientSecret{}, err
	}
	if made.ClientID != ref.ClientID || made.Secret.Empty() {
		return portico.ClientSecret{}, &portico.IdPError{Kind: portico.IdPAmbiguous, Detail: "Okta answered the new secret with something that is not this client's"}
	}
	return made.issued(new(r.api.Now().UTC())), nil
}
