package auditapi

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"portico"
	"portico/audit"
	"portico/httpkit"
	"portico/ledger"
	"portico/listing"
)

// authorizationView is the contract's AuthorizationLog.
type authorizationView struct {
	Type        portico.AuditType      `json:"type"`
	Signature   string                 `json:"signature"`
	Service     string                 `json:"service"`
	Resource    string                 `json:"resource"`
	Action      string                 `json:"action"`
	Granted     bool                   `json:"granted"`
	OrgID       portico.OrganizationID `json:"org_id"`
	At          httpkit.Timestamp      `json:"ts"`
	PrincipalID string                 `json:"principal_id"`
	ClientIP    string                 `json:"client_ip,omitempty"`
	URI         string                 `json:"uri,omitempty"`
	UserAgent   string                 `json:"user_agent,omitempty"`
	TraceID     string                 `json:"trace_id,omitempty"`
	PortalID    portico.PortalID       `json:"portal_id,omitempty"`
}

// authenticationView is the contract's AuthenticationLog.
type authenticationView struct {
	Type        portico.AuditType      `json:"type"`
	Successful  bool                   `json:"successful"`
	PrincipalID string                 `json:"principal_id,omitempty"`
	Signature   string                 `json:"signature"`
	OrgID       portico.OrganizationID `json:"org_id,omitempty"`
	Outcome     portico.SignInOutcome  `json:"outcome"`
	Way         portico.SignInType     `json:"authentication_type"`
	At          httpkit.Timestamp      `json:"ts"`
	ClientIP    string                 `json:"client_ip"`
	URI         string                 `json:"uri"`
	UserAgent   string                 `json:"user_agent"`
	TraceID     string                 `json:"trace_id"`
	PortalID    portico.PortalID       `json:"portal_id,omitempty"`
}

func viewEntry(e portico.AuditEntry) any {
	v := e.Event
	if e.Type == portico.AuditAuthentication {
		return authenticationView{
			Type: e.Type, Successful: e.Granted, PrincipalID: v.Principal.ID, Signature: e.Signature, OrgID: e.OrgID, Outcome: e.Outcome,
			Way: e.SignInType, At: httpkit.Timestamp(e.At), ClientIP: v.ClientIP, URI: v.URI, UserAgent: v.UserAgent, TraceID: v.TraceID,
			PortalID: v.PortalID,
		}
	}
	return authorizationView{
		Type: e.Type, Signature: e.Signature, Service: "portico", Resource: e.Resource, Action: v.Action, Granted: e.Granted, OrgID: e.OrgID,
		At: httpkit.Timestamp(e.At), PrincipalID: v.Principal.ID, ClientIP: v.ClientIP, URI: v.URI, UserAgent: v.UserAgent,
		TraceID: v.TraceID, PortalID: v.PortalID,
	}
}

// entriesSpec is what the log can be asked for.
func entriesSpec() listing.Spec {
	types := make([]string, 0, 3)
	for _, t := range portico.AuditTypes() {
		types = append(types, string(t))
	}
	return listing.Spec{
		Filters:     map[string]listing.FieldKind{"ts": listing.Date(), "type": listing.Enum(types...)},
		DefaultSize: 20, MaxSize: 1000,
	}
}

// window is how far back the log is answered where the request does not say.
const window = 7 * 24 * time.Hour

