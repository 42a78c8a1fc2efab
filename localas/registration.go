package localas

import (
	"errors"
	"net/http"
	"strings"

	"portico/localas/dialect"
	"portico/secret"
)

// registration is a client as dynamic registration (RFC 7591, at Okta's
// /oauth2/v1/clients) takes and shows it.
type registration struct {
	ClientID              string  `json:"client_id,omitempty"`
	ClientSecret          string  `json:"client_secret,omitempty"` // only when it has just been made
	ClientIDIssuedAt      *int64  `json:"client_id_issued_at,omitempty"`
	ClientSecretExpiresAt *int64  `json:"client_secret_expires_at,omitempty"`
	ClientName            *string `json:"client_name"`
	AuthMethod            string  `json:"token_endpoint_auth_method"`
	clientSettings
}

// client is the client that the metadata describes. A client that registers
// itself this way needs a user's consent, unlike one of the apps API.
func (in registration) client() client {
	c := client{AuthMethod: in.AuthMethod, Settings: in.clientSettings}
	if in.ClientName != nil {
		c.Label = *in.ClientName
	}
	if c.Settings.ConsentMethod == "" {
		c.Settings.ConsentMethod = "REQUIRED"
	}
	return c
}

func registrationView(c client, value secret.Text) registration {
	view := registration{
		ClientID: c.ClientID, ClientSecret: value.Reveal(), ClientIDIssuedAt: new(c.Created.Unix()),
		ClientName: &c.Label, AuthMethod: c.AuthMethod, clientSettings: c.Settings,
	}
	view.ConsentMethod = ""
	if c.usesSecret() {
		view.ClientSecretExpiresAt = new(int64(0))
	}
	return view
}

// badMetadata gives a refusal the shape that RFC 7591 has for it.
func badMetadata(err error) error {
	refusal, ok := errors.AsType[*dialect.APIError](err)
	if !ok || refusal.Status != http.StatusBadRequest {
		return err
	}
	text := strings.Join(refusal.Causes, " ")
	// What is called label in the apps API is client_name here.
	text = strings.ReplaceAll(text, "label: ", "client_name: ")
	code := "invalid_client_metadata"
	if strings.HasPrefix(text, "redirect_uris") {
		code = "invalid_redirect_uri"
	}
	return dialect.BadOAuth(code, text)
}

func (s *Server) listClients(w http.ResponseWriter, r *http.Request) error {
	p, err := dialect.ReadPage(r, 20)
	if err != nil {
		return err
	}
	found, err := s.clients(r.Context(), clientFilter{LabelPrefix: r.URL.Query().Get("q")}, p)
	if err != nil {
		return err
	}
	views := []registration{}
	for _, c := range dialect.CutPage(s.base, w, r, p, found) {
		views = append(views, registrationView(c, secret.Text{}))
	}
	dialect.WriteJSON(w, http.StatusOK, views)
	return nil
}

func (s *Server) postClient(w http.ResponseWriter, r *http.Request) error {
	in, err := dialect.ReadJSON[registration](w, r)
	if err != nil {
		return badMetadata(err)
	}
	if in.ClientID != "" || in.ClientSecret != "" {
		return dialect.BadOAuth("invalid_client_metadata", "client_id, client_secret: cannot be chosen here. Use the apps API.")
	}
	c, value, err := s.createClient(r.Context(), in.client(), secret.Text{})
	if err != nil {
		return badMetadata(err)
	}
	w.Header().Set("Cache-Control", "no-store")
	dialect.WriteJSON(w, http.StatusCreated, registrationView(c, value))
	return nil
}

func (s *Server) getClient(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByClientID(r.Context(), s.db.Reader(), r.PathValue("client"))
	if err != nil {
		return err
	}
	dialect.WriteJSON(w, http.StatusOK, registrationView(c, secret.Text{}))
	return nil
}

// putClient replaces all settings: one that is missing is a fault, not a wish
// to keep it.
func (s *Server) putClient(w http.ResponseWriter, r *http.Request) error {
	old, err := clientByClientID(r.Context(), s.db.Reader(), r.PathValue("client"))
	if err != nil {
		return err
	}
	in, err := dialect.ReadJSON[registration](w, r)
	if err != nil {
		return badMetadata(err)
	}
	if fault := replacementFault(old, in); fault != "" {
		return dialect.BadOAuth("invalid_client_metadata", fault)
	}
	c := in.client()
	c.Profile, c.Settings.ConsentMethod = old.Profile, old.Settings.ConsentMethod
	if c, err = s.replaceClient(r.Context(), old, c); err != nil {
		return badMetadata(err)
	}
	dialect.WriteJSON(w, http.StatusOK, registrationView(c, secret.Text{}))
	return nil
}

func replacementFault(old client, in registration) string {
	switch {
	case in.ClientIDIssuedAt != nil || in.ClientSecretExpiresAt != nil:
		return "client_id_issued_at, client_secret_expires_at: must not be sent."
	case in.ClientID != old.ClientID:
		return "client_id: must be the client_id in the path."
	case in.ClientSecret != "":
		return "client_secret: cannot be chosen here."
	case in.ClientName == nil:
		return "client_name: The field can't be left blank."
	case in.ApplicationType == "" || in.AuthMethod == "" || in.GrantTypes == nil || in.ResponseTypes == nil || in.RedirectURIs == nil:
		return "application_type, token_endpoint_auth_method, grant_types, response_types, redirect_uris: " +
			"All settings must be specified when a client is updated."
	}
	return ""
}

func (s *Server) deleteRegistration(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByClientID(r.Context(), s.db.Reader(), r.PathValue("client"))
	if err != nil {
		return err
	}
	if err := s.deleteClient(r.Context(), c.ID); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// newSecret replaces every secret of the client by a new one.
func (s *Server) newSecret(w http.ResponseWriter, r *http.Request) error {
	c, err := clientByClientID(r.Context(), s.db.Reader(), r.PathValue("client"))
	if err != nil {
		return err
	}
	if !c.usesSecret() {
		return dialect.BadOAuth("invalid_client_metadata", "token_endpoint_auth_method: "+c.AuthMethod+" uses no secret.")
	}
	value, err := s.replaceSecrets(r.Context(), c)
	if err != nil {
		return err
	}
	w.Header().Set("Cache-Control", "no-store")
	dialect.WriteJSON(w, http.StatusOK, registrationView(c, value))
	return nil
}
