package audit

import (
	"context"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"time"

	"portico"
	"portico/ledger"
	"portico/usecase"
)

// Entries is the log as it is read.
type Entries struct{ usecase.Deps }

// Query asks for a page of the log, newest first. The filters are those of
// portico.AuditQuery.
type Query struct {
	Filters []portico.Filter
	Size    int
	Older   int64 // only entries before this position; 0: from the newest on
	Newer   int64 // only entries after this position, those next to it; not with Older
}

// Page is one page and whether there are entries on both sides of it.
type Page struct {
	Entries  []portico.AuditEntry // newest first
	HasNewer bool
	HasOlder bool
}

// Page returns entries. KindInvalid for filters that there are not.
func (e Entries) Page(ctx context.Context, q Query) (Page, error) {
	if q.Size < 1 { // before it grows by one
		return Page{}, portico.Invalid("page[size]", "min", "must be at least 1")
	}
	ask := portico.AuditQuery{Filters: slices.Clone(q.Filters), Size: q.Size + 1, OldestFirst: q.Newer > 0}
	switch {
	case q.Newer > 0:
		ask.Filters = append(ask.Filters, beyond(portico.OpGreater, q.Newer))
	case q.Older > 0:
		ask.Filters = append(ask.Filters, beyond(portico.OpLess, q.Older))
	}
	found, err := usecase.View(ctx, e.Store, func(tx portico.Tx) ([]portico.AuditEntry, error) { return tx.AuditEntries(ctx, ask) })
	more := len(found) > q.Size
	found = found[:min(len(found), q.Size)]
	if q.Newer > 0 {
		slices.Reverse(found)
		return Page{Entries: found, HasNewer: more, HasOlder: true}, err
	}
	return Page{Entries: found, HasNewer: q.Older > 0, HasOlder: more}, err
}

func beyond(op string, position int64) portico.Filter {
	return portico.Filter{Field: "position", Op: op, Values: []string{strconv.FormatInt(position, 10)}}
}

// Entry returns one entry. KindNotFound.
func (e Entries) Entry(ctx context.Context, id portico.AuditEntryID) (portico.AuditEntry, error) {
	page, err := e.Page(ctx, Query{Size: 1, Filters: []portico.Filter{portico.Where("id", id)}})
	if err == nil && len(page.Entries) == 0 {
		err = portico.NotFound("audit log entry", id)
	}
	if err != nil {
		return portico.AuditEntry{}, err
	}
	return page.Entries[0], nil
}

// batch is how many entries are read at once where all are wanted.
const batch = 500

// each hands entries over, oldest first, batch by batch.
func (e Entries) each(ctx context.Context, filters []portico.Filter, do func(portico.AuditEntry) error) error {
	for position := int64(0); ; {
		found, err := usecase.View(ctx, e.Store, func(tx portico.Tx) ([]portico.AuditEntry, error) {
			return tx.AuditEntries(ctx, portico.AuditQuery{
				Filters: append(slices.Clone(filters), beyond(portico.OpGreater, position)), OldestFirst: true, Size: batch})
		})
		if err != nil {
			return err
		}
		for _, entry := range found {
			if err := do(entry); err != nil {
				return err
			}
			position = entry.Position
		}
		if len(found) < batch {
			return nil
		}
	}
}

// Export writes the entries that the filters hold for, oldest first, each as a
// line of JSON (NDJSON): Line. What is recorded meanwhile may or may not be
// among them.
func (e Entries) Export(ctx context.Context, w io.Writer, filters []portico.Filter) error {
	out := json.NewEncoder(w)
	out.SetEscapeHTML(false)
	return e.each(ctx, filters, func(entry portico.AuditEntry) error { return out.Encode(NewLine(entry)) })
}

// Report is what came out of verifying the log.
type Report struct {
	Entries   int    // how many were checked and found good
	First     int64  // position of the oldest; 0: there is none
	Last      int64  // position of the newest good one
	Signature string // its signature: whoever keeps it elsewhere notices later if the end of the log was cut off
	Found     bool   // the signature that was asked for was among them
	Trimmed   int64  // the log was trimmed up to this position; 0: never
}

// Verify checks every entry's signature, and that none was removed, added or
// moved. known is a signature that an earlier Report gave, or empty. An error
// that is no portico.Error says which entry does not hold.
func (e Entries) Verify(ctx context.Context, known string) (Report, error) {
	var report Report
	key, err := ledger.Open(ctx, e.Store, e.Sealer)
	if err != nil {
		return report, err
	}
	anchor, err := usecase.View(ctx, e.Store, func(tx portico.Tx) (ledger.Anchor, error) {
		value, err := tx.Meta(ctx, portico.MetaAuditAnchor)
		if err != nil {
			return ledger.Anchor{}, err
		}
		return ledger.ParseAnchor(value)
	})
	if err != nil {
		return report, err
	}
	chain, err := key.NewChain(anchor)
	if err != nil {
		return report, err
	}
	report.Trimmed, report.Signature, report.Found = anchor.Position, anchor.Previous, known == "" || known == anchor.Previous
	err = e.each(ctx, nil, func(entry portico.AuditEntry) error {
		if err := chain.Next(entry); err != nil {
			return err
		}
		if report.First == 0 {
			report.First = entry.Position
		}
		report.Entries++
		report.Last, report.Signature = entry.Position, entry.Signature
		report.Found = report.Found || known == entry.Signature
		return nil
	})
	return report, err
}

// Key is the public key that the log is signed with.
func (e Entries) Key(ctx context.Context) (ledger.JWK, error) {
	key, err := ledger.Open(ctx, e.Store, e.Sealer)
	if err != nil {
		return ledger.JWK{}, err
	}
	return key.Public(), nil
}

// trimmedAtOnce keeps the transactions of trimming short.
const trimmedAtOnce = 1000

// Trim forgets the entries that are older than keep.
func (e Entries) Trim(ctx context.Context, keep time.Duration) error {
	before := e.Now().Add(-keep)
	for trimmed := trimmedAtOnce; trimmed == trimmedAtOnce; {
		err := e.Store.Update(ctx, func(tx portico.Tx) (err error) {
			trimmed, err = tx.TrimAudit(ctx, before, trimmedAtOnce)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
