package portalapi

import (
	"net/http"

	"portico/control"
	"portico/httpkit"
	"portico/listing"
)

// credentialRoutes: the secrets and keys of a developer's own applications. A
// value is shown by the answer that creates it and by nothing else.
func (s *server) credentialRoutes() []route {
	const credentials = "/api/v3/applications/{applicationId}/credentials"
	return []route{
		on(developer, "GET", credentials, "list-credentials", s.listCredentials),
		on(developer, "POST", credentials, "create-credential", s.createCredential),
		on(developer, "PUT", credentials+"/{credentialId}", "update-credential", s.renameCredential),
		on(developer, "DELETE", credentials+"/{credentialId}", "delete-credential", s.deleteCredential),
		on(developer, "POST", "/api/v3/applications/{applicationId}/regenerate-secret", "regenerate-application-secret", s.regenerateSecret),
	}
}

// keyView is the contract's ApiKeyCredentialListItem and, with the key, its
// ApiKeyCredentialCreationResponse.
type keyView struct {
	Type        string             `json:"type"`
	ID          string             `json:"id"`
	DisplayName string             `json:"display_name"`
	Key         string             `json:"credential,omitempty"`
	Status      string             `json:"status"`
	ExpiresAt   *httpkit.Timestamp `json:"expires_at"`
	CreatedAt   *httpkit.Timestamp `json:"created_at"`
}

// secretView is the contract's ClientSecretCredentialListItem and, with the
// secret, its ClientSecretCredentialCreationResponse.
type secretView struct {
	Type        string             `json:"type"`
	ID          string             `json:"id"`
	DisplayName *string            `json:"display_name"`
	ClientID    string             `json:"client_id"`
	Secret      string             `json:"client_secret,omitempty"`
	ExpiresAt   *httpkit.Timestamp `json:"expires_at"`
	CreatedAt   *httpkit.Timestamp `json:"created_at"`
}

// viewCredential renders a credential without its value.
func viewCredential(c control.Credential) any {
	return viewIssued(control.IssuedCredential{Credential: c})
}

func viewIssued(c control.IssuedCredential) any {
	expires, created := httpkit.OptTimestamp(c.ExpiresAt), httpkit.OptTimestamp(c.CreatedAt)
	if c.Type == control.APIKey {
		return keyView{Type: c.Type, ID: c.ID, DisplayName: c.DisplayName, Key: c.Value.Reveal(), Status: c.Status, ExpiresAt: expires, CreatedAt: created}
	}
	out := secretView{Type: c.Type, ID: c.ID, ClientID: c.ClientID, Secret: c.Value.Reveal(), ExpiresAt: expires, CreatedAt: created}
	if c.DisplayName != "" {
		out.DisplayName = &c.DisplayName
	}
	return out
}

func (s *server) listCredentials(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	q, err := listing.Parse(c.Request, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.Credentials.List(c.Context(), app.ID, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewCredential))
}

func (s *server) createCredential(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	in, err := httpkit.ReadOptionalObject(c.Request)
	if err != nil {
		return err
	}
	name := in.String("display_name", httpkit.MaxLength(255))
	if err := in.Err(); err != nil {
		return err
	}
	issued, err := s.Credentials.Create(c.Context(), app.ID, name)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewIssued(issued))
}

// renameCredential answers 200 with nothing, as the contract says.
func (s *server) renameCredential(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	in, err := httpkit.ReadObject(c.Request)
	if err != nil {
		return err
	}
	name := in.String("display_name", httpkit.Required, httpkit.MaxLength(255))
	if err := in.Err(); err != nil {
		return err
	}
	_, err = s.Credentials.Rename(c.Context(), app.ID, c.PathValue("credentialId"), name)
	return err
}

func (s *server) deleteCredential(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	if err := s.Credentials.Delete(c.Context(), app.ID, c.PathValue("credentialId")); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// regeneratedView is the contract's RegenerateSecretResponse.
type regeneratedView struct {
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
}

func (s *server) regenerateSecret(w http.ResponseWriter, c call) error {
	app, err := s.own(c)
	if err != nil {
		return err
	}
	clientID, issued, err := s.Credentials.Regenerate(c.Context(), app.ID)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, regeneratedView{clientID, issued.Reveal()})
}
