package app

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"portico"
	"portico/inventory"
)

// providerMetrics tells how the clients in identity providers compare with the
// applications. What it tells is in the database, and so the same everywhere.
type providerMetrics struct {
	inventories inventory.Inventories
	logger      *slog.Logger
	findings    *prometheus.Desc
	checked     *prometheus.Desc
}

// metricsTimeout is the longest that a scrape waits for the database.
const metricsTimeout = 5 * time.Second

func newProviderMetrics(i inventory.Inventories, logger *slog.Logger) *providerMetrics {
	return &providerMetrics{
		inventories: i, logger: logger,
		findings: prometheus.NewDesc("portico_dcr_findings", "Clients in an identity provider that differ from the applications and are not ignored.", []string{"provider", "kind"}, nil),
		checked:  prometheus.NewDesc("portico_dcr_checked_timestamp_seconds", "When the clients in an identity provider were last compared with the applications.", []string{"provider"}, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *providerMetrics) Describe(to chan<- *prometheus.Desc) {
	to <- m.findings
	to <- m.checked
}

// Collect implements prometheus.Collector.
func (m *providerMetrics) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), metricsTimeout)
	defer cancel()
	all, err := m.inventories.All(ctx)
	if err != nil {
		m.logger.WarnContext(ctx, "metrics of DCR providers are missing from this scrape", "err", err)
		return
	}
	for name, v := range all {
		if v.CheckedAt == nil {
			continue
		}
		to <- prometheus.MustNewConstMetric(m.checked, prometheus.GaugeValue, float64(v.CheckedAt.Unix()), name)
		for _, kind := range portico.FindingKinds() {
			to <- prometheus.MustNewConstMetric(m.findings, prometheus.GaugeValue, float64(v.Count(kind)), name, string(kind))
		}
	}
}
