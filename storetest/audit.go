package storetest

import (
	"context"
	"errors"
	"testing"

	"portico"
)

// tieAudit ties what tells others of the audit log.
func (w *World) tieAudit() {
	w.AuditWebhook.PortalID, w.AuditWebhook.DestinationID = &w.Portal.ID, w.AuditDestination.ID
	w.AuditReplay.ID = w.AuditWebhook.ID
}

func (w World) insertAudit(ctx context.Context, tx portico.Tx) error {
	return errors.Join(
		tx.AuditDestinations().Insert(ctx, w.AuditDestination),
		tx.AuditWebhooks().Insert(ctx, w.AuditWebhook),
		tx.AuditReplays().Insert(ctx, w.AuditReplay),
	)
}

func testAuditEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("audit log destinations", check(open, w, subject[portico.AuditDestinationID, portico.AuditDestination]{
		of: portico.Tx.AuditDestinations, id: func(e *portico.AuditDestination) *portico.AuditDestinationID { return &e.ID },
		refs: func(*portico.AuditDestination, portico.AuditDestination) {}, like: w.AuditDestination}))
	t.Run("audit log webhooks", check(open, w, subject[portico.AuditWebhookID, portico.AuditWebhook]{
		of: portico.Tx.AuditWebhooks, id: func(e *portico.AuditWebhook) *portico.AuditWebhookID { return &e.ID },
		refs: func(to *portico.AuditWebhook, from portico.AuditWebhook) {
			to.DestinationID = from.DestinationID
			if to.PortalID != nil {
				to.PortalID = from.PortalID
			}
		}, like: w.AuditWebhook}))
	t.Run("audit log replays", check(open, w, subject[portico.AuditWebhookID, portico.AuditReplay]{
		of: portico.Tx.AuditReplays, id: func(e *portico.AuditReplay) *portico.AuditWebhookID { return &e.ID },
		refs: func(to *portico.AuditReplay, from portico.AuditReplay) { to.ID = from.ID }, like: w.AuditReplay, alone: true}))
}
