package sqlstore

import "portico"

// audited says how the audit log tells of a table's entities. Every table
// decides: told or untold.
type audited struct {
	told   bool
	why    string   // why it is untold
	name   string   // the column that names an entity; empty: none
	portal string   // the column with the portal it belongs to; portal_id if there is one
	hidden []string // columns of which the log says only that there is something
	quiet  []string // columns that are no news by themselves
}

// told: every write is in the audit log. Sealed and digested values are hidden
// without being listed.
func told(name string) audited { return audited{told: true, name: name, portal: "portal_id"} }

// untold: no write is in the audit log, for a reason.
func untold(why string) audited { return audited{why: why} }

func (a audited) hiding(columns ...string) audited {
	a.hidden = columns
	return a
}

func (a audited) ignoring(columns ...string) audited {
	a.quiet = columns
	return a
}

// of names the column that holds the portal's id.
func (a audited) of(portal string) audited {
	a.portal = portal
	return a
}

func auditDestinations() *table[portico.AuditDestinationID, portico.AuditDestination] {
	return &table[portico.AuditDestinationID, portico.AuditDestination]{
		name: "audit_destinations",
		noun: "audit log destination",
		row: func(d *portico.AuditDestination) []cell {
			return []cell{
				text("id", &d.ID),
				text("name", &d.Name),
				text("endpoint", &d.Endpoint),
				text("log_format", &d.Format),
				boolean("skip_ssl_verification", &d.SkipTLSVerification),
				sealed("sealed_authorization", &d.SealedAuthorization),
				instant("created_at", &d.CreatedAt),
				instant("updated_at", &d.UpdatedAt),
			}
		},
		fields: []string{"id", "name", "created_at", "updated_at"},
		audit:  told("name"),
	}
}

func auditWebhooks() *table[portico.AuditWebhookID, portico.AuditWebhook] {
	return &table[portico.AuditWebhookID, portico.AuditWebhook]{
		name: "audit_webhooks",
		noun: "audit log webhook",
		row: func(w *portico.AuditWebhook) []cell {
			return []cell{
				text("id", &w.ID),
				optionalText("portal_id", &w.PortalID),
				text("destination_id", &w.DestinationID),
				boolean("enabled", &w.Enabled),
				number("position", &w.Position),
				number("failures", &w.Failures),
				instant("due_at", &w.DueAt),
				optionalInstant("last_attempt_at", &w.LastAttemptAt),
				number("last_status", &w.LastStatus),
				text("last_message", &w.LastMessage),
				instant("created_at", &w.CreatedAt),
				instant("updated_at", &w.UpdatedAt),
			}
		},
		fields: []string{"id", "portal_id", "destination_id", "enabled", "due_at", "created_at", "updated_at"},
		audit:  told("").ignoring("position", "failures", "due_at", "last_attempt_at", "last_status", "last_message"),
	}
}

func auditReplays() *table[portico.AuditWebhookID, portico.AuditReplay] {
	return &table[portico.AuditWebhookID, portico.AuditReplay]{
		name: "audit_replays",
		noun: "audit log replay job",
		row: func(r *portico.AuditReplay) []cell {
			return []cell{
				text("id", &r.ID),
				instant("start_at", &r.From),
				instant("end_at", &r.To),
				text("status", &r.Status),
				number("position", &r.Position),
				number("failures", &r.Failures),
				instant("due_at", &r.DueAt),
				instant("created_at", &r.CreatedAt),
				instant("updated_at", &r.UpdatedAt),
			}
		},
		fields: []string{"id", "status", "due_at", "created_at", "updated_at"},
		audit:  told("").ignoring("status", "position", "failures", "due_at"),
	}
}
