package audit

import "portico/usecase"

// Audit is the use cases around the audit log.
type Audit struct {
	Log          *Log
	Entries      Entries
	Destinations Destinations
	Webhooks     Webhooks
}

// New makes them.
func New(d usecase.Deps) Audit {
	return Audit{Log: NewLog(d), Entries: Entries{d}, Destinations: Destinations{d}, Webhooks: Webhooks{d}}
}
