package inventory

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestPatienceEnds: of a provider that only ever asks for a pause, too.
func TestPatienceEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began, wait := time.Now(), patient()
		for wait(t.Context(), time.Minute) {
		}
		if waited := time.Since(began); waited != longestWait {
			t.Errorf("waited %s", waited)
		}
		if patient()(t.Context(), longestPause+1) {
			t.Error("waited longer than any window is")
		}
	})
}
