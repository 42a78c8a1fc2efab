package apps

import (
	"context"
	"strings"
	"time"

	"portico"
	"portico/control"
	"portico/webui/i18n"
)

// lead says where the credentials come from.
func (h handoffView) lead(ctx context.Context) string {
	name, strategy := h.App.Name, h.App.Strategy.DisplayName
	switch d := h.Delivery(); {
	case d.Type == control.APIKey:
		return i18n.T(ctx, "apps.ready_key", "App", name)
	case d.Replaced:
		return i18n.T(ctx, "apps.ready_replaced", "App", name)
	case d.First:
		return i18n.T(ctx, "apps.ready_first", "App", name, "Strategy", strategy)
	}
	return i18n.T(ctx, "apps.ready_further", "App", name)
}

func storedLabel(ctx context.Context, h handoffView) string {
	if h.Delivery().Type == control.APIKey {
		return i18n.T(ctx, "apps.stored_key")
	}
	return i18n.T(ctx, "apps.stored_secret")
}

// left is how long the page can still be loaded, in whole minutes while there
// are any.
func (h handoffView) left() time.Duration {
	left := h.Handoff.ExpiresAt.Sub(h.Now)
	if left > time.Minute {
		return left.Round(time.Minute)
	}
	return left.Round(time.Second)
}

// curl is a first call with the credentials in it.
func (h handoffView) curl() string {
	if d := h.Delivery(); d.Type == control.APIKey {
		return keyCurl(h.Call.URL, h.App.keyName(), d.Value.Reveal())
	}
	d := h.Delivery()
	if h.App.Needs(portico.MethodClientCredentials) {
		return basicCurl(h.Call.URL, quoted(d.ClientID+":"+d.Value.Reveal()))
	}
	return tokenCurl(h.TokenURL, quoted(d.ClientID+":"+d.Value.Reveal()), h.App.scopes()) + "\n\n" + bearerCurl(h.Call.URL)
}

// What follows are commands as somebody types them into a shell.

const variablePair = `"$CLIENT_ID:$CLIENT_SECRET"`

func basicCurl(url, pair string) string { return "curl " + url + " \\\n  -u " + pair }

func literalCurl(url, clientID string) string {
	return "curl " + url + " \\\n  -H \"Authorization: Basic " + clientID + ":$CLIENT_SECRET\""
}

// tokenCurl keeps the token in a variable. An issuer whose token endpoint is
// not known leaves a variable to fill in.
func tokenCurl(tokenURL, pair string, scopes []string) string {
	if tokenURL == "" {
		tokenURL = `"$TOKEN_URL"`
	}
	lines := []string{"TOKEN=$(curl -s " + tokenURL, "  -u " + pair, "  -d grant_type=client_credentials"}
	if len(scopes) > 0 {
		lines = append(lines, "  --data-urlencode scope="+quoted(strings.Join(scopes, " ")))
	}
	return strings.Join(lines, " \\\n") + " \\\n  | sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')"
}

func bearerCurl(url string) string {
	return "curl " + url + " \\\n  -H \"Authorization: Bearer $TOKEN\""
}

func sessionCurl(url, pair string) string {
	return "curl " + url + " \\\n  -u " + pair + " -c cookies.txt\n\ncurl " + url + " \\\n  -b cookies.txt"
}

func keyCurl(url, header, key string) string {
	return "curl " + url + " \\\n  -H " + `"` + header + ": " + key + `"`
}
