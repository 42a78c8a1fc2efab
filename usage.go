package portico

import "time"

// Outcome says what became of a request at the gateway.
type Outcome string

// The outcomes. All but OutcomeOK are errors with their cause.
const (
	OutcomeOK             Outcome = "ok"
	OutcomeNoCredential   Outcome = "no_credential"
	OutcomeBadCredential  Outcome = "bad_credential"
	OutcomeNotRegistered  Outcome = "not_registered"
	OutcomeNoScope        Outcome = "insufficient_scope"
	OutcomeDenied         Outcome = "denied"          // by the identity provider, or sent across sites
	OutcomeClientError    Outcome = "client_error"    // the upstream answered 4xx, or the caller left
	OutcomeServerError    Outcome = "server_error"    // the upstream answered 5xx
	OutcomeUpstreamFailed Outcome = "upstream_failed" // the upstream did not answer
	OutcomeIdPFailed      Outcome = "idp_failed"      // the identity provider did not answer
	OutcomeRateLimited    Outcome = "rate_limited"
)

// Outcomes lists them.
func Outcomes() []Outcome {
	return []Outcome{OutcomeOK, OutcomeNoCredential, OutcomeBadCredential, OutcomeNotRegistered, OutcomeNoScope, OutcomeDenied,
		OutcomeClientError, OutcomeServerError, OutcomeUpstreamFailed, OutcomeIdPFailed, OutcomeRateLimited}
}

// UsageCount is what one application did at one API within one bucket of time,
// by status code and outcome. Sizes are in bytes, latencies in microseconds.
type UsageCount struct {
	Start         time.Time     // of the bucket
	Length        time.Duration // a minute, or an hour once it is old
	ApplicationID ApplicationID // empty: no application was recognised
	APIID         APIID         // empty: the service is no API's
	Status        int
	Outcome       Outcome
	Requests      int64
	LatencySum    int64
	RequestBytes  int64
	ResponseBytes int64
	Latencies     []int64 // requests per latency class, see LatencyClasses
}

// LatencyClasses are the upper bounds, in microseconds, of the classes that
// latencies are counted in; there is one more class above the last.
func LatencyClasses() []int64 {
	return []int64{1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000}
}

// CredentialUse is when a credential of an application last let a request
// through. With OAuth the credential is the client, told apart only by its
// secret where the gateway saw the secret.
type CredentialUse struct {
	ApplicationID ApplicationID
	CredentialID  string    // an API key's id; otherwise the client id, with "#" and the secret's fingerprint where it was seen
	SecretID      string    // the identity provider's id of the secret, where Portico issued it
	LastUsedAt    time.Time // zero: never
}

// UsageQuery chooses counts: of some applications, or with Everyone of all that
// used the given APIs (every API: nil), applications that are gone and callers
// without one included.
type UsageQuery struct {
	ApplicationIDs []ApplicationID
	Everyone       bool
	APIIDs         []APIID
	From, To       time.Time     // To is excluded
	Step           time.Duration // adds counts up to buckets of this length; 0: as they are kept
}
