package portico_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"portico"
)

var noon = time.Date(2026, 2, 28, 12, 0, 0, 0, time.UTC)

func TestIDsSortByTime(t *testing.T) {
	t.Parallel()
	var ids []string
	for i := range 100 {
		ids = append(ids, portico.NewID(noon.Add(time.Duration(i)*time.Millisecond)))
	}
	if !slices.IsSorted(ids) {
		t.Error("later ids sort before earlier ones")
	}
	for _, id := range append(ids, portico.NewRandomID()) {
		if !portico.IsID(id) {
			t.Errorf("%s is no id", id)
		}
	}
	if ids[0][14] != '7' || portico.NewRandomID()[14] != '4' {
		t.Error("wrong UUID version")
	}
	for _, s := range []string{"", "x", ids[0] + "0", ids[0][:35], "0190A000-0000-7000-8000-000000000000", "0190a000x0000-7000-8000-000000000000"} {
		if portico.IsID(s) {
			t.Errorf("%q is taken for an id", s)
		}
	}
}

func TestOptTellsAbsentFromNull(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		field portico.Opt[string]
		value string
		ptr   *string
	}{
		"absent": {portico.Opt[string]{}, "old", new("old")},
		"null":   {portico.Opt[string]{Set: true, Null: true}, "old", nil},
		"value":  {portico.Some("new"), "new", new("new")},
	} {
		value, ptr := "old", new("old")
		c.field.Apply(&value)
		c.field.ApplyPtr(&ptr)
		if value != c.value || (ptr == nil) != (c.ptr == nil) || ptr != nil && *ptr != *c.ptr {
			t.Errorf("%s: %q, %v", name, value, ptr)
		}
	}
	if portico.Some(3).Ptr() == nil || (portico.Opt[int]{}).Ptr() != nil {
		t.Error("Ptr is wrong")
	}
}

func TestKindsSurviveWrapping(t *testing.T) {
	t.Parallel()
	cause := errors.New("disk on fire")
	err := fmt.Errorf("saving: %w", &portico.Error{Kind: portico.KindUnavailable, Detail: "Try later.", Err: cause})
	if portico.KindOf(err) != portico.KindUnavailable || !errors.Is(err, cause) {
		t.Errorf("kind %v of %v", portico.KindOf(err), err)
	}
	if portico.KindOf(cause) != portico.KindInternal || portico.KindOf(nil) != portico.KindInternal {
		t.Error("an error without a kind is internal")
	}
	gone := fmt.Errorf("okta: %w", &portico.IdPError{Kind: portico.IdPNotFound, Detail: "no such client", Err: cause})
	if !portico.IsIdP(gone, portico.IdPNotFound) || portico.IsIdP(gone, portico.IdPDenied) || portico.IsIdP(cause, portico.IdPUnavailable) {
		t.Error("IsIdP is wrong")
	}
}

func TestMergeLabels(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change portico.Opt[map[string]*string]
		want   map[string]string
	}{
		"absent":           {portico.Opt[map[string]*string]{}, map[string]string{"a": "1", "b": "2"}},
		"null clears":      {portico.Opt[map[string]*string]{Set: true, Null: true}, map[string]string{}},
		"merge and remove": {portico.Some(map[string]*string{"a": nil, "c": new("3"), "KONGCTL-x": new("y")}), map[string]string{"b": "2", "c": "3", "KONGCTL-x": "y"}},
	} {
		labels := map[string]string{"a": "1", "b": "2"}
		if err := portico.MergeLabels(&labels, c.change); err != nil || !maps.Equal(labels, c.want) {
			t.Errorf("%s: %v, %v", name, labels, err)
		}
	}
	many := map[string]*string{}
	for i := range portico.MaxLabels {
		many[fmt.Sprint("k", i)] = new("v")
	}
	labels := map[string]string{"a": "1"}
	if err := portico.MergeLabels(&labels, portico.Some(many)); portico.KindOf(err) != portico.KindInvalid || len(labels) != 1 {
		t.Errorf("%d labels are accepted: %v", len(labels), err)
	}
}

func TestKeysEndWhenTheirUnitSays(t *testing.T) {
	t.Parallel()
	for want, ttl := range map[string]portico.TTL{
		"2026-03-01": {Value: 1, Unit: "days"}, "2026-03-14": {Value: 2, Unit: "weeks"}, "2029-02-28": {Value: 3, Unit: "years"},
	} {
		if got := ttl.ExpiresAt(noon).Format(time.DateOnly); got != want {
			t.Errorf("%+v ends %s, want %s", ttl, got, want)
		}
	}
}

func TestTokensEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		token := portico.AccessToken{ExpiresAt: noon, Revoked: rapid.Bool().Draw(t, "revoked")}
		now := noon.Add(time.Duration(rapid.Int64Range(-2, 2).Draw(t, "seconds")) * time.Second)
		want := portico.TokenActive
		if !now.Before(noon) {
			want = portico.TokenExpired
		}
		if token.Revoked {
			want = portico.TokenRevoked
		}
		if got := token.State(now); got != want {
			t.Errorf("at %v: %s, want %s", now, got, want)
		}
	})
}

func TestCredentialTypes(t *testing.T) {
	t.Parallel()
	for want, s := range map[portico.CredentialType]portico.Strategy{
		portico.CredentialKeyAuth:     {Type: portico.StrategyKeyAuth},
		portico.CredentialDCR:         {Type: portico.StrategyOpenIDConnect, ProviderID: new(portico.ProviderID("p"))},
		portico.CredentialSelfManaged: {Type: portico.StrategyOpenIDConnect},
	} {
		if got := s.CredentialType(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, kind := range portico.ProviderTypes() {
		many := portico.Provider{Type: kind}.SupportsMultipleCredentials()
		if want := kind == portico.ProviderOkta || kind == portico.ProviderAzureAD || kind == portico.ProviderKongIdentity; many != want {
			t.Errorf("%s supports several credentials: %v", kind, many)
		}
	}
	if (portico.Provider{Type: portico.ProviderOkta, Config: portico.ProviderConfig{RegistrationMode: portico.RegistrationDCR}}).SupportsMultipleCredentials() {
		t.Error("a client that was registered with Dynamic Client Registration holds one secret")
	}
}
