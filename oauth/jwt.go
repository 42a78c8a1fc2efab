package oauth

import (
	"context"
	"encoding/base64"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/go-jose/go-jose/v4/json"

	"portico/secret"
)

const (
	maxToken      = 16 << 10 // bytes of a token in its compact form
	maxKeyID      = 512      // bytes of a key id
	defaultLeeway = 30 * time.Second
	maxLeeway     = 2 * time.Minute
)

// Expectation is what a token must satisfy besides a good signature.
type Expectation struct {
	Issuer     string        // exact value of iss, as discovery publishes it
	Audiences  []string      // the token must name one of them; empty: any or none
	Leeway     time.Duration // for clocks that differ; 0 means 30 s, at most 2 min
	StrictType bool          // typ must be at+jwt (RFC 9068 §4), which tells access tokens from ID tokens
	Algorithms []string      // empty: DefaultAlgorithms
}

// Reason names the rule that a token breaks.
type Reason string

const (
	ReasonTooLarge   Reason = "too_large"             // longer than 16 KiB
	ReasonMalformed  Reason = "malformed"             // no JWT in compact form, or repeated or mistyped members
	ReasonAlgorithm  Reason = "unsupported_algorithm" // not accepted here, or not for this key
	ReasonHeader     Reason = "unsupported_header"    // crit, b64, or a key inside the token
	ReasonType       Reason = "wrong_type"            // typ of another kind of token
	ReasonIssuer     Reason = "wrong_issuer"
	ReasonAudience   Reason = "wrong_audience"
	ReasonExpired    Reason = "expired"       // also without exp
	ReasonNotYet     Reason = "not_yet_valid" // nbf or iat lies in the future
	ReasonBound      Reason = "bound_token"   // cnf binds it to a key that the caller would have to prove
	ReasonUnknownKey Reason = "unknown_key"   // no key of the issuer
	ReasonSignature  Reason = "bad_signature"
)

func (r Reason) err() error {
	if r == "" {
		return nil
	}
	return &TokenError{r}
}

// TokenError says why a token is refused. It contains nothing of the token.
type TokenError struct{ Reason Reason }

// Error implements error.
func (e *TokenError) Error() string {
	return "token refused: " + strings.ReplaceAll(string(e.Reason), "_", " ")
}

// Verifier verifies the access tokens of one issuer (RFC 7519, 8725, 9068).
type Verifier struct {
	keys   *KeySet
	now    func() time.Time
	logger *slog.Logger

	warnedAudience, warnedIDToken atomic.Bool
}

// NewVerifier returns a verifier that trusts a key set.
func NewVerifier(keys *KeySet, now func() time.Time, logger *slog.Logger) *Verifier {
	return &Verifier{keys: keys, now: now, logger: logger}
}

// Verify checks a token and returns its claims. Everything that costs little is
// checked before the key is looked up and the signature computed, so that
// forgeries cannot cause work or fetches. It returns a *TokenError when the
// token is refused, and an *Error that is Unavailable when keys cannot be had.
func (v *Verifier) Verify(ctx context.Context, token secret.Text, want Expectation) (Claims, error) {
	parsed, reason := parseToken(token.Reveal())
	if reason == "" {
		reason = parsed.header.check(want)
	}
	if reason == "" {
		reason = parsed.claims.check(want, v.now())
	}
	if reason != "" {
		return Claims{}, &TokenError{reason}
	}
	if err := v.keys.verify(ctx, parsed); err != nil {
		return Claims{}, err
	}
	v.warn(parsed.claims, want)
	return parsed.claims, nil
}

// warn tells the operator, once, of tokens that are accepted although little
// keeps tokens made for others apart from them.
func (v *Verifier) warn(c Claims, want Expectation) {
	if len(want.Audiences) == 0 && v.warnedAudience.CompareAndSwap(false, true) {
		v.logger.Warn("tokens are accepted for any audience, because the strategy configures none", "issuer", want.Issuer)
	}
	if (c.Has("nonce") || c.Has("at_hash")) && v.warnedIDToken.CompareAndSwap(false, true) {
		v.logger.Warn("an accepted token looks like an ID token; configure an audience, or strict types if the issuer has them", "issuer", want.Issuer)
	}
}

