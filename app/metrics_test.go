package app

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico"
	"portico/control"
	"portico/secret"
	"portico/usecase/usecasetest"
)

// TestProviderMetrics: of each provider that there is, by its id, for two may
// have one name.
func TestProviderMetrics(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	deps := usecasetest.Deps(t, usecasetest.SQLite(t), func() time.Time { return now })
	c := control.New(deps)
	ids := map[string]string{}
	for _, which := range []string{"working", "failing", "gone"} {
		made, err := c.Providers.Create(t.Context(), control.NewProvider{Name: "Okta", Type: portico.ProviderOkta, Issuer: "https://idp.example", Secret: secret.New("token")})
		if err != nil {
			t.Fatal(err)
		}
		ids[string(made.ID)] = which
		if which == "gone" {
			if err := c.Providers.Delete(t.Context(), made.ID); err != nil {
				t.Fatal(err)
			}
		}
		err = deps.Store.Update(t.Context(), func(tx portico.Tx) error {
			if which == "gone" {
				return nil
			}
			return tx.Inventories().Insert(t.Context(), portico.Inventory{ProviderID: made.ID, CheckedAt: &now})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(newProviderMetrics(c.Inventories, func(id portico.ProviderID) portico.ProviderHealth {
		if ids[string(id)] == "working" {
			return portico.ProviderHealth{LastSuccess: now, Room: &portico.RateRoom{Limit: 100, Remaining: 10}}
		}
		return portico.ProviderHealth{LastFailure: now, Failure: "no connection"}
	}, deps.Logger))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			name := strings.TrimPrefix(family.GetName(), "portico_dcr_")
			for _, label := range metric.GetLabel() {
				if label.GetName() == "provider" {
					name += " " + ids[label.GetValue()]
				}
			}
			told[name] = metric.GetGauge().GetValue()
		}
	}
	at := float64(now.Unix())
	for name, want := range map[string]float64{
		"provider_up working": 1, "provider_up failing": 0, "provider_last_success_seconds working": at, "provider_last_failure_seconds failing": at,
		"provider_rate_limit_remaining working": 10, "checked_timestamp_seconds working": at, "checked_timestamp_seconds failing": at,
		"findings working": 0, "findings failing": 0,
	} {
		if got, ok := told[name]; !ok || got != want {
			t.Errorf("%s is %v, %v", name, got, ok)
		}
		delete(told, name)
	}
	if len(told) > 0 {
		t.Errorf("also told: %v", told)
	}
}
