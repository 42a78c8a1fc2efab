package appauth

import (
	"net/url"
	"strings"

	"portico"
	"portico/control"
	"portico/webui/desk"
)

// configField is a field of the form that only some provider types have.
type configField string

// The fields, by their names in the form.
const (
	fieldClientID = configField("client_id")
	fieldAudience = configField("audience")
	fieldScopes   = configField("developer_scopes")
	fieldBaseURL  = configField("base_url")
	fieldEndpoint = configField("registration_endpoint")
	fieldService  = configField("service_client_id")
	fieldMode     = configField("registration_mode")
	fieldNoEvents = configField("disable_event_hooks")
	fieldNoFresh  = configField("disable_refresh_secret")
	fieldSeveral  = configField("allow_multiple_credentials")
)

// configFields are the fields that a provider type has besides those of all.
func configFields(t portico.ProviderType) []configField {
	switch t {
	case portico.ProviderOkta:
		return []configField{fieldMode, fieldService}
	case portico.ProviderAuth0:
		return []configField{fieldClientID, fieldAudience, fieldScopes}
	case portico.ProviderAzureAD, portico.ProviderCurity:
		return []configField{fieldClientID}
	case portico.ProviderHTTP:
		return []configField{fieldBaseURL, fieldNoEvents, fieldNoFresh, fieldSeveral}
	case portico.ProviderRFC7591:
		return []configField{fieldEndpoint}
	}
	return nil
}

// secretMember is what the management API calls the credential.
func secretMember(t portico.ProviderType, c portico.ProviderConfig) string {
	if c.ServiceClientID != "" {
		return "private_key"
	}
	switch t {
	case portico.ProviderAuth0, portico.ProviderAzureAD, portico.ProviderCurity:
		return "initial_client_secret"
	case portico.ProviderHTTP:
		return "api_key"
	case portico.ProviderRFC7591:
		return "initial_access_token"
	}
	return "dcr_token"
}

// tokenTypes are the provider types with a credential, for data-only.
func tokenTypes() string {
	var out []string
	for _, t := range portico.ProviderTypes() {
		if t.TakesSecret() {
			out = append(out, string(t))
		}
	}
	return strings.Join(out, " ")
}

// maxTokenOf is how long the credential may be.
func maxTokenOf(t portico.ProviderType, c portico.ProviderConfig) int {
	switch {
	case c.ServiceClientID != "":
		return maxPrivateKey
	case t == portico.ProviderRFC7591:
		return maxInitialToken
	}
	return maxToken
}

// readConfig reads the fields of a type; those of other types do not count.
func readConfig(f *desk.Form, fields []configField) (c portico.ProviderConfig) {
	for _, field := range fields {
		switch field {
		case fieldClientID:
			c.InitialClientID = f.Text(string(field), true, maxName)
		case fieldAudience:
			c.InitialClientAudience = f.Optional(string(field), maxName)
		case fieldScopes:
			c.UseDeveloperManagedScopes = f.Value(string(field)) != ""
		case fieldBaseURL:
			c.BaseURL = f.URL(string(field), true, maxName)
		case fieldEndpoint:
			if address := f.URL(string(field), false, maxName); address != "" {
				c.RegistrationEndpoint = &address
			}
		case fieldService:
			c.ServiceClientID = f.Text(string(field), false, maxServiceID)
		case fieldMode:
			if f.Value(string(field)) != "" {
				c.RegistrationMode = portico.RegistrationMode(f.Choice(string(field), string(portico.RegistrationApps), string(portico.RegistrationDCR)))
			}
		case fieldNoEvents:
			c.DisableEventHooks = f.Value(string(field)) != ""
		case fieldNoFresh:
			c.DisableRefreshSecret = f.Value(string(field)) != ""
		case fieldSeveral:
			c.AllowMultipleCredentials = f.Value(string(field)) != ""
		}
	}
	return c
}

