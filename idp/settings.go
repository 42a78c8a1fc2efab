package idp

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"portico"
	"portico/oauth"
	"portico/secret"
)

// Settings are what an adapter is made of.
type Settings struct {
	Provider   portico.Provider
	Credential secret.Text                                // opened; what it is, each adapter's New says
	Handles    portico.ClientHandles                      // of servers with Dynamic Client Registration alone
	HTTP       *http.Client                               // nil: oauth.NewHTTPClient without access to private addresses
	Now        func() time.Time                           // nil: time.Now
	Wait       func(context.Context, time.Duration) error // nil: a timer
	Logger     *slog.Logger                               // nil: discards
}

// Complete puts what is not given in its place, but for Wait, which New knows.
func (s Settings) Complete() Settings {
	if s.HTTP == nil {
		s.HTTP = oauth.NewHTTPClient(oauth.ClientPolicy{Timeout: Timeout})
	}
	if s.Now == nil {
		s.Now = time.Now
	}
	if s.Logger == nil {
		s.Logger = slog.New(slog.DiscardHandler)
	}
	return s
}

// Issuer is the provider's, normalised: without a slash at its end. One that no
// authorization server can have is IdPRejected.
func (s Settings) Issuer() (*url.URL, error) {
	normal, err := oauth.NormalizeIssuer(s.Provider.Issuer)
	if err != nil {
		return nil, Unusable("issuer", s.Provider.Issuer, err)
	}
	issuer, err := url.Parse(normal)
	if err != nil {
		return nil, Unusable("issuer", s.Provider.Issuer, err)
	}
	return issuer, nil
}

// Unusable is the error (IdPRejected) for an address that an admin entered and
// that nothing can be reached at.
func Unusable(what, address string, why error) error {
	return &portico.IdPError{Kind: portico.IdPRejected, Detail: fmt.Sprintf("The %s %s cannot be used: %v. Correct it.", what, address, why)}
}

// Config is that of an API at a host of the vendor's. The credential is in no
// error, and is not sent yet.
func (s Settings) Config(vendor string, host *url.URL, explain func(body []byte) (code, text string)) Config {
	return Config{
		Vendor: vendor, Base: &url.URL{Scheme: host.Scheme, Host: host.Host}, HTTP: s.HTTP,
		Secrets: []secret.Text{s.Credential}, Explain: explain, Now: s.Now, Wait: s.Wait, Logger: s.Logger,
	}
}
