package developers_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"portico"
	"portico/control"
	"portico/developers"
	"portico/keyring"
	"portico/oauth"
	"portico/secret"
	"portico/signon"
	"portico/sqlstore"
	"portico/usecase"
)

// office is every use case on a real store, with a portal that signs developers
// in with an OpenID Connect provider.
type office struct {
	*control.Control
	portal   portico.Portal
	provider portico.IdentityProvider
	clock    *clock
	log      *syncBuffer
}

const clientSecret = "the-client-secret-of-the-portal"

func newOffice(t *testing.T, issuer string) *office {
	t.Helper()
	o := &office{clock: &clock{now: time.Now()}, log: &syncBuffer{}}
	dir := t.TempDir()
	store, err := sqlstore.Open(t.Context(), sqlstore.Config{DSN: "sqlite:" + filepath.Join(dir, "portico.db"), Now: o.clock.Now})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	ring, _, err := keyring.Open(filepath.Join(dir, "key.json"))
	must(t, err)
	o.Control = control.New(usecase.Deps{
		Store: store, Sealer: ring, Mailer: discard{}, Flusher: discard{}, Client: oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: 10 * time.Second}),
		Logger: slog.New(slog.NewTextHandler(o.log, nil)), Now: o.clock.Now, Checkpoint: func(string) {},
		PortalDomain: "portal.example", PortalURL: func(domain string) string { return "https://" + domain },
	})
	o.portal, err = o.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Acme"), AutoApproveDevelopers: portico.Some(true)})
	must(t, err)
	o.provider, err = o.IdentityProviders.Create(t.Context(), o.portal.ID, developers.IdentityProviderFields{
		Enabled: portico.Some(true), IssuerURL: portico.Some(issuer), ClientID: portico.Some("portal"), Secret: portico.Some(secret.New(clientSecret)),
	})
	must(t, err)
	t.Cleanup(func() {
		if strings.Contains(o.log.String(), clientSecret) {
			t.Error("the log has the client secret")
		}
	})
	return o
}

// signOn goes to the provider and comes back as a browser would.
func (o *office) signOn(t *testing.T, change ...func(*signon.Return)) (developers.IssuedSession, string, error) {
	t.Helper()
	address, cookie, err := o.SingleSignOn.Start(t.Context(), o.portal, "/apps?x=1")
	must(t, err)
	back := o.visit(t, address)
	back.Cookie = cookie
	for _, c := range change {
		c(&back)
	}
	return o.SingleSignOn.Finish(t.Context(), o.portal, back, developers.Browser{UserAgent: "Test/1.0", Address: "192.0.2.7"})
}

// visit opens the provider's page and reads where it sends the browser.
func (o *office) visit(t *testing.T, address string) signon.Return {
	t.Helper()
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Get(address)
	must(t, err)
	answer.Body.Close()
	to, err := answer.Location()
	if err != nil {
		t.Fatalf("%s answers %s", address, answer.Status)
	}
	if at := to.Scheme + "://" + to.Host + to.Path; at != "https://acme.portal.example"+developers.CallbackPath {
		t.Errorf("the provider sends the browser to %s", at)
	}
	q := to.Query()
	return signon.Return{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
}

func (o *office) who(t *testing.T, s developers.IssuedSession) portico.Developer {
	t.Helper()
	d, err := o.Sessions.Developer(t.Context(), o.portal.ID, s.Access)
	must(t, err)
	return d
}

// oidcProvider is an OpenID Connect provider that signs whoever asks in as the
// person that it is told.
type oidcProvider struct {
	*httptest.Server
	key *rsa.PrivateKey

	mu     sync.Mutex
	claims map[string]any // of the person
	lie    map[string]any // in the ID token, in the place of the truth
	codes  map[string]url.Values
	deny   bool
}

func newProvider(t *testing.T) *oidcProvider {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	p := &oidcProvider{key: key, codes: map[string]url.Values{}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"RS256"}, "code_challenge_methods_supported": []string{"S256"}})
	})
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "k", Algorithm: "RS256", Use: "sig"}}})
	})
	mux.HandleFunc("GET /authorize", p.authorize)
	mux.HandleFunc("POST /token", p.token)
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

// is says who the next sign-ins are of.
func (p *oidcProvider) is(claims map[string]any, lie map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.claims, p.lie = claims, lie
}

func (p *oidcProvider) authorize(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := r.URL.Query()
	out := url.Values{"state": {q.Get("state")}}
	if p.deny {
		out.Set("error", "access_denied")
	} else {
		code := rand.Text()
		p.codes[code] = q
		out.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+out.Encode(), http.StatusFound)
}

