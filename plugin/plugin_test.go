package plugin_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"portico"
	"portico/compile"
	"portico/plugin"
)

func decode(t testing.TB, text string) map[string]any {
	t.Helper()
	out, err := plugin.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// faults are the fields and rules of what is wrong.
func faults(err error) string {
	e, ok := errors.AsType[*portico.Error](err)
	if !ok {
		return fmt.Sprint(err)
	}
	var out []string
	for _, f := range e.Invalid {
		out = append(out, strings.TrimPrefix(f.Field, "config.")+" "+f.Rule)
	}
	return strings.Join(out, ", ")
}

func TestConfigurationsAreMadeWhole(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ given, want string }{
		"rate-limiting": {`{"minute":1e1,"hour":null}`, `{"day":null,"error_code":429,"error_message":"API rate limit exceeded","fault_tolerant":true,"header_name":null,` +
			`"hide_client_headers":false,"hour":null,"limit_by":"consumer","minute":10,"month":null,"path":null,"policy":"local","second":null,"sync_rate":-1,"year":null}`},
		"cors": {`{"origins":["*"]}`, `{"credentials":false,"exposed_headers":null,"headers":null,"max_age":null,` +
			`"methods":["GET","HEAD","PUT","PATCH","POST","DELETE","OPTIONS","TRACE","CONNECT"],"origins":["*"],"preflight_continue":false,"private_network":false}`},
		"ip-restriction":        {`{"deny":["10.0.0.0/8","::1"]}`, `{"allow":null,"deny":["10.0.0.0/8","::1"],"message":null,"status":null}`},
		"request-size-limiting": {`{}`, `{"allowed_payload_size":128,"require_content_length":false,"size_unit":"megabytes"}`},
		"request-termination":   {`{"message":"<&>"}`, `{"body":null,"content_type":null,"echo":false,"message":"<&>","status_code":503,"trigger":null}`},
		"correlation-id":        {`{"echo_downstream":true}`, `{"echo_downstream":true,"generator":"uuid#counter","header_name":"Kong-Request-ID"}`},
		"response-transformer": {`{"add":{"headers":["a:b"],"json":[]},"remove":null}`, `{"add":{"headers":["a:b"],"json":[],"json_types":[]},"append":{"headers":[],"json":[],"json_types":[]},` +
			`"remove":{"headers":[],"json":[]},"rename":{"headers":[],"json":[]},"replace":{"headers":[],"json":[],"json_types":[]}}`},
	} {
		d, err := plugin.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := d.Complete(decode(t, test.given))
		if err != nil || got != test.want {
			t.Errorf("%s: %v\n got %s\nwant %s", name, err, got, test.want)
		}
	}
}

func TestConfigurationFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, given, want string }{
		{"rate-limiting", `{}`, "minute required"},
		{"rate-limiting", `{"minute":0}`, "minute min"},
		{"rate-limiting", `{"minute":1.5,"hour":"1"}`, "minute is_integer, hour is_integer"},
		{"rate-limiting", `{"minute":5,"hour":4}`, "hour invalid"},
		{"rate-limiting", `{"minute":5,"policy":"redis"}`, "policy enum"},
		{"rate-limiting", `{"minute":5,"redis":{"host":"x"},"sync_rate":1}`, "sync_rate invalid, redis invalid"},
		{"rate-limiting", `{"minute":5,"limit_by":"header"}`, "header_name required"},
		{"rate-limiting", `{"minute":5,"limit_by":"path","path":"x"}`, "path invalid"},
		{"rate-limiting", `{"minute":5,"a\nb":1}`, "a?b unknown_property"},
		{"cors", `{"origins":"*","methods":["get"],"credentials":1}`, "origins is_array, methods.0 enum, credentials is_boolean"},
		{"cors", `{"origins":["(", ""],"headers":["a b"]}`, "origins.0 invalid, origins.1 invalid, headers.0 invalid"},
		{"ip-restriction", `{"allow":[]}`, "allow required"},
		{"ip-restriction", `{"allow":["localhost","10.0.0.0/33",1]}`, "allow.0 invalid, allow.1 invalid, allow.2 is_string"},
		{"request-termination", `{"message":"m","body":"b"}`, "message invalid"},
		{"request-termination", `{"content_type":"text/plain"}`, "body required"},
		{"request-termination", `{"echo":true,"status_code":100}`, "status_code min, echo invalid"},
		{"correlation-id", `{"header_name":"Content-Length"}`, "header_name invalid"},
		{"request-transformer", `{}`, "add.headers required"},
		{"request-transformer", `{"add":{"headers":["a","host:x","a:$(headers.b)","a:b\nc"]}}`, "add.headers.0 invalid, add.headers.1 invalid, add.headers.2 invalid, add.headers.3 invalid"},
		{"request-transformer", `{"add":{"headers":["a:b"],"body":["a:b"]},"replace":{"uri":"/x"},"http_method":"GET","rename":[]}`, "http_method invalid, rename is_object, replace.uri invalid, add.body invalid"},
	} {
		d, err := plugin.Find(test.name)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := d.Complete(decode(t, test.given))
		if got := faults(err); got != test.want || whole != "" {
			t.Errorf("%s %s:\n got %s\nwant %s", test.name, test.given, got, test.want)
		}
	}
	for name, want := range map[string]string{"key-auth": "name invalid", "openid-connect": "name invalid", "prometheus": "name enum", "": "name enum"} {
		if _, err := plugin.Find(name); faults(err) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestChangesAreMerged(t *testing.T) {
	t.Parallel()
	before := decode(t, `{"add":{"headers":["a:b"],"json":[]},"x":1,"y":[1,2]}`)
	got, _ := json.Marshal(plugin.Merge(before, decode(t, `{"add":{"json":["c"]},"x":null,"y":[]}`)))
	if string(got) != `{"add":{"headers":["a:b"],"json":["c"]},"x":null,"y":[]}` {
		t.Errorf("%s", got)
	}
	if after, _ := json.Marshal(before); string(after) != `{"add":{"headers":["a:b"],"json":[]},"x":1,"y":[1,2]}` {
		t.Errorf("the configuration itself was changed: %s", after)
	}
}

func TestSchemasNameEveryField(t *testing.T) {
	t.Parallel()
	for _, name := range plugin.Names() {
		d, err := plugin.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(d.Schema())
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range d.Fields {
			if offered := f.Type != plugin.Record || f.Only == ""; offered != strings.Contains(string(text), `"`+f.Name+`":{`) {
				t.Errorf("%s: %s is in the schema: %v", name, f.Name, !offered)
			}
		}
	}
}

// FuzzComplete: what is accepted stays as it is when it is read again, and the
// gateways understand it.
func FuzzComplete(f *testing.F) {
	for _, name := range plugin.Names() {
		f.Add(name, `{"minute":1,"origins":["*"],"allow":["::1"],"add":{"headers":["a:b"]}}`)
	}
	f.Add("rate-limiting", `{"second":1,"redis":null,"limit_by":"header","header_name":"x"}`)
	f.Add("cors", `{"origins":["https://[a-z]+"],"max_age":0}`)
	f.Add("ip-restriction", `{"allow":["::ffff:1.2.3.4/120"],"status":404}`)
	f.Add("request-transformer", `{"rename":{"headers":["a:b"]},"remove":{"headers":["x"]}}`)
	f.Fuzz(func(t *testing.T, name, text string) {
		d, err := plugin.Find(name)
		if err != nil {
			return
		}
		given, err := plugin.Decode(text)
		if err != nil {
			return
		}
		whole, err := d.Complete(given)
		if err != nil {
			if portico.KindOf(err) != portico.KindInvalid || faults(err) == "" {
				t.Errorf("refused with %v", err)
			}
			return
		}
		if again, err := d.Complete(decode(t, whole)); err != nil || again != whole {
			t.Errorf("%s becomes %s, %v", whole, again, err)
		}
		compiled, err := compile.Plugin(portico.Plugin{ID: "p", ControlPlaneID: "c", Name: name, Config: whole})
		if err == nil {
			err = compiled.Validate()
		}
		if err != nil {
			t.Errorf("%s is not understood: %v", whole, err)
		}
	})
}
