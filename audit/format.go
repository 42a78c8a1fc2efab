package audit

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"portico"
	"portico/ledger"
)

// Line is an entry as an export has it, a JSON object.
type Line struct {
	ID             portico.AuditEntryID   `json:"id"`
	Position       int64                  `json:"position"`
	At             string                 `json:"ts"` // RFC 3339, UTC, microseconds
	Type           portico.AuditType      `json:"type"`
	OrgID          portico.OrganizationID `json:"org_id"`
	PortalID       portico.PortalID       `json:"portal_id,omitempty"`
	Action         string                 `json:"action"`
	Granted        bool                   `json:"granted"` // of a sign-in: it succeeded
	Outcome        portico.SignInOutcome  `json:"outcome,omitempty"`
	Authentication portico.SignInType     `json:"authentication_type,omitempty"`
	PrincipalKind  portico.PrincipalKind  `json:"principal_kind"`
	PrincipalID    string                 `json:"principal_id,omitempty"`
	PrincipalName  string                 `json:"principal_name,omitempty"`
	Resource       string                 `json:"resource,omitempty"`
	ResourceName   string                 `json:"resource_name,omitempty"`
	Changes        []portico.AuditChange  `json:"changes,omitempty"`
	LeftOut        int64                  `json:"left_out,omitempty"`
	ClientIP       string                 `json:"client_ip,omitempty"`
	UserAgent      string                 `json:"user_agent,omitempty"`
	TraceID        string                 `json:"trace_id,omitempty"`
	Method         string                 `json:"method,omitempty"`
	URI            string                 `json:"uri,omitempty"`
	Signature      string                 `json:"signature"`
}

// NewLine is the entry as an export has it.
func NewLine(e portico.AuditEntry) Line {
	v := e.Event
	return Line{
		ID: e.ID, Position: e.Position, At: e.At.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), Type: e.Type, OrgID: e.OrgID,
		PortalID: v.PortalID, Action: v.Action, Granted: e.Granted, Outcome: e.Outcome, Authentication: e.SignInType,
		PrincipalKind: v.Principal.Kind, PrincipalID: v.Principal.ID, PrincipalName: v.Principal.Name,
		Resource: e.Resource, ResourceName: e.ResourceName, Changes: e.Changes, LeftOut: e.LeftOut, ClientIP: v.ClientIP,
		UserAgent: v.UserAgent, TraceID: v.TraceID, Method: v.Method, URI: v.URI, Signature: e.Signature,
	}
}

// pair is one named value of a delivered line.
type pair struct {
	name  string
	value any
}

// Render is an entry as a webhook delivers it: one line, without its end. The
// line carries a signature of itself as sig, made with the key of the log over
// the line as it is without " sig=…" (cef) or ,"sig":"…" (json, cps).
func Render(e portico.AuditEntry, format portico.AuditFormat, key ledger.Key) (string, error) {
	if format == portico.AuditCEF {
		line := cef(e)
		return line + " sig=" + key.SignText(line), nil
	}
	pairs := jsonPairs(e)
	if format == portico.AuditCPS {
		pairs = cpsPairs(e)
	}
	line, err := object(pairs)
	if err != nil {
		return "", err
	}
	return strings.TrimSuffix(line, "}") + `,"sig":"` + key.SignText(line) + `"}`, nil
}

// class and name of an event, as Konnect's logs have them.
func class(e portico.AuditEntry) (class, name string) {
	if e.Type == portico.AuditAuthentication {
		return "AUTHENTICATION_TYPE_" + strings.ToUpper(string(e.SignInType)), "AUTHENTICATION_OUTCOME_" + strings.ToUpper(string(e.Outcome))
	}
	kind, _, _ := strings.Cut(strings.TrimPrefix(e.Resource, "krn:portico:"), "/")
	return kind, "Authz." + kind
}

// severity is 0 for what went as it should and 5 for a refusal.
func severity(e portico.AuditEntry) int {
	if e.Granted {
		return 0
	}
	return 5
}

