package trial

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"portico"
	"portico/oauth"
	"portico/secret"
)

// Trials tries credentials.
type Trials struct {
	Options
	known *oauth.Providers // for what need not be asked anew
}

// Options are what trials need from the outside.
type Options struct {
	// Issuers calls authorization servers, whose addresses admins typed in; it
	// should come from oauth.NewHTTPClient.
	Issuers *http.Client
	// Gateway calls the gateway alone; see NewGatewayClient.
	Gateway *http.Client
	Now     func() time.Time
	Logger  *slog.Logger
}

// New makes the one Trials of a program.
func New(o Options) *Trials {
	return &Trials{o, oauth.NewProviders(o.Issuers, o.Now, o.Logger)}
}

// TokenEndpoint is where an issuer gives tokens; empty when the issuer does not
// say or cannot be asked. It is remembered, and asked for within the context's
// time.
func (t *Trials) TokenEndpoint(ctx context.Context, issuer string) string {
	metadata, err := t.known.Provider(issuer).Metadata(ctx)
	if err != nil {
		return ""
	}
	return metadata.TokenEndpoint
}

// NewGatewayClient makes a client for the gateway: no redirects, one deadline,
// no connection that outlives a trial.
func NewGatewayClient(timeout time.Duration) *http.Client {
	return &http.Client{
		Timeout:       timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport:     &http.Transport{DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10, TLSHandshakeTimeout: timeout},
	}
}

// Subject is what is tried.
type Subject struct {
	Strategy portico.Strategy
	Dialect  string         // type of the DCR provider; empty: there is none
	Client   string         // client id of the application; empty with key auth
	Scopes   []string       // asked for; none: the strategy's
	Status   portico.Status // of the registration for the API; empty: there is none
	Host     string         // that the gateway is told; empty: the address'
	Address  string         // of an operation at the gateway, for a GET; empty: the API has no route yet
}

// Requested are the scopes that are asked for, as the gateway would.
func (s Subject) Requested() []string {
	scopes := s.Scopes
	if len(scopes) == 0 {
		scopes = s.Strategy.OIDC.Scopes
	}
	return oauth.RequestScopes(s.Dialect, scopes)
}

// Stage is a step of a trial.
type Stage string

// The stages in their order; with key auth only the last two.
const (
	Issuer       Stage = "issuer"
	Token        Stage = "token"
	Claim        Stage = "claim"
	Registration Stage = "registration"
	Gateway      Stage = "gateway"
)

// State is how a step went.
type State string

// The states.
const (
	OK      State = "ok"
	Failed  State = "failed"
	Skipped State = "skipped" // an earlier step failed
)

// Cause is why a step failed.
type Cause string

// The causes. Each has one remedy.
const (
	IssuerUnreachable  Cause = "issuer_unreachable"
	IssuerNoToken      Cause = "issuer_no_token" // publishes no token endpoint
	WrongSecret        Cause = "invalid_client"
	OpenIDScope        Cause = "openid_scope"
	InvalidScope       Cause = "invalid_scope"
	GrantDenied        Cause = "grant_denied"
	TokenUnavailable   Cause = "token_unavailable"
	TokenUnverified    Cause = "token_unverified"
	ClaimMissing       Cause = "claim_missing"
	ClaimMismatch      Cause = "claim_mismatch"
	NotRegistered      Cause = "not_registered"
	AwaitingApproval   Cause = "awaiting_approval"
	Refused            Cause = "registration_refused" // rejected or revoked
	NoRoute            Cause = "no_route"
	GatewayUnreachable Cause = "gateway_unreachable"
	GatewayRejected    Cause = "gateway_rejected"    // 401
	GatewayForbidden   Cause = "gateway_forbidden"   // 403
	GatewayNotFound    Cause = "gateway_not_found"   // 404 of the gateway itself
	GatewayLimited     Cause = "gateway_limited"     // 429
	GatewayUnavailable Cause = "gateway_unavailable" // 502–504
	UpstreamFailed     Cause = "upstream_failed"     // another 5xx
)

// Step is one step of a trial and how it went.
type Step struct {
	Stage     Stage
	State     State
	Cause     Cause // of a failure
	Took      time.Duration
	Detail    string    // what the other side said, for a person; never a secret
	Scopes    []string  // Token: granted
	ExpiresAt time.Time // Token; zero: unknown
	Claims    string    // Token: its claims as indented JSON; empty: the token is opaque
	ClaimPath []string  // Claim: where the application's name is looked for
	Found     string    // Claim: what is there
	Elsewhere string    // Claim: the claim that holds the client id instead
	Code      int       // Gateway: the HTTP status
}

// run is a trial under way.
type run struct {
	*Trials
	subject Subject
	steps   []Step
	failed  bool
}

// Run tries a secret of the subject: a client secret, or an API key with key
// auth. Every stage has a step in the answer; after a failure the rest is
// skipped, except that what needs no credential is looked at all the same.
func (t *Trials) Run(ctx context.Context, s Subject, credential secret.Text) []Step {
	r := &run{Trials: t, subject: s}
	if s.Strategy.OIDC == nil {
		r.step(Registration, func(step *Step) { step.Cause = registration(s.Status) })
		r.step(Gateway, func(step *Step) {
			r.call(ctx, step, func(q *http.Request) { q.Header.Set(keyName(s.Strategy), credential.Reveal()) })
		})
		return r.steps
	}
	token := r.client(ctx, credential)
	r.step(Registration, func(step *Step) { step.Cause = registration(s.Status) })
	r.step(Gateway, func(step *Step) {
		r.call(ctx, step, func(q *http.Request) {
			if s.Strategy.OIDC.Has(portico.MethodBearer) {
				q.Header.Set("Authorization", "Bearer "+token.Access.Reveal())
			} else {
				q.Header.Set("Authorization", oauth.EncodeBasic(s.Client, credential))
			}
		})
	})
	return r.steps
}

