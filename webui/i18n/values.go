package i18n

import (
	"context"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// Date is a day, in UTC: 2 Nov 2026, 2026年11月2日.
func Date(ctx context.Context, t time.Time) string {
	if Lang(ctx) == "ja" {
		return t.UTC().Format("2006年1月2日")
	}
	return t.UTC().Format("2 Jan 2006")
}

// DateTime is a moment to the minute, with its zone, which is UTC.
func DateTime(ctx context.Context, t time.Time) string {
	if Lang(ctx) == "ja" {
		return t.UTC().Format("2006年1月2日 15:04 UTC")
	}
	return t.UTC().Format("2 Jan 2006, 15:04 UTC")
}

// Relative says how long before or after now a moment is, and from 30 days on
// its date.
func Relative(ctx context.Context, t, now time.Time) string {
	d, when := now.Sub(t), "ago"
	if d < 0 {
		d, when = -d, "ahead"
	}
	if d < time.Minute {
		return T(ctx, "time.now")
	}
	for _, unit := range []struct {
		name        string
		size, below time.Duration
	}{
		{"minutes", time.Minute, time.Hour},
		{"hours", time.Hour, 24 * time.Hour},
		{"days", 24 * time.Hour, 30 * 24 * time.Hour},
	} {
		if d < unit.below {
			return N(ctx, "time."+unit.name+"_"+when, int(d/unit.size))
		}
	}
	return Date(ctx, t)
}

// Number writes a whole number with its groups of digits.
func Number[N ~int | ~int64 | ~uint64](ctx context.Context, n N) string {
	return printer(ctx).Sprint(number.Decimal(n))
}

// Percent writes a share of one, to a tenth of a percent.
func Percent(ctx context.Context, share float64) string {
	return printer(ctx).Sprint(number.Percent(share, number.MaxFractionDigits(1)))
}

// Duration writes a span in the largest unit it fills, with two digits or more:
// 820 ms, 1.4 s, 3 min, 2 h, 5 d.
func Duration(ctx context.Context, d time.Duration) string {
	switch {
	case d < time.Second:
		return T(ctx, "time.ms", "N", Number(ctx, d.Milliseconds()))
	case d < 10*time.Second:
		return T(ctx, "time.s", "N", tenths(d.Seconds()))
	case d < time.Minute:
		return T(ctx, "time.s", "N", Number(ctx, int(d.Seconds())))
	case d < time.Hour:
		return T(ctx, "time.min", "N", Number(ctx, int(d.Minutes())))
	case d < 48*time.Hour:
		return T(ctx, "time.h", "N", Number(ctx, int(d.Hours())))
	default:
		return T(ctx, "time.d", "N", Number(ctx, int(d.Hours()/24)))
	}
}

// Bytes writes a size in decimal units: 512 B, 1.4 MB.
func Bytes(ctx context.Context, n int64) string {
	if n < 1000 {
		return Number(ctx, n) + " B"
	}
	size, unit := float64(n)/1000, 0
	for units := []string{"kB", "MB", "GB"}; ; unit++ {
		if size < 1000 || unit == len(units)-1 {
			return tenths(size) + " " + units[unit]
		}
		size /= 1000
	}
}

// tenths cuts to one digit after the point, and to none where that is 0.
func tenths(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(float64(int(f*10))/10, 'f', 1, 64), ".0")
}

func printer(ctx context.Context) *message.Printer {
	if v := voiceOf(ctx); v != nil {
		return v.number
	}
	return message.NewPrinter(language.English)
}
