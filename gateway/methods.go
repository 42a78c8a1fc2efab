package gateway

import (
	"context"
	"net/http"
	"time"

	"portico/secret"
)

// trySession accepts a session cookie of one of the service's strategies. A
// cookie that is expired, or whose client is gone or has changed credentials,
// is as good as none.
func (p *policy) trySession(_ context.Context, q *query) attempt {
	if !q.guard.sessions {
		return attempt{}
	}
	for _, value := range sessionValues(q.Header) {
		q.presented = true
		for _, s := range q.guard.oidc {
			if !s.session {
				continue
			}
			content, err := p.sessions.open(value, s.digest, q.Host, q.now)
			if err != nil {
				continue
			}
			app := q.apps.ByClient(s.id, content.ClientID)
			if app == nil || app.Generation != content.Generation {
				continue
			}
			if !sameOrigin(q.Head) {
				return crossOrigin(q)
			}
			return attempt{proof: &proof{
				app: app, strategy: s, method: BySession, credentialID: content.ClientID, use: content.ClientID,
				token: content.Token.Text, expires: time.Unix(content.TokenExpires, 0), scoped: true,
				cookie: p.touchSession(q, s, content),
			}}
		}
	}
	return attempt{}
}

// sameOrigin applies net/http's protection against cross-site requests: the
// browser sends the cookie by itself, so it proves nothing about who wrote the
// request. A request with an Origin is checked whatever its method, because a
// script of that origin may read the response.
func sameOrigin(head Head) bool {
	r := &http.Request{Method: head.Method, Host: head.Host, Header: http.Header{}}
	for _, name := range []string{"Sec-Fetch-Site", "Origin"} {
		if values := head.Header.Values(name); len(values) > 0 {
			r.Header[name] = values
		}
	}
	if r.Header.Get("Origin") != "" {
		r.Method = http.MethodPost
	}
	return new(http.CrossOriginProtection).Check(r) == nil
}

// crossOrigin refuses a request that has nothing but the cookie; with another
// credential, that one decides.
func crossOrigin(q *query) attempt {
	if len(q.Header.Values("Authorization")) > 0 || q.hasKey() {
		return attempt{}
	}
	return attempt{refusal: &refusal{reason: CrossOrigin, method: BySession}}
}

// touchSession gives the cookie to write back, or "" while it is young.
func (p *policy) touchSession(q *query, s *strategy, content session) string {
	content, due := content.touched(q.now)
	if !due {
		return ""
	}
	return p.writeSession(q, s, content)
}

// startSession gives the cookie of a new session when the strategy has
// sessions.
func (p *policy) startSession(q *query, proof *proof) string {
	if !proof.strategy.session || len(p.sessions.keys) == 0 {
		return ""
	}
	return p.writeSession(q, proof.strategy, session{
		ClientID: proof.credentialID, Generation: proof.app.Generation,
		Issued: q.now.Unix(), Touched: q.now.Unix(), Until: q.now.Add(sessionAbsolute).Unix(),
		TokenExpires: proof.expires.Unix(), Token: secretValue{proof.token},
	})
}

func (p *policy) writeSession(q *query, s *strategy, content session) string {
	value, err := p.sessions.seal(content, s.digest, q.Host)
	if err != nil {
		p.logger.Error("session not written; the caller keeps using credentials", "strategy", s.id, "err", err)
		return ""
	}
	return cookie(value, q.Secure)
}

// tryKey accepts an API key from a header or a query parameter.
func (p *policy) tryKey(_ context.Context, q *query) attempt {
	for _, s := range q.guard.keys {
		for _, name := range s.keyNames {
			key := q.key(name)
			if key.Empty() {
				continue
			}
			q.presented = true
			app, known := q.apps.ByKey(s.id, key.Digest())
			if app == nil {
				continue
			}
			if !known.ExpiresAt.IsZero() && !q.now.Before(known.ExpiresAt) {
				return attempt{refusal: &refusal{reason: BadCredentials, method: ByKey, app: app}}
			}
			return attempt{proof: &proof{app: app, strategy: s, method: ByKey, credentialID: known.ID, use: known.ID, scoped: true}}
		}
	}
	return attempt{}
}

// key reads a key by name: from the header of that name, else from the query.
func (q *query) key(name string) secret.Text {
	for _, value := range q.Header.Values(http.CanonicalHeaderKey(name)) {
		if value != "" {
			return secret.New(value)
		}
	}
	return secret.New(queryValue(q.Query, name))
}

func (q *query) hasKey() bool {
	for _, name := range q.guard.keyNames {
		if !q.key(name).Empty() {
			return true
		}
	}
	return false
}
