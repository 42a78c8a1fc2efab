package appauth

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/control"
	"portico/webui/desk"
)

// The auth types of the form: openid_connect by its two ways, and key_auth.
const (
	authDCR     = "dcr"
	authOIDC    = "openid_connect"
	authKeyAuth = "key_auth"
)

// The contract's limits.
const (
	maxDisplayName = 256
	maxScopes      = 50
	maxScope       = 128
	maxClaims      = 10
	maxKeyNames    = 10
	maxKeyName     = 256
	maxAdvanced    = 32 << 10
)

// keyName is what a header, a query parameter and a form field can be called.
var keyName = regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)

// oidcMembers are the members of configs.openid-connect that have fields of
// their own in the form.
func oidcMembers() []string { return []string{"issuer", "scopes", "credential_claim", "auth_methods"} }

// authTypeOf is a stored strategy's auth type.
func authTypeOf(s control.StrategyView) string {
	switch s.CredentialType() {
	case portico.CredentialKeyAuth:
		return authKeyAuth
	case portico.CredentialDCR:
		return authDCR
	}
	return authOIDC
}

// readStrategy reads the form. stored is the strategy that it is to replace;
// nil: a new one.
func readStrategy(f *desk.Form, providers []control.ProviderView, stored *control.StrategyView) control.NewStrategy {
	in := control.NewStrategy{Name: f.Text("name", true, maxName), DisplayName: f.Text("display_name", true, maxDisplayName), Labels: desk.Labels(f, "labels")}
	if stored != nil {
		in.Principals = stored.Principals
	}
	issuer := ""
	switch f.Choice("auth_type", authDCR, authOIDC, authKeyAuth) {
	case authKeyAuth:
		in.KeyAuth = readKeyAuth(f)
		return in
	case authDCR:
		i := slices.IndexFunc(providers, func(p control.ProviderView) bool { return string(p.ID) == f.Value("provider") })
		if i < 0 {
			f.Reject("provider", "appauth.choose_provider")
			break
		}
		in.ProviderID, issuer = &providers[i].ID, providers[i].Issuer
	case authOIDC:
		issuer = f.URL("issuer", true, maxIssuer)
	}
	in.OIDC = readOIDC(f, issuer)
	return in
}

func readKeyAuth(f *desk.Form) *portico.KeyAuthConfig {
	config := &portico.KeyAuthConfig{KeyNames: f.List("key_names")}
	if len(config.KeyNames) > maxKeyNames || slices.ContainsFunc(config.KeyNames, func(name string) bool { return len(name) > maxKeyName || !keyName.MatchString(name) }) {
		f.Reject("key_names", "appauth.bad_key_names", "Most", maxKeyNames)
	}
	value, unit := f.Text("ttl_value", false, 5), f.Choice("ttl_unit", "days", "weeks", "years")
	if value == "" {
		return config
	}
	n, err := strconv.Atoi(value)
	if longest := portico.LongestTTL(unit); err != nil || n < 1 || n > longest {
		f.Reject("ttl_value", "appauth.bad_ttl", "Most", longest)
	}
	config.TTL = &portico.TTL{Value: n, Unit: unit}
	return config
}

// readOIDC makes configs.openid-connect of the fields and of what is written
// under Advanced, which stays as it was written.
func readOIDC(f *desk.Form, issuer string) json.RawMessage {
	members := readAdvanced(f)
	set := func(name string, value any) {
		raw, err := json.Marshal(value)
		if err == nil { // texts always fit
			members[name] = raw
		}
	}
	set("issuer", issuer)
	set("scopes", words(f, "scopes", maxScopes))
	set("credential_claim", words(f, "credential_claim", maxClaims))
	methods := f.Values["auth_methods"]
	if len(methods) == 0 {
		f.Reject("auth_methods", "appauth.choose_method")
	}
	set("auth_methods", append([]string{}, methods...))
	raw, err := json.Marshal(members)
	if err != nil {
		f.Reject("advanced", "appauth.bad_json")
	}
	return raw
}

// words reads a list of words.
func words(f *desk.Form, field string, most int) []string {
	list := append([]string{}, f.List(field)...)
	if len(list) > most || slices.ContainsFunc(list, func(word string) bool { return len([]rune(word)) > maxScope }) {
		f.Reject(field, "appauth.too_many_words", "Items", most, "Most", maxScope)
	}
	return list
}

// readAdvanced reads further members of the configuration.
func readAdvanced(f *desk.Form) map[string]json.RawMessage {
	members := map[string]json.RawMessage{}
	text := f.Text("advanced", false, maxAdvanced)
	if text == "" {
		return members
	}
	if err := json.Unmarshal([]byte(text), &members); err != nil || members == nil {
		line := 1
		if syntax, ok := err.(*json.SyntaxError); ok {
			line += strings.Count(text[:min(int(syntax.Offset), len(text))], "\n")
		}
		f.Reject("advanced", "appauth.bad_json_line", "Line", line)
		return map[string]json.RawMessage{}
	}
	for _, name := range oidcMembers() {
		if _, there := members[name]; there {
			f.Reject("advanced", "appauth.member_has_field", "Member", name)
		}
	}
	return members
}

