package signin

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Request is what an application asks for at the authorization endpoint.
type Request struct {
	ClientID    string
	RedirectURI string
	State       string
	Nonce       string
	Challenge   string   // S256 of the verifier; empty without PKCE
	Scopes      []string // without repetitions
	LoginHint   string
	Silent      bool           // nobody may be asked anything
	Again       bool           // they have to sign in even if they have
	MaxAge      *time.Duration // of the sign-in
	parameters  url.Values
}

// Refusal is an error that the application is told (RFC 6749 section 4.1.2.1).
type Refusal struct{ Code, Description string }

// Error names the code and its description.
func (r *Refusal) Error() string { return r.Code + ": " + r.Description }

// challengePattern is a SHA-256 in base64url.
var challengePattern = regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`)

// fruitless are scopes for what this server does not issue. The application is
// not refused, it gets less (RFC 6749 section 3.3).
var fruitless = []string{"offline_access", "device_sso"}

// Parse reads the parameters, none of which is there twice. With a refusal, too,
// the request has the client, the redirect URI and the state: who checks these
// can tell the application.
func Parse(form url.Values) (Request, *Refusal) {
	q := Request{
		ClientID: form.Get("client_id"), RedirectURI: form.Get("redirect_uri"), State: form.Get("state"), Nonce: form.Get("nonce"),
		Challenge: form.Get("code_challenge"), LoginHint: form.Get("login_hint"), parameters: form,
	}
	for _, name := range strings.Fields(form.Get("scope")) {
		if !slices.Contains(q.Scopes, name) && !slices.Contains(fruitless, name) {
			q.Scopes = append(q.Scopes, name)
		}
	}
	switch method := form.Get("code_challenge_method"); {
	case form.Get("response_type") == "":
		return q, invalid("The 'response_type' parameter is missing.")
	case form.Get("response_type") != "code":
		return q, &Refusal{"unsupported_response_type", "The response type is not supported by the authorization server. Configured response types: [code]."}
	case form.Get("response_mode") != "" && form.Get("response_mode") != "query":
		return q, invalid("The 'response_mode' must be 'query'.")
	case form.Has("request"):
		return q, &Refusal{"request_not_supported", "Request objects are not supported."}
	case form.Has("request_uri"):
		return q, &Refusal{"request_uri_not_supported", "Request objects are not supported."}
	case q.State == "":
		return q, invalid("The 'state' parameter is missing.")
	case len(q.Scopes) == 0:
		return q, &Refusal{"invalid_scope", "The 'scope' parameter must name at least one scope."}
	case q.Challenge == "" && method != "":
		return q, invalid("The 'code_challenge' parameter is missing.")
	case q.Challenge != "" && method != "S256":
		return q, invalid("PKCE code challenge method must be 'S256'.")
	case q.Challenge != "" && !challengePattern.MatchString(q.Challenge):
		return q, invalid("PKCE code challenge must be the base64url form of a SHA-256.")
	}
	return q, q.readPrompt(form)
}

func invalid(description string) *Refusal { return &Refusal{"invalid_request", description} }

// readPrompt reads whether, and whom, to ask.
func (q *Request) readPrompt(form url.Values) *Refusal {
	prompts := strings.Fields(form.Get("prompt"))
	for _, prompt := range prompts {
		switch prompt {
		case "none":
			q.Silent = true
		case "login", "select_account":
			q.Again = true
		case "consent":
			return &Refusal{"consent_required", "This authorization server asks nobody for consent."}
		default:
			return invalid("The 'prompt' parameter must be 'none', 'login' or 'select_account'.")
		}
	}
	if q.Silent && len(prompts) > 1 {
		return invalid("The 'prompt' value 'none' cannot be combined with others.")
	}
	if text := form.Get("max_age"); text != "" {
		seconds, err := strconv.ParseUint(text, 10, 31)
		if err != nil {
			return invalid("The 'max_age' parameter must be a number of seconds.")
		}
		q.MaxAge = new(time.Duration(seconds) * time.Second)
	}
	return nil
}

// Fresh reports whether a sign-in at a time is recent enough.
func (q Request) Fresh(signedIn, now time.Time) bool {
	return !q.Again && (q.MaxAge == nil || now.Sub(signedIn) <= *q.MaxAge)
}

// Encode is the request as the query of a URL.
func (q Request) Encode() string { return q.parameters.Encode() }

// Accepted is where the browser goes with a code.
func (q Request) Accepted(code string) string { return q.answer("code", code) }

// Refused is where the browser goes with an error.
func (q Request) Refused(r *Refusal) string {
	return q.answer("error", r.Code, "error_description", r.Description)
}

// answer adds parameters, and the state, to those of the redirect URI.
func (q Request) answer(pairs ...string) string {
	added := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		added.Set(pairs[i], pairs[i+1])
	}
	if q.State != "" {
		added.Set("state", q.State)
	}
	base, query, _ := strings.Cut(q.RedirectURI, "?")
	if query != "" {
		query += "&"
	}
	return base + "?" + query + added.Encode()
}

// originPattern is a host, and port, that means nothing else in a policy.
var originPattern = regexp.MustCompile(`^[A-Za-z0-9.-]+(:[0-9]+)?$|^\[[0-9A-Fa-f:.]+\](:[0-9]+)?$`)
var schemePattern = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// FormTarget is the source expression (CSP Level 3 section 2.3.1) of where the
// redirect URI leads: browsers hold the redirects after a form to the policy of
// the form's page. It is empty when there is none.
func (q Request) FormTarget() string {
	u, err := url.Parse(q.RedirectURI)
	switch {
	case err != nil || !schemePattern.MatchString(u.Scheme):
		return ""
	case u.Scheme != "http" && u.Scheme != "https":
		return u.Scheme + ":" // an application on the device
	case !originPattern.MatchString(u.Host):
		return ""
	}
	return u.Scheme + "://" + u.Host
}
