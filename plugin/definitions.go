package plugin

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"

	"portico/snapshot"
)

// definitions of the plugins, field by field as Kong documents them.
var definitions = sync.OnceValue(func() map[string]Definition {
	out := map[string]Definition{}
	for _, d := range []Definition{
		rateLimiting(), cors(), ipRestriction(), requestSizeLimiting(), requestTermination(), correlationID(),
		requestTransformer(), responseTransformer(),
	} {
		out[d.Name] = d
	}
	return out
})

// Periods of rate-limiting, the shortest first.
func Periods() []string { return []string{"second", "minute", "hour", "day", "month", "year"} }

func rateLimiting() Definition {
	d := Definition{Name: "rate-limiting", check: checkRates}
	for _, period := range Periods() {
		d.Fields = append(d.Fields, Field{Name: period, Type: Integer, Min: new(1)})
	}
	d.Fields = append(d.Fields,
		Field{Name: "limit_by", Type: Text, Default: "consumer", Choices: []string{"consumer", "credential", "ip", "service", "header", "path"}},
		Field{Name: "header_name", Type: Text, Check: headerName},
		Field{Name: "path", Type: Text, Check: path},
		Field{Name: "policy", Type: Text, Default: "local", Choices: []string{"local"}},
		Field{Name: "fault_tolerant", Type: Boolean, Default: true},
		Field{Name: "hide_client_headers", Type: Boolean, Default: false},
		Field{Name: "error_code", Type: Integer, Default: http.StatusTooManyRequests, Min: new(400), Max: new(599)},
		Field{Name: "error_message", Type: Text, Default: "API rate limit exceeded"},
		Field{Name: "sync_rate", Type: Integer, Default: -1, Only: "must be -1: every gateway counts for itself"},
		Field{Name: "redis", Type: Record, Only: "is not supported: every gateway counts for itself"},
	)
	return d
}

// checkRates wants a limit, limits that grow with their period, and what to
// count by.
func checkRates(config map[string]any, found *faults) {
	shorter := ""
	for _, period := range Periods() {
		limit, given := config[period].(int)
		if !given {
			continue
		}
		if below, _ := config[shorter].(int); limit < below {
			found.add("config."+period, "invalid", fmt.Sprintf("must not be less than the limit for a %s, which is %d", shorter, below))
		}
		shorter = period
	}
	if shorter == "" {
		found.add("config.minute", "required", "at least one of second, minute, hour, day, month and year must be given")
	}
	for by, field := range map[string]string{"header": "header_name", "path": "path"} {
		if config["limit_by"] == by && config[field] == nil {
			found.add("config."+field, "required", "is a required field when limit_by is "+by)
		}
	}
}

