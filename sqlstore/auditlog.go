package sqlstore

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"portico"
	"portico/ledger"
)

// auditing is what a transaction has to tell the audit log.
type auditing struct {
	changes  []portico.AuditChange
	left     int64  // changes that were too many
	resource string // what the entry of the changes is about: the first entity
	name     string
	portal   string
	recorded []portico.AuditEntry
}

// maxAuditChanges is how many changes one entry tells.
const maxAuditChanges = 200

// tell notes what became of one entity.
func (t *tx) tell(noun string, how audited, cells []cell, action portico.AuditAction, before, after []any) {
	change, portal, news := how.change(noun, cells, action, before, after)
	switch {
	case !news:
		return
	case t.log.resource == "":
		t.log.resource, t.log.name = krn(noun, change.ID), change.Name
	}
	if t.log.portal == "" {
		t.log.portal = portal
	}
	if len(t.log.changes) == maxAuditChanges {
		t.log.left++
		return
	}
	t.log.changes = append(t.log.changes, change)
}

// krn names an entity as the contract names resources.
func krn(noun, id string) string {
	return "krn:portico:" + hyphenated(noun) + "/" + id
}

func hyphenated(noun string) string { return strings.ToLower(strings.ReplaceAll(noun, " ", "-")) }

// RecordAudit implements portico.AuditTx.
func (t *tx) RecordAudit(_ context.Context, e portico.AuditEntry) error {
	if err := t.writable(); err != nil {
		return err
	}
	t.log.recorded = append(t.log.recorded, e)
	return nil
}

// appendAudit writes what the transaction has to tell: what was recorded, and
// one entry for all that was changed. Each signature covers the one before, so
// entries are written one transaction after the other, under the lock that the
// change log is written under. The snapshot of this transaction may be older
// than the newest entry; on PostgreSQL it is therefore read outside of it.
func (t *tx) appendAudit(ctx context.Context) error {
	entries := t.log.recorded
	if len(t.log.changes) > 0 {
		entries = append(entries, t.changeEntry(ctx))
	}
	if len(entries) == 0 || t.failed != nil {
		return t.failed
	}
	organizations, err := t.strings(ctx, "SELECT id FROM organizations ORDER BY id LIMIT 1")
	if err != nil {
		return err
	}
	if err := t.store.engine.lock(ctx, t.sql, logging); err != nil {
		return t.failPlainly(ctx, err)
	}
	previous, err := t.auditHead(ctx)
	if err != nil {
		return err
	}
	rows := make([][]any, len(entries))
	for i, e := range entries {
		if len(organizations) > 0 {
			e.OrgID = portico.OrganizationID(organizations[0])
		}
		e.At = t.store.now().UTC().Truncate(time.Microsecond)
		e.ID = portico.AuditEntryID(portico.NewID(e.At))
		tidy(&e)
		if previous, err = t.store.ledger.Sign(e, previous); err != nil {
			return err
		}
		e.Signature = previous
		if rows[i], err = auditRow(e); err != nil {
			return err
		}
	}
	places := make([]string, len(rows[0]))
	for i := range places {
		places[i] = fmt.Sprintf("$%d", i+1)
	}
	return t.writeEach(ctx, "INSERT INTO audit_entries ("+auditColumns+") VALUES ("+strings.Join(places, ", ")+")", rows)
}

// changeEntry is the entry of what the transaction has changed.
func (t *tx) changeEntry(ctx context.Context) portico.AuditEntry {
	e := portico.AuditEntry{
		Type: portico.AuditAuthorization, Event: portico.EventFrom(ctx), Granted: true,
		Resource: t.log.resource, ResourceName: t.log.name, Changes: t.log.changes, LeftOut: t.log.left,
	}
	if e.Event.PortalID == "" {
		e.Event.PortalID = portico.PortalID(t.log.portal)
	}
	if e.Event.Action == "" { // nobody's request: named as the contract would name it
		verb := map[portico.AuditAction]string{portico.AuditCreated: "create-", portico.AuditChanged: "update-", portico.AuditDeleted: "delete-"}
		first := t.log.changes[0]
		e.Event.Action = verb[first.Action] + hyphenated(first.Entity)
	}
	return e
}

// maxAuditText is how many bytes a text of an entry may have.
const maxAuditText = 1000

// tidy makes what a caller has sent fit to be kept.
func tidy(e *portico.AuditEntry) {
	for _, s := range []*string{&e.Event.Action, &e.Event.Principal.ID, &e.Event.Principal.Name, &e.Event.ClientIP, &e.Event.UserAgent,
		&e.Event.TraceID, &e.Event.Method, &e.Event.URI, &e.Resource, &e.ResourceName} {
		*s = strings.ReplaceAll(strings.ToValidUTF8((*s)[:min(len(*s), maxAuditText)], ""), "\x00", "")
	}
}

