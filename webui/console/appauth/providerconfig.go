package appauth

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"portico"
	"portico/control"
	"portico/webui/desk"
)

// configField is a field of the form that only some provider types have. Its
// value is a text, as forms have it.
type configField struct {
	name     string // in the form, and of its words
	member   string // of dcr_config in the management API; empty: it goes with the credential
	types    []portico.ProviderType
	kind     fieldKind
	most     int // characters; 0: maxName
	required bool
	rare     bool // few need it
	configValue
}

// fieldKind is how a field is typed in.
type fieldKind string

const (
	kindText    fieldKind = "text"
	kindAddress fieldKind = "address"
	kindFlag    fieldKind = "flag"
	kindMode    fieldKind = "mode"
)

// configValue is where a field is in a configuration and in a change of one.
type configValue struct {
	get    func(c portico.ProviderConfig) string
	set    func(c *portico.ProviderConfig, text string)
	change func(ch *control.ProviderConfigChange, c portico.ProviderConfig)
	body   func(c portico.ProviderConfig) any // as the management API takes it
}

func text(in func(*portico.ProviderConfig) *string, change func(*control.ProviderConfigChange) *portico.Opt[string]) configValue {
	return configValue{
		get:    func(c portico.ProviderConfig) string { return *in(&c) },
		set:    func(c *portico.ProviderConfig, text string) { *in(c) = text },
		change: func(ch *control.ProviderConfigChange, c portico.ProviderConfig) { *change(ch) = portico.Some(*in(&c)) },
		body:   func(c portico.ProviderConfig) any { return *in(&c) },
	}
}

func optional(in func(*portico.ProviderConfig) **string, change func(*control.ProviderConfigChange) *portico.Opt[string]) configValue {
	get := func(c portico.ProviderConfig) string {
		if *in(&c) == nil {
			return ""
		}
		return **in(&c)
	}
	return configValue{
		get: get,
		set: func(c *portico.ProviderConfig, text string) {
			if *in(c) = nil; text != "" {
				*in(c) = &text
			}
		},
		change: func(ch *control.ProviderConfigChange, c portico.ProviderConfig) {
			*change(ch) = portico.Opt[string]{Set: true, Null: *in(&c) == nil, Value: get(c)}
		},
		body: func(c portico.ProviderConfig) any { return *in(&c) },
	}
}

// registration is Okta's way to register clients. What is usual is not named of a
// new provider, for the member is beyond the contract.
func registration() configValue {
	return configValue{
		get: func(c portico.ProviderConfig) string { return string(c.Registration()) },
		set: func(c *portico.ProviderConfig, text string) {
			if mode := portico.RegistrationMode(text); mode != portico.RegistrationApps {
				c.RegistrationMode = mode
			}
		},
		change: func(ch *control.ProviderConfigChange, c portico.ProviderConfig) {
			ch.RegistrationMode = portico.Some(string(c.Registration()))
		},
		body: func(c portico.ProviderConfig) any { return c.Registration() },
	}
}

func flag(in func(*portico.ProviderConfig) *bool, change func(*control.ProviderConfigChange) *portico.Opt[bool]) configValue {
	return configValue{
		get: func(c portico.ProviderConfig) string {
			if *in(&c) {
				return "on"
			}
			return ""
		},
		set:    func(c *portico.ProviderConfig, text string) { *in(c) = text != "" },
		change: func(ch *control.ProviderConfigChange, c portico.ProviderConfig) { *change(ch) = portico.Some(*in(&c)) },
		body:   func(c portico.ProviderConfig) any { return *in(&c) },
	}
}