// details are what every format tells beside its frame.
func details(e portico.AuditEntry) []pair {
	v := e.Event
	pairs := []pair{{"rt", e.At.UnixMilli()}, {"src", v.ClientIP}, {"request", v.URI}, {"requestMethod", v.Method}, {"action", v.Action}}
	if e.Type == portico.AuditAuthentication {
		pairs = append(pairs, pair{"success", e.Granted})
	} else {
		pairs = append(pairs, pair{"granted", e.Granted}, pair{"resource", e.Resource}, pair{"resource_name", e.ResourceName})
	}
	pairs = append(pairs, pair{"org_id", string(e.OrgID)}, pair{"portal_id", string(v.PortalID)}, pair{"principal_kind", string(v.Principal.Kind)},
		pair{"principal_id", v.Principal.ID}, pair{"principal_name", v.Principal.Name}, pair{"trace_id", v.TraceID}, pair{"user_agent", v.UserAgent},
		pair{"entry_id", string(e.ID)}, pair{"left_out", e.LeftOut})
	out := pairs[:0]
	for _, p := range pairs {
		if p.value != "" && p.value != int64(0) {
			out = append(out, p)
		}
	}
	return out
}

// cef is an entry in ArcSight's common event format.
func cef(e portico.AuditEntry) string {
	header := strings.NewReplacer(`\`, `\\`, "|", `\|`, "\n", " ", "\r", " ")
	extension := strings.NewReplacer(`\`, `\\`, "=", `\=`, "\n", `\n`, "\r", `\r`)
	class, name := class(e)
	line := fmt.Sprintf("%s portico CEF:0|Portico|Portico|1.0|%s|%s|%d|", e.At.UTC().Format(time.RFC3339), header.Replace(class), header.Replace(name), severity(e))
	words := make([]string, 0, 16)
	for _, p := range details(e) {
		words = append(words, p.name+"="+extension.Replace(fmt.Sprint(p.value)))
	}
	return line + strings.Join(words, " ")
}

// jsonPairs is an entry as Konnect's JSON has it, and what was changed.
func jsonPairs(e portico.AuditEntry) []pair {
	class, name := class(e)
	pairs := []pair{{"cef_version", 0}, {"event_class_id", class}, {"event_product", "Portico"}, {"event_ts", e.At.UTC().Format(time.RFC3339Nano)},
		{"event_vendor", "Portico"}, {"event_version", "1.0"}, {"name", name}, {"severity", severity(e)}}
	pairs = append(pairs, details(e)...)
	if len(e.Changes) > 0 {
		pairs = append(pairs, pair{"changes", e.Changes})
	}
	return pairs
}

// cpsPairs is an entry in the CrowdStrike parsing standard: the fields of the
// Elastic common schema, and what it has no field for under Vendor.
func cpsPairs(e portico.AuditEntry) []pair {
	v := e.Event
	category, outcome := "configuration", "success"
	if e.Type == portico.AuditAuthentication {
		category = "authentication"
	}
	if !e.Granted {
		outcome = "failure"
	}
	pairs := []pair{{"@timestamp", e.At.UTC().Format(time.RFC3339Nano)}, {"Cps.version", "1.0.0"}, {"ecs.version", "8.11.0"},
		{"event.kind", "event"}, {"event.module", "portico"}, {"event.category", []string{category}}, {"event.action", v.Action},
		{"event.outcome", outcome}, {"event.severity", severity(e)}, {"event.id", string(e.ID)},
		{"source.ip", v.ClientIP}, {"url.path", v.URI}, {"http.request.method", v.Method}, {"user.id", v.Principal.ID},
		{"user.name", v.Principal.Name}, {"user_agent.original", v.UserAgent}, {"organization.id", string(e.OrgID)}, {"trace.id", v.TraceID}}
	out := pairs[:0]
	for _, p := range pairs {
		if p.value != "" {
			out = append(out, p)
		}
	}
	for _, p := range jsonPairs(e) {
		switch p.name {
		case "event_class_id", "name", "granted", "success", "resource", "resource_name", "portal_id", "principal_kind", "changes", "left_out":
			out = append(out, pair{"Vendor." + p.name, p.value})
		}
	}
	return out
}

// object writes pairs as a JSON object in their order.
func object(pairs []pair) (string, error) {
	var b strings.Builder
	for i, p := range pairs {
		value, err := json.Marshal(p.value)
		if err != nil {
			return "", err
		}
		b.WriteString(map[bool]string{true: "{", false: ","}[i == 0])
		b.WriteString(strconv.Quote(p.name) + ":" + string(value))
	}
	return b.String() + "}", nil
}