// parsedToken is a JWT taken apart, nothing of it trusted yet.
type parsedToken struct {
	header    tokenHeader
	claims    Claims
	input     []byte // what the signature is over
	signature []byte
}

// tokenHeader is the JOSE header (RFC 7515 §4.1). Members that must not be
// there are read only to see that they are.
type tokenHeader struct {
	Algorithm   string          `json:"alg"`
	Type        string          `json:"typ"`
	ContentType string          `json:"cty"`
	KeyID       string          `json:"kid"`
	Critical    json.RawMessage `json:"crit"`
	Unencoded   json.RawMessage `json:"b64"`
	Key         json.RawMessage `json:"jwk"`
	KeyURL      json.RawMessage `json:"jku"`
	CertURL     json.RawMessage `json:"x5u"`
	Encryption  json.RawMessage `json:"enc"`
}

// parseToken takes a compact JWT apart. The JSON decoder refuses repeated
// members and tells upper from lower case.
func parseToken(token string) (*parsedToken, Reason) {
	if len(token) > maxToken {
		return nil, ReasonTooLarge
	}
	end := strings.LastIndexByte(token, '.')
	header, payload, ok := strings.Cut(token[:max(end, 0)], ".")
	if !ok || strings.Contains(payload, ".") || strings.ContainsAny(token, "\r\n") {
		return nil, ReasonMalformed
	}
	encoding := base64.RawURLEncoding.Strict()
	rawHeader, headerErr := encoding.DecodeString(header)
	rawPayload, payloadErr := encoding.DecodeString(payload)
	signature, signatureErr := encoding.DecodeString(token[end+1:])
	if headerErr != nil || payloadErr != nil || signatureErr != nil || !utf8.Valid(rawHeader) || !utf8.Valid(rawPayload) {
		return nil, ReasonMalformed
	}
	parsed := &parsedToken{input: []byte(token[:end]), signature: signature}
	if json.Unmarshal(rawHeader, &parsed.header) != nil || len(parsed.header.KeyID) > maxKeyID {
		return nil, ReasonMalformed
	}
	if json.Unmarshal(rawPayload, &parsed.claims.members) != nil || parsed.claims.members == nil {
		return nil, ReasonMalformed
	}
	return parsed, ""
}

func (h tokenHeader) check(want Expectation) Reason {
	algorithms := want.Algorithms
	if len(algorithms) == 0 {
		algorithms = DefaultAlgorithms()
	}
	if !slices.Contains(algorithms, h.Algorithm) || !slices.Contains(DefaultAlgorithms(), h.Algorithm) {
		return ReasonAlgorithm
	}
	if h.Critical != nil || h.Unencoded != nil || h.Key != nil || h.KeyURL != nil || h.CertURL != nil || h.Encryption != nil {
		return ReasonHeader
	}
	// A media type may leave out "application/" (RFC 7515 §4.1.9).
	typ := strings.TrimPrefix(strings.ToLower(h.Type), "application/")
	if h.ContentType != "" || typ != "at+jwt" && (want.StrictType || typ != "" && typ != "jwt") {
		return ReasonType
	}
	return ""
}

func (c Claims) check(want Expectation, now time.Time) Reason {
	if want.Issuer == "" || c.Issuer() != want.Issuer {
		return ReasonIssuer
	}
	leeway := want.Leeway
	if leeway == 0 {
		leeway = defaultLeeway
	}
	leeway = min(max(leeway, 0), maxLeeway)
	expires, ok := c.date("exp")
	if !ok && c.Has("exp") {
		return ReasonMalformed
	}
	if !ok || !now.Before(expires.Add(leeway)) {
		return ReasonExpired
	}
	for _, name := range []string{"nbf", "iat"} {
		from, ok := c.date(name)
		if !ok && c.Has(name) {
			return ReasonMalformed
		}
		if ok && from.After(now.Add(leeway)) {
			return ReasonNotYet
		}
	}
	audience := c.Audience()
	if len(want.Audiences) > 0 && !slices.ContainsFunc(want.Audiences, func(a string) bool { return slices.Contains(audience, a) }) {
		return ReasonAudience
	}
	if c.Has("cnf") {
		return ReasonBound
	}
	return ""
}
