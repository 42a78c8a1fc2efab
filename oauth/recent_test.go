package oauth

import (
	"strconv"
	"testing"
	"time"
)

func TestRecentSetIsBoundedInNumberAndTime(t *testing.T) {
	t.Parallel()
	now := time.Unix(0, 0)
	s := newRecentSet(3, time.Minute)
	for i := range 5 {
		s.add(strconv.Itoa(i), now)
	}
	s.add("3", now.Add(30*time.Second)) // again: it lives longer and takes no second place
	for value, want := range map[string]bool{"0": false, "1": false, "2": true, "3": true, "4": true} {
		if s.contains(value, now) != want {
			t.Errorf("contains(%s) = %v", value, !want)
		}
	}
	if s.contains("4", now.Add(time.Minute)) || !s.contains("3", now.Add(time.Minute)) {
		t.Error("values do not live for a minute from their last addition")
	}
	if len(s.entries) != s.order.Len() || s.order.Len() != 2 {
		t.Errorf("%d entries in a list of %d", len(s.entries), s.order.Len())
	}
}
