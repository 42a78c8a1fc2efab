package bench_test

import (
	"math"
	"slices"
	"testing"
	"time"
)

// timings are how long the same thing took, again and again.
type timings []time.Duration

// percentile is the smallest of the timings that at least p percent of them do
// not exceed.
func (t timings) percentile(p float64) time.Duration {
	sorted := slices.Sorted(slices.Values(t))
	rank := int(math.Ceil(p / 100 * float64(len(sorted))))
	return sorted[max(rank, 1)-1]
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }

// report gives the median and the 99th percentile as metrics, in place of the
// time per operation, which also counts what happens around it. The name is
// empty or ends in a dash.
func (t timings) report(b *testing.B, name string) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(milliseconds(t.percentile(50)), name+"p50-ms")
	b.ReportMetric(milliseconds(t.percentile(99)), name+"p99-ms")
}

func TestPercentile(t *testing.T) {
	t.Parallel()
	var hundred timings
	for i := range 100 {
		hundred = append(hundred, time.Duration((i*37)%100+1)) // 1 to 100, mixed
	}
	for _, c := range []struct {
		of   timings
		p    float64
		want time.Duration
	}{{hundred, 50, 50}, {hundred, 99, 99}, {hundred, 100, 100}, {hundred[:1], 50, hundred[0]}, {timings{3, 1, 2}, 99, 3}, {timings{3, 1, 2}, 50, 2}} {
		if got := c.of.percentile(c.p); got != c.want {
			t.Errorf("percentile %v of %d timings is %d, want %d", c.p, len(c.of), got, c.want)
		}
	}
}