// auditHead is the signature that the next entry follows.
func (t *tx) auditHead(ctx context.Context) (string, error) {
	const newest = "SELECT signature FROM audit_entries ORDER BY position DESC LIMIT 1"
	const anchor = "SELECT value FROM meta WHERE key = $1"
	found, err := t.outside(ctx, newest)
	if err != nil || len(found) > 0 {
		return strings.Join(found, ""), err
	}
	if found, err = t.outside(ctx, anchor, portico.MetaAuditAnchor); err != nil {
		return "", err
	}
	begin, err := ledger.ParseAnchor(strings.Join(found, ""))
	return begin.Previous, err
}

// outside runs a SELECT of one text on what is committed by now. SQLite has one
// writer, which sees it anyway.
func (t *tx) outside(ctx context.Context, query string, args ...any) ([]string, error) {
	if t.store.heads == nil {
		return t.strings(ctx, query, args...)
	}
	var found string
	err := t.store.heads.QueryRowContext(ctx, query, args...).Scan(&found)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, t.failPlainly(ctx, err)
	}
	return []string{found}, nil
}

const auditColumns = "id, at, org_id, type, action, principal_kind, principal_id, principal_name, portal_id, client_ip, user_agent, " +
	"trace_id, method, uri, resource, resource_name, granted, outcome, sign_in_type, changes, left_out, signature"

// auditRow is an entry in the order of auditColumns.
func auditRow(e portico.AuditEntry) ([]any, error) {
	changes, err := json.Marshal(e.Changes)
	v := e.Event
	return []any{string(e.ID), e.At.UnixMicro(), string(e.OrgID), string(e.Type), v.Action, string(v.Principal.Kind), v.Principal.ID,
		v.Principal.Name, string(v.PortalID), v.ClientIP, v.UserAgent, v.TraceID, v.Method, v.URI, e.Resource, e.ResourceName, e.Granted,
		string(e.Outcome), string(e.SignInType), string(changes), e.LeftOut, e.Signature}, err
}

// auditFields are what entries may be filtered by.
func auditFields() map[string]field {
	fields := map[string]field{
		"position": {expr: "position", kind: numeric},
		"at":       {expr: "at", kind: moment},
		"granted":  {expr: "granted", kind: truth},
	}
	searched := []string{"action", "principal_id", "principal_name", "resource", "resource_name", "trace_id"}
	for _, column := range append(searched, "id", "type", "portal_id", "principal_kind") {
		fields[column] = field{expr: column, kind: textual}
	}
	fields["text"] = field{expr: "(" + strings.Join(append(searched, "client_ip", "uri", "outcome"), " || ' ' || ") + ")", kind: textual}
	return fields
}

// AuditEntries implements portico.AuditTx.
func (t *tx) AuditEntries(ctx context.Context, q portico.AuditQuery) ([]portico.AuditEntry, error) {
	l := listing{engine: t.store.engine, table: "audit_entries", fields: auditFields()}
	where := l.where(q.Filters)
	if q.Size < 1 {
		l.refuse("page[size]", "min", "A page has a size of at least 1.")
	}
	if l.faults != nil {
		return nil, portico.InvalidAll(l.faults...)
	}
	order := " ORDER BY position DESC"
	if q.OldestFirst {
		order = " ORDER BY position"
	}
	var found []portico.AuditEntry
	err := t.query(ctx, "SELECT position, "+auditColumns+" FROM audit_entries"+where+order+" LIMIT "+l.bind(q.Size), l.args,
		func(rows *sql.Rows) error {
			var e portico.AuditEntry
			v := &e.Event
			err := rows.Scan(&e.Position, &e.ID, micros{&e.At}, &e.OrgID, &e.Type, &v.Action, &v.Principal.Kind, &v.Principal.ID,
				&v.Principal.Name, &v.PortalID, &v.ClientIP, &v.UserAgent, &v.TraceID, &v.Method, &v.URI, &e.Resource, &e.ResourceName,
				&e.Granted, &e.Outcome, &e.SignInType, jsonText[[]portico.AuditChange]{&e.Changes}, &e.LeftOut, &e.Signature)
			found = append(found, e)
			return err
		})
	return found, err
}

// TrimAudit implements portico.AuditTx.
func (t *tx) TrimAudit(ctx context.Context, before time.Time, atMost int) (int, error) {
	trimmed, reached := 0, false
	var position int64
	var signature string
	err := t.query(ctx, "SELECT position, at, signature FROM audit_entries ORDER BY position LIMIT $1", []any{max(atMost, 0)},
		func(rows *sql.Rows) error {
			var p, at int64
			var s string
			if err := rows.Scan(&p, &at, &s); err != nil {
				return err
			}
			if reached = reached || at >= before.UnixMicro(); !reached {
				position, signature = p, s
				trimmed++
			}
			return nil
		})
	if err != nil || trimmed == 0 {
		return 0, err
	}
	if err := t.write(ctx, "DELETE FROM audit_entries WHERE position <= $1", position); err != nil {
		return 0, t.failPlainly(ctx, err)
	}
	return trimmed, t.SetMeta(ctx, portico.MetaAuditAnchor, t.store.ledger.NewAnchor(position, signature).String())
}
