package operate

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"portico"
	"portico/access"
	"portico/audit"
	"portico/webui/design"
	"portico/webui/desk"
	"portico/webui/i18n"
)

const auditPath = "/audit-log"

func (p pages) auditRoutes() []desk.Route {
	view := access.For(access.AuditLogs, access.View, "")
	return []desk.Route{
		desk.On("GET "+auditPath, p.auditLog, view),
		desk.On("GET "+auditPath+"/export", p.exportLog, view),
		desk.On("POST "+auditPath+"/verify", p.verifyLog, view).As("verify-audit-log"),
		desk.On("GET "+auditPath+"/entries/{entry}", p.entry, view),
	}
}

// perPage is how many entries a page of the log shows.
const perPage = 50

// logView is a page of the audit log.
type logView struct {
	query   url.Values
	entries []portico.AuditEntry
	newer   string // leads to newer entries; empty: there are none
	older   string
	faults  []design.FieldError
	checked *audit.Report // just verified
	broken  string        // what verifying found wrong
}

// value is what a field of the filter form holds.
func (l logView) value(field string) string { return strings.TrimSpace(l.query.Get(field)) }

func (l logView) filtered() bool {
	for _, field := range []string{"q", "actor", "action", "type", "from", "to"} {
		if l.value(field) != "" {
			return true
		}
	}
	return false
}

// filters are the conditions that the form asks for.
func (l *logView) filters(v *desk.Visit) []portico.Filter {
	var out []portico.Filter
	add := func(field, op, value string) {
		if value != "" && !strings.ContainsRune(value, 0) {
			out = append(out, portico.Filter{Field: field, Op: op, Values: []string{value}})
		}
	}
	add("text", portico.OpContains, l.value("q"))
	add("principal_name", portico.OpContains, l.value("actor"))
	add("action", portico.OpContains, l.value("action"))
	switch kind := l.value("type"); kind {
	case string(portico.AuditAuthorization), string(portico.AuditAuthentication):
		add("type", portico.OpEqual, kind)
	}
	for _, bound := range []struct{ field, op string }{{"from", portico.OpGreaterOrEq}, {"to", portico.OpLess}} {
		typed := l.value(bound.field)
		if typed == "" {
			continue
		}
		day, err := time.Parse(time.DateOnly, typed)
		if err != nil {
			l.faults = append(l.faults, design.FieldError{ID: bound.field, Message: v.T("operate.bad_date")})
			continue
		}
		if bound.field == "to" {
			day = day.AddDate(0, 0, 1) // the day itself is meant, too
		}
		add("at", bound.op, day.Format(time.RFC3339))
	}
	return out
}

func (p pages) auditLog(w http.ResponseWriter, v *desk.Visit) error {
	return p.showLog(w, v, logView{query: v.URL.Query()})
}

func (p pages) showLog(w http.ResponseWriter, v *desk.Visit, view logView) error {
	q := audit.Query{Filters: view.filters(v), Size: perPage}
	q.Older, _ = strconv.ParseInt(view.value("older"), 10, 64) // what is no number is the newest page
	if q.Older <= 0 {
		q.Older = 0
		q.Newer, _ = strconv.ParseInt(view.value("newer"), 10, 64)
		q.Newer = max(q.Newer, 0)
	}
	status := http.StatusOK
	if len(view.faults) > 0 {
		status = http.StatusUnprocessableEntity
	} else {
		page, err := p.Audit.Entries.Page(v.Context(), q)
		if err != nil {
			return err
		}
		view.entries = page.Entries
		if page.HasNewer {
			view.newer = view.turn("newer", page.Entries[0].Position)
		}
		if page.HasOlder && len(page.Entries) > 0 {
			view.older = view.turn("older", page.Entries[len(page.Entries)-1].Position)
		}
	}
	return v.Render(w, status, v.T("operate.audit_title"), auditPage(view), desk.Wide)
}

// turn is the page's address from an entry on.
func (l logView) turn(direction string, position int64) string {
	q := l.kept()
	q.Set(direction, strconv.FormatInt(position, 10))
	return auditPath + "?" + q.Encode()
}

// kept are the filters that another address takes along.
func (l logView) kept() url.Values {
	q := url.Values{}
	for _, field := range []string{"q", "actor", "action", "type", "from", "to"} {
		if value := l.value(field); value != "" {
			q.Set(field, value)
		}
	}
	return q
}

func (l logView) exportHref() string { return auditPath + "/export?" + l.kept().Encode() }

// exportLog answers with what the filters hold for, a line of JSON each.
func (p pages) exportLog(w http.ResponseWriter, v *desk.Visit) error {
	view := logView{query: v.URL.Query()}
	filters := view.filters(v)
	if len(view.faults) > 0 {
		return p.showLog(w, v, view)
	}
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.Header().Set("Content-Disposition", `attachment; filename="audit-log.ndjson"`)
	return p.Audit.Entries.Export(v.Context(), w, filters)
}

// verifyLog checks the signatures of the whole log, and says what came out.
func (p pages) verifyLog(w http.ResponseWriter, v *desk.Visit) error {
	view := logView{query: v.URL.Query()}
	report, err := p.Audit.Entries.Verify(v.Context(), "")
	if portico.KindOf(err) == portico.KindInternal && err != nil && v.Context().Err() == nil {
		view.broken = err.Error() // which entry does not hold
	} else if err != nil {
		return err
	} else {
		view.checked = &report
	}
	return p.showLog(w, v, view)
}

func (p pages) entry(w http.ResponseWriter, v *desk.Visit) error {
	e, err := p.Audit.Entries.Entry(v.Context(), portico.AuditEntryID(v.PathValue("entry")))
	if err != nil {
		return err
	}
	return v.Render(w, http.StatusOK, v.T("operate.entry_title"), entryPage(e))
}

// who names who acted.
func who(ctx context.Context, e portico.Event) string {
	switch {
	case e.Principal.Name != "":
		return e.Principal.Name
	case e.Principal.Kind == portico.PrincipalAnonymous:
		return i18n.T(ctx, "operate.anonymous")
	}
	return e.Principal.ID
}

// shown is a value of a change as a person reads it: texts without quotation
// marks, everything else as JSON, what is withheld as that.
func shown(ctx context.Context, value json.RawMessage) string {
	var withheld struct {
		Withheld string `json:"withheld"`
	}
	var text string
	switch {
	case len(value) == 0:
		return "–"
	case json.Unmarshal(value, &withheld) == nil && withheld.Withheld != "":
		return i18n.T(ctx, "operate.withheld", "What", withheld.Withheld)
	case json.Unmarshal(value, &text) == nil:
		return text
	}
	var indented bytes.Buffer
	if json.Indent(&indented, value, "", "  ") != nil {
		return string(value)
	}
	return indented.String()
}
