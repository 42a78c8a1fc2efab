package gateway

import (
	"net/http"
	"time"

	"portico/oauth"
	"portico/usage"
)

// count tells the usage counter of a request that reached a service.
func (g *Gateway) count(e *exchange, r *http.Request, recorded *recorder, at time.Time, took time.Duration) {
	if g.opts.Usage == nil || e.match.route == nil || e.verdict.Reason == notSecure || e.verdict.Reason == preflight {
		return
	}
	request := usage.Request{
		At: at, API: e.verdict.APIID, Status: recorded.status, Outcome: outcome(e, recorded.status), Took: took,
		RequestBytes: max(r.ContentLength, 0), ResponseBytes: recorded.bytes, Credential: e.verdict.CredentialUse,
	}
	if e.body != nil {
		request.RequestBytes = e.body.bytes
	}
	if app := e.verdict.Application; app != nil {
		request.Application = app.ID
	}
	g.opts.Usage.Add(request)
}

// outcome tells an application's developer whose turn it is to act.
func outcome(e *exchange, status int) usage.Outcome {
	switch e.verdict.Reason {
	case NoCredentials:
		return usage.NoCredential
	case BadCredentials:
		return usage.BadCredential
	case NotRegistered:
		return usage.NotRegistered
	case InsufficientScope:
		return usage.InsufficientScope
	case Denied, CrossOrigin:
		return usage.Denied
	case Limited:
		return usage.RateLimited
	case Unavailable:
		return usage.IdPFailed
	}
	switch {
	case e.failure:
		return usage.UpstreamFailed
	case status >= http.StatusInternalServerError:
		return usage.ServerError
	case status == http.StatusTooManyRequests:
		return usage.RateLimited
	case status >= http.StatusBadRequest:
		return usage.ClientError
	}
	return usage.OK
}

// nameOf is the name under which the use of a client's secret is noted.
func (p *policy) nameOf(c oauth.Credentials) string {
	if p.usage == nil {
		return c.ClientID
	}
	return p.usage.Fingerprint(c.ClientID, c.Secret)
}