func (p *oidcProvider) token(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, pass, _ := r.BasicAuth()
	asked, known := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case id != "portal" || pass != clientSecret:
		w.WriteHeader(http.StatusUnauthorized)
		answer(w, map[string]any{"error": "invalid_client"})
		return
	case !known || asked.Get("code_challenge_method") != "S256" || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) || asked.Get("redirect_uri") != r.FormValue("redirect_uri"):
		w.WriteHeader(http.StatusBadRequest)
		answer(w, map[string]any{"error": "invalid_grant"})
		return
	}
	claims := map[string]any{"iss": p.URL, "aud": "portal", "nonce": asked.Get("nonce"), "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	maps.Copy(claims, p.claims)
	maps.Copy(claims, p.lie)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: jose.JSONWebKey{Key: p.key, KeyID: "k"}}, nil)
	if err == nil {
		var token string
		if token, err = jwt.Signed(signer).Claims(claims).Serialize(); err == nil {
			answer(w, map[string]any{"access_token": "at", "token_type": "Bearer", "id_token": token, "expires_in": 3600})
			return
		}
	}
	http.Error(w, fmt.Sprint(err), http.StatusInternalServerError)
}

func person(subject, email string, more ...any) map[string]any {
	claims := map[string]any{"sub": subject, "email": email, "email_verified": true, "name": "Dora Dev"}
	for i := 0; i < len(more); i += 2 {
		if claims[more[i].(string)] = more[i+1]; more[i+1] == nil {
			delete(claims, more[i].(string))
		}
	}
	return claims
}

func TestSingleSignOn(t *testing.T) {
	t.Parallel()
	idp := newProvider(t)
	o := newOffice(t, idp.URL)
	idp.is(person("1", "Dora@Dev.example"), nil)
	session, path, err := o.signOn(t)
	must(t, err)
	dora := o.who(t, session)
	if path != "/apps?x=1" || dora.Email != "dora@dev.example" || dora.FullName != "Dora Dev" || !dora.EmailVerified || dora.Status != portico.Approved {
		t.Errorf("went to %s as %+v", path, dora)
	}
	sessions, err := o.Sessions.List(t.Context(), dora.ID)
	must(t, err)
	if len(sessions) != 1 || sessions[0].UserAgent != "Test/1.0" || sessions[0].Address != "192.0.2.7" {
		t.Errorf("sessions %+v", sessions)
	}
	// Issuer and subject count, whatever the address is by now.
	idp.is(person("1", "dora@married.example"), nil)
	session, _, err = o.signOn(t)
	must(t, err)
	if again := o.who(t, session); again.ID != dora.ID || again.Email != "dora@dev.example" {
		t.Errorf("came back as %+v", again)
	}
	_, err = o.Developers.SetStatus(t.Context(), o.portal.ID, dora.ID, portico.Revoked, "")
	must(t, err)
	_, _, err = o.signOn(t)
	wantCode(t, err, portico.KindUnauthenticated, "account_refused")
}

func TestSingleSignOnFindsAccounts(t *testing.T) {
	t.Parallel()
	idp := newProvider(t)
	o := newOffice(t, idp.URL)
	known, err := o.Developers.Create(t.Context(), o.portal.ID, developers.NewAccount{Email: "known@dev.example", FullName: "Known"})
	must(t, err)
	for name, test := range map[string]struct {
		claims map[string]any
		code   string
	}{
		"known, not vouched for":    {person("1", "known@dev.example", "email_verified", nil), "sso_account_exists"},
		"known, not verified":       {person("1", "known@dev.example", "email_verified", false), "sso_email_unverified"},
		"known, said to be no":      {person("1", "known@dev.example", "email_verified", "false"), "sso_email_unverified"},
		"without an address":        {person("2", "", "email", nil), "sso_no_email"},
		"with something else there": {person("2", "nobody"), "sso_no_email"},
	} {
		idp.is(test.claims, nil)
		_, _, err := o.signOn(t)
		if e := wantCode(t, err, portico.KindUnauthenticated, test.code); t.Failed() {
			t.Fatalf("%s: %v", name, e)
		}
	}
	idp.is(person("1", "known@dev.example"), nil)
	session, _, err := o.signOn(t)
	must(t, err)
	if d := o.who(t, session); d.ID != known.ID || d.FullName != "Known" || !d.EmailVerified {
		t.Errorf("signed in as %+v", d)
	}
	idp.is(person("another subject", "known@dev.example"), nil)
	_, _, err = o.signOn(t)
	wantCode(t, err, portico.KindUnauthenticated, "sso_account_exists")

	// An address that nobody vouches for makes an account, which the owner of the mailbox takes over.
	idp.is(person("3", "new@dev.example", "email_verified", nil, "name", nil), nil)
	session, _, err = o.signOn(t)
	must(t, err)
	d := o.who(t, session)
	if d.EmailVerified || d.FullName != "new@dev.example" {
		t.Errorf("signed in as %+v", d)
	}
}

