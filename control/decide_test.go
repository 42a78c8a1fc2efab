package control_test

import (
	"testing"

	"portico"
	"portico/developers"
)

// TestDecidingOnWhatSomebodyElseHasDecided: the second of two who decide at the
// same time changes nothing, and no mail goes out for it.
func TestDecidingOnWhatSomebodyElseHasDecided(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	sam, err := h.Developers.Create(t.Context(), h.portal.ID, developers.NewAccount{Email: "sam@dev.example", FullName: "Sam", Status: new(portico.Pending)})
	must(t, err)
	h.oneMail(t, func() error {
		_, err := h.Developers.Decide(t.Context(), h.portal.ID, sam.ID, portico.Pending, portico.Approved, "")
		return err
	})
	_, err = h.Developers.Decide(t.Context(), h.portal.ID, sam.ID, portico.Pending, portico.Rejected, "late")
	wantKind(t, err, portico.KindConflict)
	if now, err := h.Developers.Find(t.Context(), sam.ID); err != nil || now.Status != portico.Approved || now.Reason != "" {
		t.Errorf("%+v, %v", now, err)
	}
}