// strategyValues fills in the form of a stored strategy.
func strategyValues(s control.StrategyView) url.Values {
	values := url.Values{"name": {s.Name}, "display_name": {s.DisplayName}, "auth_type": {authTypeOf(s)}, "labels": desk.LabelWords(s.Labels)}
	if s.KeyAuth != nil {
		value, unit := ttlText(s.KeyAuth.TTL)
		values["key_names"], values["ttl_value"], values["ttl_unit"] = s.KeyAuth.KeyNames, []string{value}, []string{unit}
		return values
	}
	values["scopes"], values["credential_claim"], values["auth_methods"] = s.OIDC.Scopes, s.OIDC.CredentialClaim, s.OIDC.AuthMethods
	values.Set("issuer", s.OIDC.Issuer)
	values.Set("advanced", advancedOf(s.OIDC.Raw))
	if s.ProviderID != nil {
		values.Set("provider", string(*s.ProviderID))
	}
	return values
}

// advancedOf is what a configuration has beyond the form's own fields; empty:
// nothing.
func advancedOf(raw json.RawMessage) string {
	members := map[string]json.RawMessage{}
	if err := json.Unmarshal(raw, &members); err != nil {
		return ""
	}
	for _, name := range oidcMembers() {
		delete(members, name)
	}
	if len(members) == 0 {
		return ""
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(members); err != nil {
		return ""
	}
	return strings.TrimSpace(out.String())
}

// strategyCall is the request that does what the form does.
func strategyCall(in control.NewStrategy, stored *control.StrategyView) desk.Call {
	body := map[string]any{"name": in.Name, "display_name": in.DisplayName, "strategy_type": portico.StrategyOpenIDConnect}
	if in.KeyAuth != nil {
		body["strategy_type"], body["configs"] = portico.StrategyKeyAuth, map[string]any{"key-auth": in.KeyAuth}
	} else {
		body["configs"] = map[string]any{"openid-connect": in.OIDC}
	}
	if in.ProviderID != nil {
		body["dcr_provider_id"] = *in.ProviderID
	}
	if len(in.Labels) > 0 {
		body["labels"] = in.Labels
	}
	if in.Principals != nil {
		body["principals"] = map[string]bool{"enabled": *in.Principals}
	}
	if stored == nil {
		return desk.Call{Method: http.MethodPost, Path: "/v2/application-auth-strategies", Body: body}
	}
	return desk.Call{Method: http.MethodPut, Path: "/v2/application-auth-strategies/" + string(stored.ID), Body: body}
}

// strategyFields are where the form has what use cases speak of.
func strategyFields() map[string]string {
	const oidc = "configs.openid-connect"
	fields := map[string]string{
		"dcr_provider_id": "provider", "strategy_type": "auth_type", oidc: "advanced", oidc + ".issuer": "issuer", oidc + ".auth_methods": "auth_methods",
		oidc + ".leeway": "advanced", oidc + ".token_post_args_values": "advanced", oidc + ".upstream_access_token_header": "advanced",
	}
	for i := range control.AuthMethods() {
		fields[oidc+".auth_methods."+strconv.Itoa(i)] = "auth_methods"
	}
	return fields
}

// preview is the strategy as the form has it, whether or not it is complete,
// and what an admin should think about.
func preview(v *desk.Visit, f *desk.Form, providers []control.ProviderView) (control.StrategyView, []string) {
	out := control.StrategyView{Strategy: portico.Strategy{DisplayName: strings.TrimSpace(f.Value("display_name")), Type: portico.StrategyOpenIDConnect, OIDC: &portico.OIDCConfig{Scopes: f.List("scopes"), AuthMethods: f.Values["auth_methods"]}}}
	switch f.Value("auth_type") {
	case authKeyAuth:
		out.Type = portico.StrategyKeyAuth
		return out, nil
	case authDCR:
		out.ProviderID = new(portico.ProviderID(f.Value("provider")))
	}
	var warnings []string
	scopes := out.OIDC.Scopes
	if len(scopes) == 0 {
		scopes = []string{"openid"}
		warnings = append(warnings, v.T("appauth.warn_no_scopes"))
	}
	if slices.Contains(scopes, "openid") && out.OIDC.Has(portico.MethodClientCredentials) {
		warnings = append(warnings, v.T("appauth.warn_openid"))
	}
	for _, p := range providers {
		if out.ProviderID != nil && p.ID == *out.ProviderID {
			out.Provider = &p.Provider
		}
	}
	return out, warnings
}