// configFields are the fields that provider types have besides those of all.
func configFields() []configField {
	type config = portico.ProviderConfig
	type change = control.ProviderConfigChange
	okta, auth0, bridge := []portico.ProviderType{portico.ProviderOkta}, []portico.ProviderType{portico.ProviderAuth0}, []portico.ProviderType{portico.ProviderHTTP}
	return []configField{
		{name: "registration_mode", member: "registration_mode", types: okta, kind: kindMode, rare: true, configValue: registration()},
		{name: "service_client_id", types: okta, kind: kindText, most: maxServiceID, rare: true,
			configValue: text(func(c *config) *string { return &c.ServiceClientID }, func(ch *change) *portico.Opt[string] { return &ch.ServiceClientID })},
		{name: "client_id", member: "initial_client_id", types: []portico.ProviderType{portico.ProviderAuth0, portico.ProviderAzureAD, portico.ProviderCurity}, kind: kindText, required: true,
			configValue: text(func(c *config) *string { return &c.InitialClientID }, func(ch *change) *portico.Opt[string] { return &ch.InitialClientID })},
		{name: "audience", member: "initial_client_audience", types: auth0, kind: kindText,
			configValue: optional(func(c *config) **string { return &c.InitialClientAudience }, func(ch *change) *portico.Opt[string] { return &ch.InitialClientAudience })},
		{name: "developer_scopes", member: "use_developer_managed_scopes", types: auth0, kind: kindFlag,
			configValue: flag(func(c *config) *bool { return &c.UseDeveloperManagedScopes }, func(ch *change) *portico.Opt[bool] { return &ch.UseDeveloperManagedScopes })},
		{name: "base_url", member: "dcr_base_url", types: bridge, kind: kindAddress, required: true,
			configValue: text(func(c *config) *string { return &c.BaseURL }, func(ch *change) *portico.Opt[string] { return &ch.BaseURL })},
		{name: "disable_event_hooks", member: "disable_event_hooks", types: bridge, kind: kindFlag,
			configValue: flag(func(c *config) *bool { return &c.DisableEventHooks }, func(ch *change) *portico.Opt[bool] { return &ch.DisableEventHooks })},
		{name: "disable_refresh_secret", member: "disable_refresh_secret", types: bridge, kind: kindFlag,
			configValue: flag(func(c *config) *bool { return &c.DisableRefreshSecret }, func(ch *change) *portico.Opt[bool] { return &ch.DisableRefreshSecret })},
		{name: "allow_multiple_credentials", member: "allow_multiple_credentials", types: bridge, kind: kindFlag,
			configValue: flag(func(c *config) *bool { return &c.AllowMultipleCredentials }, func(ch *change) *portico.Opt[bool] { return &ch.AllowMultipleCredentials })},
		{name: "registration_endpoint", member: "registration_endpoint", types: []portico.ProviderType{portico.ProviderRFC7591}, kind: kindAddress,
			configValue: optional(func(c *config) **string { return &c.RegistrationEndpoint }, func(ch *change) *portico.Opt[string] { return &ch.RegistrationEndpoint })},
	}
}

// fieldsOf are the fields of a provider type.
func fieldsOf(t portico.ProviderType) []configField {
	return slices.DeleteFunc(configFields(), func(field configField) bool { return !slices.Contains(field.types, t) })
}

// formNames are the form's names of what the use cases call otherwise.
func formNames() map[string]string {
	names := map[string]string{"dcr_config": "token"}
	for _, field := range configFields() {
		names["dcr_config."+field.member] = field.name
	}
	return names
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
	return typeWords(slices.DeleteFunc(portico.ProviderTypes(), func(t portico.ProviderType) bool { return !t.TakesSecret() }))
}

// typeWords are provider types for data-only.
func typeWords(types []portico.ProviderType) string {
	out := make([]string, len(types))
	for i, t := range types {
		out[i] = string(t)
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
		typed := f.Value(field.name)
		switch field.kind {
		case kindText:
			typed = f.Text(field.name, field.required, cmp.Or(field.most, maxName))
		case kindAddress:
			typed = f.URL(field.name, field.required, maxName)
		case kindMode:
			typed = f.Choice(field.name, string(portico.RegistrationApps), string(portico.RegistrationDCR))
		}
		field.set(&c, typed)
	}
	return c
}

// fillConfig puts a stored configuration into the form.
func fillConfig(values url.Values, c portico.ProviderConfig) {
	for _, field := range configFields() {
		values.Set(field.name, field.get(c))
	}
}

// changed are the fields in which two configurations differ.
func changed(fields []configField, c, stored portico.ProviderConfig) (out []configField) {
	for _, field := range fields {
		if field.get(c) != field.get(stored) {
			out = append(out, field)
		}
	}
	return out
}

// configBody is the configuration as the management API takes it, without the
// credential and what belongs to it.
func configBody(fields []configField, c portico.ProviderConfig) map[string]any {
	body := map[string]any{}
	for _, field := range fields {
		if field.member != "" {
			body[field.member] = field.body(c)
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
