package i18n_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"portico/webui/i18n"
)

func bundle(t testing.TB) *i18n.Bundle {
	t.Helper()
	b, err := i18n.New()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestChoose(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	for _, c := range []struct{ name, query, cookie, profile, accept, portal, want string }{
		{"parameter first", "ja", "en", "en", "en", "en", "ja"},
		{"then the cookie", "", "ja", "en", "en", "en", "ja"},
		{"then the profile", "", "", "ja", "en", "en", "ja"},
		{"then what the browser accepts", "", "", "", "ja-JP,ja;q=0.9,en;q=0.8", "en", "ja"},
		{"in the browser's order", "", "", "", "en-GB,ja;q=0.5", "ja", "en"},
		{"past what does not exist", "", "", "", "fr-FR,ja;q=0.4", "en", "ja"},
		{"then the portal's", "", "", "", "", "ja", "ja"},
		{"the portal's, when the browser's do not exist", "", "", "", "fr,de", "ja", "ja"},
		{"else English", "", "", "", "", "", "en"},
		{"a parameter that does not exist", "xx", "ja", "", "", "", "ja"},
		{"a cookie that does not exist", "", "../../etc", "ja", "", "", "ja"},
		{"a header that is broken", "", "", "", "ja;q=x;;;", "ja", "ja"},
		{"the pseudo-language is for tests", i18n.Pseudo, "", "", "", "ja", "ja"},
	} {
		r := httptest.NewRequest("GET", "/?lang="+c.query, nil)
		if c.cookie != "" {
			r.Header.Set("Cookie", i18n.Cookie+"="+c.cookie)
		}
		r.Header.Set("Accept-Language", c.accept)
		if got := b.Choose(r, c.profile, c.portal); got != c.want {
			t.Errorf("%s: chose %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzChoose(f *testing.F) {
	b := bundle(f)
	f.Add("ja", "portico_lang=ja", "ja-JP,en;q=0.8")
	f.Add("", "", "*;q=0,zz-x-y;q=9")
	f.Fuzz(func(t *testing.T, query, cookie, accept string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = "lang=" + query
		r.Header["Cookie"] = []string{cookie}
		r.Header["Accept-Language"] = []string{accept}
		if lang := b.Choose(r, "", ""); !b.Has(lang) {
			t.Errorf("chose %q, which does not exist", lang)
		}
	})
}

func TestTexts(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	en, ja := b.With(t.Context(), "en"), b.With(t.Context(), "ja")
	if text, ok := i18n.Lookup(ja, "time.now"); !ok || text != "たった今" {
		t.Errorf("looked up %q, %v", text, ok)
	}
	if text, ok := i18n.Lookup(ja, "time.missing"); ok {
		t.Errorf("found %q where there is nothing", text)
	}
	for _, c := range []struct{ got, want string }{
		{i18n.N(en, "time.minutes_ago", 1), "1 minute ago"},
		{i18n.N(en, "time.minutes_ago", 1200), "1,200 minutes ago"},
		{i18n.N(ja, "time.minutes_ago", 1), "1分前"},
		{i18n.T(en, "time.ms", "N", "820"), "820 ms"},
		{i18n.T(en, "time.missing"), "time.missing"},
		{i18n.T(context.Background(), "time.now"), "time.now"},
		{i18n.Lang(en), "en"},
		{i18n.Lang(ja), "ja"},
		{i18n.Lang(b.With(t.Context(), "xx")), "en"},
		{i18n.Lang(context.Background()), "en"},
	} {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestValues(t *testing.T) {
	t.Parallel()
	b := bundle(t)
	en, ja := b.With(t.Context(), "en"), b.With(t.Context(), "ja")
	now := time.Date(2026, 11, 2, 23, 32, 59, 0, time.FixedZone("JST", 9*60*60))
	for _, c := range []struct {
		say      func(context.Context) string
		enw, jaw string
	}{
		{func(c context.Context) string { return i18n.Date(c, now) }, "2 Nov 2026", "2026年11月2日"},
		{func(c context.Context) string { return i18n.DateTime(c, now) }, "2 Nov 2026, 14:32 UTC", "2026年11月2日 14:32 UTC"},
		{func(c context.Context) string { return i18n.Relative(c, now.Add(-59*time.Second), now) }, "just now", "たった今"},
		{func(c context.Context) string { return i18n.Relative(c, now.Add(-time.Minute), now) }, "1 minute ago", "1分前"},
		{func(c context.Context) string { return i18n.Relative(c, now.Add(-90*time.Minute), now) }, "1 hour ago", "1時間前"},
		{func(c context.Context) string { return i18n.Relative(c, now.Add(50*time.Hour), now) }, "in 2 days", "2日後"},
		{func(c context.Context) string { return i18n.Relative(c, now.Add(-30*24*time.Hour), now) }, "3 Oct 2026", "2026年10月3日"},
		{func(c context.Context) string { return i18n.Number(c, 1234567) }, "1,234,567", "1,234,567"},
		{func(c context.Context) string { return i18n.Percent(c, 0.0254) }, "2.5%", "2.5%"},
		{func(c context.Context) string { return i18n.Duration(c, 820*time.Millisecond) }, "820 ms", "820 ms"},
		{func(c context.Context) string { return i18n.Duration(c, 1400*time.Millisecond) }, "1.4 s", "1.4 秒"},
		{func(c context.Context) string { return i18n.Duration(c, 2*time.Second) }, "2 s", "2 秒"},
		{func(c context.Context) string { return i18n.Duration(c, 42*time.Second) }, "42 s", "42 秒"},
		{func(c context.Context) string { return i18n.Duration(c, 59*time.Minute) }, "59 min", "59 分"},
		{func(c context.Context) string { return i18n.Duration(c, 3*time.Hour) }, "3 h", "3 時間"},
		{func(c context.Context) string { return i18n.Duration(c, 49*time.Hour) }, "2 d", "2 日"},
		{func(c context.Context) string { return i18n.Bytes(c, 999) }, "999 B", "999 B"},
		{func(c context.Context) string { return i18n.Bytes(c, 1000) }, "1 kB", "1 kB"},
		{func(c context.Context) string { return i18n.Bytes(c, 1_450_000) }, "1.4 MB", "1.4 MB"},
		{func(c context.Context) string { return i18n.Bytes(c, 5_000_000_000_000) }, "5000 GB", "5000 GB"},
	} {
		if got := c.say(en); got != c.enw {
			t.Errorf("en: got %q, want %q", got, c.enw)
		}
		if got := c.say(ja); got != c.jaw {
			t.Errorf("ja: got %q, want %q", got, c.jaw)
		}
	}
}

func TestPseudo(t *testing.T) {
	t.Parallel()
	b, err := i18n.NewPseudo()
	if err != nil {
		t.Fatal(err)
	}
	ctx := b.With(t.Context(), i18n.Pseudo)
	got, plain := i18n.N(ctx, "time.minutes_ago", 7), "7 minutes ago"
	if !strings.HasPrefix(got, "[7 míñútés ágó") || !strings.HasSuffix(got, "]") {
		t.Errorf("got %q", got)
	}
	if n := len([]rune(got)); n < len(plain)*14/10 || n > len(plain)*2 {
		t.Errorf("%q has %d letters, of %d", got, n, len(plain))
	}
	if got := b.Choose(httptest.NewRequest("GET", "/?lang="+i18n.Pseudo, nil), "", ""); got != i18n.Pseudo {
		t.Errorf("asked for the pseudo-language, chose %q", got)
	}
}
