package visit

import (
	"context"
	"strings"

	"portico/webui/i18n"
)

// BrowserName tells a session by its browser and system, in the reader's
// language.
func BrowserName(ctx context.Context, userAgent string) string {
	switch browser, system := browserName(userAgent); {
	case browser == "":
		return i18n.T(ctx, "account.session_unknown")
	case system == "":
		return browser
	default:
		return i18n.T(ctx, "account.session_on", "Browser", browser, "System", system)
	}
}

// browserName is what a browser and its system are commonly called, by what it
// says of itself. The first mark that occurs counts: most browsers claim to be
// others as well.
func browserName(userAgent string) (browser, system string) {
	first := func(names ...[2]string) string {
		for _, n := range names {
			if strings.Contains(userAgent, n[0]) {
				return n[1]
			}
		}
		return ""
	}
	browser = first([2]string{"Edg/", "Edge"}, [2]string{"OPR/", "Opera"}, [2]string{"Firefox/", "Firefox"}, [2]string{"Chrome/", "Chrome"},
		[2]string{"Safari/", "Safari"}, [2]string{"curl/", "curl"})
	system = first([2]string{"iPhone", "iPhone"}, [2]string{"iPad", "iPad"}, [2]string{"Android", "Android"}, [2]string{"Windows", "Windows"},
		[2]string{"Mac OS X", "macOS"}, [2]string{"CrOS", "ChromeOS"}, [2]string{"Linux", "Linux"})
	return browser, system
}
