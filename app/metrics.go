package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico"
	"portico/inventory"
)

// providerMetrics tells of each DCR provider how its clients compare with the
// applications, from the database and so the same everywhere, and how it is
// doing, as this program has seen it. Providers are told apart by their ids:
// several may have one name.
type providerMetrics struct {
	inventories inventory.Inventories
	health      func(portico.ProviderID) portico.ProviderHealth
	logger      *slog.Logger

	findings, checked               *prometheus.Desc
	up, success, failure, remaining *prometheus.Desc
}

// metricsTimeout is the longest that a scrape waits for the database.
const metricsTimeout = 5 * time.Second

func newProviderMetrics(i inventory.Inventories, health func(portico.ProviderID) portico.ProviderHealth, logger *slog.Logger) *providerMetrics {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("portico_dcr_"+name, help, append([]string{"provider"}, labels...), nil)
	}
	return &providerMetrics{
		inventories: i, health: health, logger: logger,
		findings:  desc("findings", "Clients in an identity provider that differ from the applications and are not ignored.", "kind"),
		checked:   desc("checked_timestamp_seconds", "When the clients in an identity provider were last compared with the applications."),
		up:        desc("provider_up", "Whether the provider's last answer was none of a failure."),
		success:   desc("provider_last_success_seconds", "When the provider last did its part, in seconds since 1970."),
		failure:   desc("provider_last_failure_seconds", "When the provider last failed, in seconds since 1970."),
		remaining: desc("provider_rate_limit_remaining", "Requests that the provider's rate limit still has room for."),
	}
}

// Describe implements prometheus.Collector.
func (m *providerMetrics) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.findings, m.checked, m.up, m.success, m.failure, m.remaining} {
		to <- d
	}
}

// Collect implements prometheus.Collector. A provider that was deleted is told of
// no more.
func (m *providerMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTimeout)
	defer cancel()
	all, err := m.inventories.All(ctx)
	if err != nil {
		m.logger.WarnContext(ctx, "metrics of DCR providers are missing from this scrape", "err", err)
		return
	}
	for id, v := range all {
		gauge := func(d *prometheus.Desc, value float64, labels ...string) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{string(id)}, labels...)...)
		}
		if v.CheckedAt != nil {
			gauge(m.checked, float64(v.CheckedAt.Unix()))
			for _, kind := range portico.FindingKinds() {
				gauge(m.findings, float64(v.Count(kind)), string(kind))
			}
		}
		h := m.health(id)
		switch {
		case h.Failing():
			gauge(m.up, 0)
		case !h.LastSuccess.IsZero():
			gauge(m.up, 1)
		}
		if !h.LastSuccess.IsZero() {
			gauge(m.success, float64(h.LastSuccess.Unix()))
		}
		if !h.LastFailure.IsZero() {
			gauge(m.failure, float64(h.LastFailure.Unix()))
		}
		if h.Room != nil {
			gauge(m.remaining, float64(h.Room.Remaining))
		}
	}
}
