package storetest

import (
	"context"
	"errors"
	"testing"

	"portico"
)

// tieReach ties to the portal who reaches it, and how it reaches people.
func (w *World) tieReach() {
	w.IPAllowList.PortalID = w.Portal.ID
}

func (w World) insertReach(ctx context.Context, tx portico.Tx) error {
	return errors.Join(
		tx.IPAllowLists().Insert(ctx, w.IPAllowList),
	)
}

func testReachEntities(t *testing.T, open func(*testing.T) portico.Store) {
	w := newWorld()
	t.Run("IP allow lists", check(open, w, subject[portico.AllowListID, portico.IPAllowList]{
		of: portico.Tx.IPAllowLists, id: func(e *portico.IPAllowList) *portico.AllowListID { return &e.ID },
		refs: func(to *portico.IPAllowList, from portico.IPAllowList) { to.PortalID = from.PortalID }, like: w.IPAllowList}))
}

// reachFindings is what these entities are found by.
func reachFindings(w World) []finding {
	return []finding{
		{"IP allow lists", ask(portico.Tx.IPAllowLists, func(e portico.IPAllowList) portico.AllowListID { return e.ID }), string(w.IPAllowList.ID),
			map[string]string{"portal_id": string(w.Portal.ID)}},
	}
}