// Client tries a client that belongs to no application: the first three stages.
// The subject has a strategy with an issuer.
func (t *Trials) Client(ctx context.Context, s Subject, credential secret.Text) []Step {
	r := &run{Trials: t, subject: s}
	r.client(ctx, credential)
	return r.steps
}

// client gets a token from the issuer and looks whose it is.
func (r *run) client(ctx context.Context, credential secret.Text) oauth.Token {
	provider := oauth.NewProviders(r.Issuers, r.Now, r.Logger).Provider(r.subject.Strategy.OIDC.Issuer)
	r.step(Issuer, func(step *Step) { issuer(ctx, step, provider) })
	var token oauth.Token
	var claims *oauth.Claims
	r.step(Token, func(step *Step) { token, claims = r.token(ctx, step, provider, credential) })
	r.step(Claim, func(step *Step) { r.claim(step, claims) })
	return token
}

// step runs one step, unless an earlier one failed.
func (r *run) step(stage Stage, try func(*Step)) {
	step := Step{Stage: stage, State: Skipped}
	if !r.failed {
		began := r.Now()
		try(&step)
		step.Took = r.Now().Sub(began)
		step.State = OK
		if step.Cause != "" {
			step.State, r.failed = Failed, true
		}
	}
	r.steps = append(r.steps, step)
}

func registration(s portico.Status) Cause {
	switch s {
	case portico.Approved:
		return ""
	case portico.Pending:
		return AwaitingApproval
	case "":
		return NotRegistered
	}
	return Refused
}

func keyName(s portico.Strategy) string {
	if s.KeyAuth != nil && len(s.KeyAuth.KeyNames) > 0 {
		return s.KeyAuth.KeyNames[0]
	}
	return portico.DefaultKeyNames()[0]
}

func issuer(ctx context.Context, step *Step, provider *oauth.Provider) {
	metadata, err := provider.Metadata(ctx)
	switch {
	case err != nil:
		step.Cause, step.Detail = IssuerUnreachable, err.Error()
	case metadata.TokenEndpoint == "":
		step.Cause = IssuerNoToken
	}
}

// token asks for a token as the gateway would, and verifies it.
func (r *run) token(ctx context.Context, step *Step, provider *oauth.Provider, credential secret.Text) (oauth.Token, *oauth.Claims) {
	config, scopes := r.subject.Strategy.OIDC, r.subject.Requested()
	token, err := provider.ClientCredentials(ctx, oauth.Grant{ClientID: r.subject.Client, Secret: credential, Scopes: scopes, Extra: config.TokenArgs()})
	if err != nil {
		step.Cause, step.Detail = tokenCause(err, scopes), err.Error()
		return token, nil
	}
	step.Scopes, step.ExpiresAt, step.Claims = token.Scopes, token.ExpiresAt, decoded(token.Access)
	if step.Claims == "" {
		return token, nil // opaque: the gateway asks for it by client id
	}
	claims, err := provider.Verify(ctx, token.Access, oauth.Expectation{})
	if err != nil {
		step.Cause, step.Detail = TokenUnverified, err.Error()
		return token, nil
	}
	return token, &claims
}

func tokenCause(err error, scopes []string) Cause {
	refused, ok := asRefusal(err)
	switch {
	case !ok || refused.Unavailable():
		return TokenUnavailable
	case refused.Rejected():
		return WrongSecret
	case slices.Contains(scopes, "openid"):
		return OpenIDScope
	case refused.Code == "invalid_scope":
		return InvalidScope
	}
	return GrantDenied
}

// decoded are the claims of a token in the form of a JWT, for people to read.
func decoded(token secret.Text) string {
	parts := strings.Split(token.Reveal(), ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return ""
	}
	var claims map[string]any
	if json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	out, err := json.MarshalIndent(claims, "", "  ")
	if err != nil {
		return ""
	}
	return string(out)
}

// claim looks for the application in the token, where the strategy says.
func (r *run) claim(step *Step, claims *oauth.Claims) {
	step.ClaimPath = r.subject.Strategy.OIDC.CredentialClaim
	if claims == nil {
		return // opaque token: there are no claims to look at
	}
	found, ok := claims.Path(step.ClaimPath)
	step.Found = found
	switch {
	case !ok:
		step.Cause = ClaimMissing
	case found != r.subject.Client:
		step.Cause = ClaimMismatch
	}
	if step.Cause != "" {
		step.Elsewhere = elsewhere(claims, r.subject.Client)
	}
}

// elsewhere is the claim that does hold the client id; empty if none does.
func elsewhere(claims *oauth.Claims, clientID string) string {
	for _, name := range []string{"client_id", "cid", "azp", "appid", "sub"} {
		if value, ok := claims.Path([]string{name}); ok && value == clientID {
			return name
		}
	}
	return ""
}
