package idp_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"portico/idp"
)

func TestObject(t *testing.T) {
	t.Parallel()
	const text = `{"a":"x","big":12345678901234567890,"list":["a",1,"b"],"at":1700000000,"date":"2026-11-21T10:00:00+01:00","far":253402300800,"frac":1.50,"late":"9999-12-31T23:59:59-01:00","never":0}`
	var o idp.Object
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(o)
	if want := `{"a":"x","at":1700000000,"big":12345678901234567890,"date":"2026-11-21T10:00:00+01:00","far":253402300800,"frac":1.50,"late":"9999-12-31T23:59:59-01:00","list":["a",1,"b"],"never":0}`; err != nil || string(again) != want {
		t.Errorf("written back as %s, %v", again, err)
	}
	if o.Text("a") != "x" || o.Text("list") != "" || o.Text("none") != "" || o.Secret("a").Reveal() != "x" || !slices.Equal(o.Texts("list"), []string{"a", "b"}) || len(o.Texts("a")) != 0 {
		t.Errorf("read %v", o)
	}
	if at := o.Time("at"); at == nil || at.Unix() != 1700000000 {
		t.Errorf("at: %v", at)
	}
	if date := o.Time("date"); date == nil || !date.Equal(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)) {
		t.Errorf("date: %v", date)
	}
	for _, none := range []string{"never", "big", "far", "late", "frac", "a", "list", "missing"} {
		if at := o.Time(none); at != nil {
			t.Errorf("%s: %v", none, at)
		}
	}
}