// readQuery reads what a request asks of the log. Newest come first, so that
// page[after] leads to older entries.
func readQuery(r *http.Request, now time.Time) (audit.Query, error) {
	values := r.URL.Query()
	older, newer := values.Get("page[after]"), values.Get("page[before]")
	values.Del("page[after]")
	values.Del("page[before]")
	rest := r.Clone(r.Context())
	rest.URL.RawQuery = values.Encode()
	parsed, err := listing.ParseCursor(rest, entriesSpec())
	if err != nil {
		return audit.Query{}, err
	}
	q := audit.Query{Size: parsed.Size}
	var faults []portico.InvalidParameter
	for name, cursor := range map[string]struct {
		text string
		to   *int64
	}{"page[after]": {older, &q.Older}, "page[before]": {newer, &q.Newer}} {
		if position, ok := decodeCursor(cursor.text); ok {
			*cursor.to = position
		} else if cursor.text != "" {
			faults = append(faults, portico.InvalidParameter{Field: name, Rule: "invalid", Reason: "must be a cursor of an earlier answer, unchanged", Source: "query"})
		}
	}
	if q.Older > 0 && q.Newer > 0 {
		faults = append(faults, portico.InvalidParameter{Field: "page[before]", Rule: "invalid", Reason: "must not be given together with page[after]", Source: "query"})
	}
	if faults != nil {
		slices.SortFunc(faults, func(a, b portico.InvalidParameter) int { return strings.Compare(a.Field, b.Field) })
		return audit.Query{}, portico.InvalidAll(faults...)
	}
	q.Filters = sinceWhen(parsed.Filters, now)
	return q, nil
}

// sinceWhen names the filters as the log does, and adds the contract's default
// for how far back it goes: seven days before the end of the time asked for.
func sinceWhen(filters []portico.Filter, now time.Time) []portico.Filter {
	end, begins := now, false
	var out []portico.Filter
	for _, f := range filters {
		if f.Field == "ts" {
			f.Field = "at"
			switch at, err := time.Parse(time.RFC3339Nano, f.Values[0]); {
			case f.Op == portico.OpLess || f.Op == portico.OpLessEqual:
				if err == nil && at.Before(end) {
					end = at
				}
			default:
				begins = true
			}
		}
		out = append(out, f)
	}
	if begins {
		return out
	}
	since := end.Add(-window).UTC().Format(time.RFC3339Nano)
	return append(out, portico.Filter{Field: "at", Op: portico.OpGreaterOrEq, Values: []string{since}})
}

func encodeCursor(position int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte("audit:" + strconv.FormatInt(position, 10)))
}

func decodeCursor(s string) (position int64, ok bool) {
	raw, err := base64.RawURLEncoding.DecodeString(s)
	digits, found := strings.CutPrefix(string(raw), "audit:")
	if err != nil || !found {
		return 0, false
	}
	position, err = strconv.ParseInt(digits, 10, 64)
	return position, err == nil && position > 0 && encodeCursor(position) == s
}

func (s server) entries(w http.ResponseWriter, r *http.Request) error {
	q, err := readQuery(r, s.Audit.Entries.Now())
	if err != nil {
		return err
	}
	page, err := s.Audit.Entries.Page(r.Context(), q)
	if err != nil {
		return err
	}
	list := listing.CursorList[any]{Data: make([]any, len(page.Entries)), Meta: listing.CursorMeta{Page: listing.CursorPage{Size: q.Size}}}
	for i, e := range page.Entries {
		list.Data[i] = viewEntry(e)
	}
	link := func(name string, at portico.AuditEntry) *string {
		values := r.URL.Query()
		values.Del("page[after]")
		values.Del("page[before]")
		values.Set(name, encodeCursor(at.Position))
		return new((&url.URL{Path: r.URL.Path, RawQuery: values.Encode()}).String())
	}
	if n := len(page.Entries); n > 0 && page.HasOlder {
		list.Meta.Page.Next = link("page[after]", page.Entries[n-1])
	}
	if len(page.Entries) > 0 && page.HasNewer {
		list.Meta.Page.Previous = link("page[before]", page.Entries[0])
	}
	return httpkit.JSON(w, http.StatusOK, list)
}

// key is the document with the public key that delivered lines are signed with
// (RFC 7517).
func (s server) key(w http.ResponseWriter, r *http.Request) error {
	key, err := s.Audit.Entries.Key(r.Context())
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, struct {
		Keys []ledger.JWK `json:"keys"`
	}{[]ledger.JWK{key}})
}
