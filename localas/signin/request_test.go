package signin

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"portico/localas/dialect"
)

func TestAnswersKeepTheRedirectURI(t *testing.T) {
	t.Parallel()
	for redirect, want := range map[string]string{
		"https://a.example/cb":     "https://a.example/cb?code=c+1&state=s",
		"https://a.example/cb?x=1": "https://a.example/cb?x=1&code=c+1&state=s",
		"com.example.app:/cb":      "com.example.app:/cb?code=c+1&state=s",
	} {
		if got := (Request{RedirectURI: redirect, State: "s"}).Accepted("c 1"); got != want {
			t.Errorf("%s: %s, want %s", redirect, got, want)
		}
	}
}

func TestFormTargetSaysOneOrigin(t *testing.T) {
	t.Parallel()
	for redirect, want := range map[string]string{
		"https://a.example:8443/cb?x=1": "https://a.example:8443", "http://[::1]:80/cb": "http://[::1]:80", "com.example.app:/cb": "com.example.app:",
		"https://a.example;script-src/": "", "https://a.example,b/": "", "https://*/": "", "/cb": "", "https://:8443/": "", "%": "",
	} {
		if got := (Request{RedirectURI: redirect}).FormTarget(); got != want {
			t.Errorf("%s: %q, want %q", redirect, got, want)
		}
	}
}

func TestFreshness(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, test := range map[string]struct {
		query string
		age   time.Duration
		fresh bool
	}{
		"any age": {"", time.Hour, true}, "young enough": {"&max_age=60", time.Minute, true}, "too old": {"&max_age=60", time.Minute + 1, false},
		"again": {"&prompt=login", 0, false}, "another account": {"&prompt=select_account", 0, false},
	} {
		form, err := url.ParseQuery("response_type=code&state=s&scope=openid" + test.query)
		if err != nil {
			t.Fatal(err)
		}
		q, refusal := Parse(form)
		if refusal != nil || q.Fresh(now.Add(-test.age), now) != test.fresh {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}

// The example of RFC 7636 appendix B.
func TestVerifier(t *testing.T) {
	t.Parallel()
	g := Grant{Challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}
	if !g.Verifies("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") || g.Verifies("") || g.Verifies(g.Challenge) {
		t.Error("the verifier of the RFC")
	}
	if (Grant{}).Verifies("x") || !(Grant{}).Verifies("") {
		t.Error("a verifier without a challenge")
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("response_type=code&client_id=a&redirect_uri=https://a.example/cb&state=s&scope=openid&max_age=10&prompt=none")
	f.Add("response_type=code&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&scope=a a&state=%26")
	f.Add("redirect_uri=https://a.example;script-src/?x=1&prompt=login+none")
	f.Fuzz(func(t *testing.T, text string) {
		form, err := dialect.ParseForm(text)
		if err != nil {
			return
		}
		q, refusal := Parse(form)
		if refusal == nil && (q.State == "" || len(q.Scopes) == 0 || q.Challenge != "" && len(q.Challenge) != 43) {
			t.Errorf("%q was accepted as %+v", text, q)
		}
		if strings.ContainsAny(q.FormTarget(), " ;,'\"*\r\n") {
			t.Errorf("%q changes the policy: %q", text, q.FormTarget())
		}
		if base, _, _ := strings.Cut(q.RedirectURI, "?"); !strings.HasPrefix(q.Accepted("c"), base+"?") || strings.ContainsAny(strings.TrimPrefix(q.Accepted("c"), q.RedirectURI), " \r\n") {
			t.Errorf("%q leads to %q", text, q.Accepted("c"))
		}
		again, err := dialect.ParseForm(q.Encode())
		if read, second := Parse(again); err != nil || (second == nil) != (refusal == nil) || read.Accepted("c") != q.Accepted("c") {
			t.Errorf("%q is another request when it comes back", text)
		}
	})
}