func TestSingleSignOnRefuses(t *testing.T) {
	t.Parallel()
	idp := newProvider(t)
	o := newOffice(t, idp.URL)
	dora := person("1", "dora@dev.example")
	idp.is(dora, nil)
	other, err := o.Portals.Create(t.Context(), control.PortalFields{Name: portico.Some("Other")})
	must(t, err)
	_, foreign, err := o.SingleSignOn.Start(t.Context(), o.portal, "/")
	must(t, err)
	for name, test := range map[string]struct {
		change func(*signon.Return)
		code   string
	}{
		"no cookie":             {func(r *signon.Return) { r.Cookie = secret.Text{} }, "sso_lost"},
		"nonsense":              {func(r *signon.Return) { r.Cookie = secret.New("bm9uc2Vuc2U") }, "sso_lost"},
		"another sign-in's":     {func(r *signon.Return) { r.Cookie = foreign }, "sso_lost"},
		"another state":         {func(r *signon.Return) { r.State = "x" }, "sso_lost"},
		"no state":              {func(r *signon.Return) { r.State = "" }, "sso_lost"},
		"too late":              {func(*signon.Return) { o.clock.add(11 * time.Minute) }, "sso_lost"},
		"no code":               {func(r *signon.Return) { r.Code = "" }, "sso_refused"},
		"refused over there":    {func(r *signon.Return) { r.Error = "access_denied" }, "sso_refused"},
		"an error without end":  {func(r *signon.Return) { r.Error = strings.Repeat("é", 5000) }, "sso_refused"},
		"a code that never was": {func(r *signon.Return) { r.Code = "x" }, "sso_unavailable"},
	} {
		_, _, err := o.signOn(t, test.change)
		if e := wantCode(t, err, portico.KindOf(err), test.code); t.Failed() {
			t.Fatalf("%s: %v", name, e)
		}
	}
	for name, lie := range map[string]map[string]any{
		"another audience": {"aud": "somebody"}, "another issuer": {"iss": "https://evil.example"}, "expired": {"exp": time.Now().Add(-time.Hour).Unix()},
		"another nonce": {"nonce": "x"}, "no nonce": {"nonce": ""},
	} {
		idp.is(dora, lie)
		if _, _, err := o.signOn(t); err == nil {
			t.Errorf("an ID token with %s signs in", name)
		}
	}
	if _, _, err := o.SingleSignOn.Start(t.Context(), other, "/"); portico.KindOf(err) != portico.KindNotFound {
		t.Errorf("a portal without a provider starts a sign-in: %v", err)
	}
	all, err := o.Developers.List(t.Context(), o.portal.ID, portico.ListQuery{Size: 1, Number: 1})
	must(t, err)
	if all.Total != 0 {
		t.Errorf("%d accounts were made", all.Total)
	}
	idp.Close()
	_, _, err = o.SingleSignOn.Start(t.Context(), o.portal, "/")
	wantCode(t, err, portico.KindUnavailable, "sso_unavailable")
}

func TestGroupsBecomeTeams(t *testing.T) {
	t.Parallel()
	idp := newProvider(t)
	o := newOffice(t, idp.URL)
	ctx := t.Context()
	_, err := o.IdentityProviders.ChangeSettings(ctx, o.portal.ID, developers.SettingsChange{GroupMapping: portico.Some(true)})
	must(t, err)
	o.portal, err = o.Portals.ByID(ctx, o.portal.ID)
	must(t, err)
	team := func(name string) portico.Team {
		team, err := o.Teams.Create(ctx, o.portal.ID, developers.TeamFields{Name: portico.Some(name)})
		must(t, err)
		return team
	}
	crew, ground, free := team("Crew"), team("Ground"), team("Free")
	must(t, o.IdentityProviders.PutTeamGroups(ctx, o.portal.ID, []developers.TeamGroups{{Team: crew.ID, Groups: []string{"pilots", "stewards", "pilots"}}, {Team: ground.ID, Groups: []string{"ground"}}}))
	in := func(groups any, want string) {
		t.Helper()
		idp.is(person("1", "dora@dev.example", "groups", groups), nil)
		session, _, err := o.signOn(t)
		must(t, err)
		page, err := o.Teams.Of(ctx, o.portal.ID, o.who(t, session).ID, portico.ListQuery{Size: 10, Number: 1, Sort: []portico.Sort{{Field: "name"}}})
		must(t, err)
		var names []string
		for _, team := range page.Items {
			names = append(names, team.Name)
		}
		if got := strings.Join(names, " "); got != want {
			t.Errorf("with %v in %q, want %q", groups, got, want)
		}
	}
	in([]any{"pilots", "stewards", "unknown", 7}, "Crew")
	page, err := o.Developers.List(ctx, o.portal.ID, portico.ListQuery{Size: 1, Number: 1})
	must(t, err)
	must(t, o.Teams.AddMember(ctx, o.portal.ID, free.ID, page.Items[0].ID))
	in("ground", "Free Ground")
	in(nil, "Free")
	in([]any{"ground", "stewards"}, "Crew Free Ground")
}

// wantCode checks what kind of error came, and what pages call it.
func wantCode(t *testing.T, err error, kind portico.Kind, code string) error {
	t.Helper()
	if e, ok := err.(*portico.Error); !ok || e.Kind != kind || e.Code != code {
		t.Errorf("got %v, want %s", err, code)
	}
	return err
}