// fillConfig puts a stored configuration into the form.
func fillConfig(values url.Values, c portico.ProviderConfig) {
	values.Set(string(fieldClientID), c.InitialClientID)
	values.Set(string(fieldBaseURL), c.BaseURL)
	values.Set(string(fieldEndpoint), c.Endpoint())
	if c.InitialClientAudience != nil {
		values.Set(string(fieldAudience), *c.InitialClientAudience)
	}
	values.Set(string(fieldService), c.ServiceClientID)
	values.Set(string(fieldMode), string(c.Registration()))
	for field, on := range map[configField]bool{
		fieldScopes: c.UseDeveloperManagedScopes, fieldNoEvents: c.DisableEventHooks, fieldNoFresh: c.DisableRefreshSecret, fieldSeveral: c.AllowMultipleCredentials,
	} {
		if on {
			values.Set(string(field), "on")
		}
	}
}

// configChange is what makes a stored configuration this one.
func configChange(fields []configField, c, stored portico.ProviderConfig) (ch control.ProviderConfigChange) {
	for _, field := range fields {
		switch field {
		case fieldClientID:
			ch.InitialClientID = portico.Some(c.InitialClientID)
		case fieldAudience:
			ch.InitialClientAudience = portico.Opt[string]{Set: true, Null: c.InitialClientAudience == nil}
			if c.InitialClientAudience != nil {
				ch.InitialClientAudience.Value = *c.InitialClientAudience
			}
		case fieldScopes:
			ch.UseDeveloperManagedScopes = portico.Some(c.UseDeveloperManagedScopes)
		case fieldBaseURL:
			ch.BaseURL = portico.Some(c.BaseURL)
		case fieldEndpoint:
			ch.RegistrationEndpoint = portico.Opt[string]{Set: true, Null: c.RegistrationEndpoint == nil, Value: c.Endpoint()}
		case fieldService:
			ch.ServiceClientID = portico.Some(c.ServiceClientID)
		case fieldMode:
			ch.RegistrationMode = portico.Opt[string]{Set: modeDiffers(c, stored), Value: string(c.RegistrationMode)}
		case fieldNoEvents:
			ch.DisableEventHooks = portico.Some(c.DisableEventHooks)
		case fieldNoFresh:
			ch.DisableRefreshSecret = portico.Some(c.DisableRefreshSecret)
		case fieldSeveral:
			ch.AllowMultipleCredentials = portico.Some(c.AllowMultipleCredentials)
		}
	}
	return ch
}

// configBody is the configuration as the management API takes it, without the
// credential and what belongs to it.
func configBody(fields []configField, c, stored portico.ProviderConfig) map[string]any {
	body := map[string]any{}
	for _, field := range fields {
		switch field {
		case fieldClientID:
			body["initial_client_id"] = c.InitialClientID
		case fieldAudience:
			body["initial_client_audience"] = c.InitialClientAudience
		case fieldScopes:
			body["use_developer_managed_scopes"] = c.UseDeveloperManagedScopes
		case fieldBaseURL:
			body["dcr_base_url"] = c.BaseURL
		case fieldEndpoint:
			body["registration_endpoint"] = c.RegistrationEndpoint
		case fieldMode:
			if modeDiffers(c, stored) {
				body["registration_mode"] = c.RegistrationMode
			}
		case fieldNoEvents:
			body["disable_event_hooks"] = c.DisableEventHooks
		case fieldNoFresh:
			body["disable_refresh_secret"] = c.DisableRefreshSecret
		case fieldSeveral:
			body["allow_multiple_credentials"] = c.AllowMultipleCredentials
		}
	}
	return body
}

// credentialBody puts the credential into the body of a call, and the client
// that it belongs to.
func credentialBody(body map[string]any, t portico.ProviderType, c portico.ProviderConfig) {
	if c.ServiceClientID != "" {
		body["client_id"] = c.ServiceClientID
	}
	body[secretMember(t, c)] = desk.Variable("DCR_TOKEN")
}

// modeDiffers says whether another way to register is wanted. It is named only
// then, for it is beyond the contract.
func modeDiffers(c, stored portico.ProviderConfig) bool {
	return c.RegistrationMode != "" && c.RegistrationMode != stored.Registration()
}
