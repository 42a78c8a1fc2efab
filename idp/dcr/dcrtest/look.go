package dcrtest

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"portico"
	"portico/secret"
)

// Held gives the clients as the server knows them, by their ids.
func (s *Server) Held() map[string]portico.ClientState {
	s.mu.Lock()
	defer s.mu.Unlock()
	held := map[string]portico.ClientState{}
	for id, c := range s.clients {
		held[id] = State(id, c.metadata)
	}
	return held
}

// State is what a server knows of a client by its metadata.
func State(id string, metadata map[string]any) portico.ClientState {
	state := portico.ClientState{Ref: portico.ClientRef{ClientID: id}, Enabled: true,
		RedirectURIs: texts(metadata["redirect_uris"]), GrantTypes: texts(metadata["grant_types"])}
	if contacts := texts(metadata["contacts"]); len(contacts) > 0 {
		app, organization, _ := strings.Cut(contacts[0], "@")
		state.ApplicationID = portico.ApplicationID(strings.TrimPrefix(app, "app-"))
		state.OrganizationID = portico.OrganizationID(strings.TrimSuffix(organization, ".portal.invalid"))
	}
	name, _ := metadata["client_name"].(string)
	state.Name = name[:max(0, strings.LastIndex(name, " ("))]
	return state
}

// Change edits a client's metadata as an admin of the server does.
func (s *Server) Change(id string, change func(metadata map[string]any)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.clients[id].metadata)
}

// Metadata gives a copy of what the server knows of a client; nil for none.
func (s *Server) Metadata(id string) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, known := s.clients[id]
	if !known {
		return nil
	}
	copied := map[string]any{}
	for name, value := range c.metadata {
		copied[name] = value
	}
	return copied
}

// Revoke makes a client's registration access token useless.
func (s *Server) Revoke(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients[id].token = secret.Token("rat_").Reveal()
}

// Requests counts the requests to the registration endpoint and below.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.Calls)
}

// Token obtains an access token with a client's id and secret.
func (s *Server) Token(ctx context.Context, clientID string, value secret.Text) error {
	return Token(ctx, s.URL+"/token", clientID, value)
}

// Token obtains an access token at an endpoint with a client's id and secret.
func Token(ctx context.Context, endpoint, clientID string, value secret.Text) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader("grant_type=client_credentials"))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(url.QueryEscape(clientID), url.QueryEscape(value.Reveal()))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return errors.New(res.Status)
	}
	return nil
}