func cors() Definition {
	methods := []string{"GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
	return Definition{Name: "cors", EveryCaller: true, Fields: []Field{
		{Name: "origins", Type: List, Check: origin},
		{Name: "methods", Type: List, Default: anys(methods), Choices: methods},
		{Name: "headers", Type: List, Check: headerName},
		{Name: "exposed_headers", Type: List, Check: headerName},
		{Name: "max_age", Type: Integer, Min: new(0)},
		{Name: "credentials", Type: Boolean, Default: false},
		{Name: "private_network", Type: Boolean, Default: false},
		{Name: "preflight_continue", Type: Boolean, Default: false},
	}}
}

func ipRestriction() Definition {
	return Definition{Name: "ip-restriction", Fields: []Field{
		{Name: "allow", Type: List, Check: network},
		{Name: "deny", Type: List, Check: network},
		{Name: "status", Type: Integer, Min: new(400), Max: new(599)},
		{Name: "message", Type: Text},
	}, check: func(config map[string]any, found *faults) {
		if empty(config["allow"]) && empty(config["deny"]) {
			found.add("config.allow", "required", "at least one of allow and deny must name an address")
		}
	}}
}

func requestSizeLimiting() Definition {
	return Definition{Name: "request-size-limiting", Fields: []Field{
		{Name: "allowed_payload_size", Type: Integer, Default: 128, Min: new(1), Max: new(1 << 30)},
		{Name: "size_unit", Type: Text, Default: "megabytes", Choices: []string{"megabytes", "kilobytes", "bytes"}},
		{Name: "require_content_length", Type: Boolean, Default: false},
	}}
}

func requestTermination() Definition {
	return Definition{Name: "request-termination", Fields: []Field{
		{Name: "status_code", Type: Integer, Default: http.StatusServiceUnavailable, Min: new(200), Max: new(599)},
		{Name: "message", Type: Text},
		{Name: "content_type", Type: Text, Check: headerValue},
		{Name: "body", Type: Text},
		{Name: "trigger", Type: Text, Check: headerName},
		{Name: "echo", Type: Boolean, Default: false, Only: "must be false: requests are not sent back to the caller"},
	}, check: func(config map[string]any, found *faults) {
		if config["message"] != nil && (config["body"] != nil || config["content_type"] != nil) {
			found.add("config.message", "invalid", "cannot stand beside body or content_type")
		}
		if config["content_type"] != nil && config["body"] == nil {
			found.add("config.body", "required", "is a required field when content_type is given")
		}
	}}
}

func correlationID() Definition {
	return Definition{Name: "correlation-id", Fields: []Field{
		{Name: "header_name", Type: Text, Default: "Kong-Request-ID", Check: ownHeader},
		{Name: "generator", Type: Text, Default: "uuid#counter", Choices: []string{"uuid", "uuid#counter"}},
		{Name: "echo_downstream", Type: Boolean, Default: false},
	}}
}

const headersOnly = "must be left out: only headers are transformed"

func requestTransformer() Definition {
	return Definition{Name: "request-transformer", check: checkTransformer, Fields: []Field{
		{Name: "http_method", Type: Text, Only: headersOnly},
		transformed("remove", ownHeader, "body", "querystring"),
		transformed("rename", renaming, "body", "querystring"),
		withURI(transformed("replace", assignment, "body", "querystring")),
		transformed("add", assignment, "body", "querystring"),
		transformed("append", assignment, "body", "querystring"),
	}}
}

func responseTransformer() Definition {
	return Definition{Name: "response-transformer", check: checkTransformer, Fields: []Field{
		transformed("remove", ownHeader, "json"),
		transformed("rename", renaming, "json"),
		transformed("replace", assignment, "json", "json_types"),
		transformed("add", assignment, "json", "json_types"),
		transformed("append", assignment, "json", "json_types"),
	}}
}

// transformed is one step of a transformer: what it does to headers, and what
// it cannot be told to do to anything else.
func transformed(step string, check func(string) string, others ...string) Field {
	out := Field{Name: step, Type: Record, Fields: []Field{{Name: "headers", Type: List, Default: []any{}, Check: check}}}
	for _, other := range others {
		out.Fields = append(out.Fields, Field{Name: other, Type: List, Default: []any{}, Only: headersOnly})
	}
	return out
}

func withURI(replace Field) Field {
	replace.Fields = append(replace.Fields, Field{Name: "uri", Type: Text, Only: headersOnly})
	return replace
}

func checkTransformer(config map[string]any, found *faults) {
	for _, step := range []string{"remove", "rename", "replace", "add", "append"} {
		if record, _ := config[step].(map[string]any); !empty(record["headers"]) {
			return
		}
	}
	found.add("config.add.headers", "required", "at least one of remove, rename, replace, add and append must name a header")
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}

func empty(list any) bool {
	items, _ := list.([]any)
	return len(items) == 0
}

// The checks of texts.

var token = regexp.MustCompile("^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,128}$") // RFC 9110 §5.6.2

func headerName(s string) string {
	if !token.MatchString(s) {
		return "must be the name of a header"
	}
	return ""
}

// ownHeader is a header that a plugin may set: not one that frames a message,
// or that the gateway tells who calls in.
func ownHeader(s string) string {
	if reason := headerName(s); reason != "" {
		return reason
	}
	framing := []string{"Connection", "Content-Length", "Host", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "X-Request-Id"}
	name := http.CanonicalHeaderKey(s)
	if slices.Contains(framing, name) || strings.HasPrefix(name, "Proxy-") {
		return "is set by the gateway itself"
	}
	return ""
}

func headerValue(s string) string {
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return "must not hold control characters"
	}
	return ""
}

// assignment is name:value.
func assignment(s string) string {
	name, value, ok := strings.Cut(s, ":")
	switch {
	case !ok:
		return "must be like name:value"
	case strings.Contains(value, "$("):
		return "must be a plain value: templates are not supported"
	}
	if reason := ownHeader(name); reason != "" {
		return "the name " + reason
	}
	return headerValue(value)
}

// renaming is old:new.
func renaming(s string) string {
	before, after, ok := strings.Cut(s, ":")
	if !ok {
		return "must be like old:new"
	}
	for _, name := range []string{before, after} {
		if reason := ownHeader(name); reason != "" {
			return "a name " + reason
		}
	}
	return ""
}

func path(s string) string {
	if !strings.HasPrefix(s, "/") || strings.ContainsAny(s, "?# ") {
		return "must begin with / and hold neither query nor fragment"
	}
	return ""
}

// network is an address or a CIDR block.
func network(s string) string {
	if _, err := snapshot.ParseNetwork(s); err != nil {
		return "must be an IP address or a CIDR block, such as 192.0.2.0/24"
	}
	return ""
}

// origin is *, an origin, or a regular expression for one.
func origin(s string) string {
	if _, err := snapshot.CompileOrigin(s); s == "" || err != nil {
		return "must be *, an origin such as https://shop.example, or a regular expression (RE2 syntax)"
	}
	return ""
}
