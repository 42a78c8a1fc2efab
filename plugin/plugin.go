package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"portico"
)

// Definition is a plugin that the gateways enforce.
type Definition struct {
	Name   string
	Fields []Field // of its config
	// EveryCaller: it acts before anybody knows who calls, and so cannot be
	// limited to a consumer.
	EveryCaller bool
	// check finds what is wrong between the fields of a complete config.
	check func(config map[string]any, found *faults)
}

// Protocols are those that a plugin can be limited to. The gateways speak the
// last two of them.
func Protocols() []string { return []string{"grpc", "grpcs", "http", "https"} }

// Names of the plugins that the gateways enforce, in the order of the alphabet.
func Names() []string {
	return slices.Sorted(maps.Keys(definitions()))
}

// Find returns the definition of a plugin. KindInvalid says what there is
// instead of one that there is not.
func Find(name string) (Definition, error) {
	if d, ok := definitions()[name]; ok {
		return d, nil
	}
	if slices.Contains(authentication(), name) {
		return Definition{}, portico.Invalid("name", "invalid",
			"is not needed: whoever calls an API is authenticated by the application auth strategy that it is published with")
	}
	return Definition{}, portico.InvalidAll(portico.InvalidParameter{Field: "name", Rule: "enum", Choices: Names(),
		Reason: fmt.Sprintf("must be one of the plugins that the gateways enforce: %v", Names())})
}

// authentication are plugins of Kong's whose work application auth does.
func authentication() []string {
	return []string{"acl", "basic-auth", "hmac-auth", "jwt", "key-auth", "key-auth-enc", "konnect-application-auth", "ldap-auth",
		"mtls-auth", "oauth2", "oauth2-introspection", "openid-connect"}
}

// Complete checks a configuration, as encoding/json decodes it with numbers as
// json.Number, and returns it as JSON with nothing left out: what is absent or
// null has its default. KindInvalid names every fault below config.
func (d Definition) Complete(config map[string]any) (string, error) {
	var found faults
	whole := complete(d.Fields, config, "config", &found)
	if len(found) == 0 && d.check != nil {
		d.check(whole, &found)
	}
	if len(found) > 0 {
		return "", portico.InvalidAll(found...)
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(whole); err != nil {
		return "", err
	}
	return string(bytes.TrimSpace(out.Bytes())), nil
}

// Decode reads a configuration that Complete has made.
func Decode(config string) (map[string]any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(config)))
	d.UseNumber()
	var out map[string]any
	err := d.Decode(&out)
	return out, err
}

// Merge is a configuration after a change that speaks of some fields only;
// records are merged, everything else is replaced, null asks for the default.
func Merge(config, change map[string]any) map[string]any {
	out := maps.Clone(config)
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range change {
		before, isRecord := out[name].(map[string]any)
		after, toRecord := value.(map[string]any)
		if isRecord && toRecord {
			out[name] = Merge(before, after)
		} else {
			out[name] = value
		}
	}
	return out
}

// Schema describes a plugin as Kong's Admin API does
// (GET /schemas/plugins/{name}).
func (d Definition) Schema() []map[string]any {
	out := []map[string]any{}
	if d.EveryCaller {
		out = append(out, map[string]any{"consumer": map[string]any{"type": "foreign", "reference": "consumers", "eq": nil}})
	}
	return append(out,
		map[string]any{"protocols": map[string]any{
			"type": "set", "required": true, "default": Protocols(), "elements": map[string]any{"type": Text, "one_of": Protocols()},
		}},
		map[string]any{"config": map[string]any{"type": Record, "required": true, "fields": schemas(d.Fields)}},
	)
}
