package gateway

import (
	"net/http"
	"strconv"

	"portico/enforce"
)

// preflight is the reason of answers to browsers that ask what they may send.
const preflight Reason = enforce.ReasonPreflight

// asked is the request as the plugins' rules look at it.
func (e *exchange) asked(r *http.Request) enforce.Request {
	q := enforce.Request{
		Method: r.Method, Path: e.path, Query: r.URL.RawQuery, Header: r.Header, Source: e.source.addr,
		Length: r.ContentLength, Now: e.gateway.now(), Service: e.match.route.service.ID, Credential: e.verdict.CredentialID,
	}
	if app := e.verdict.Application; app != nil {
		q.Application = app.ID
	}
	if e.consumer != nil {
		q.Consumer = e.consumer.ID
	}
	return q
}

// arrive lets the rules for everyone have the first word about a request.
func (e *exchange) arrive(w http.ResponseWriter, r *http.Request) *enforce.Answer {
	if e.rules = e.match.route.plugins.For("", e.source.secure); e.rules == nil {
		return nil
	}
	return e.rules.Arrive(e.asked(r), w.Header())
}

// admit asks the rules about a request whose caller is known.
func (e *exchange) admit(w http.ResponseWriter, r *http.Request) *enforce.Answer {
	if e.consumer != nil {
		e.rules = e.match.route.plugins.For(e.consumer.ID, e.source.secure)
	}
	if e.rules == nil {
		return nil
	}
	return e.rules.Admit(e.asked(r), e.gateway.counts, w.Header())
}

// answer answers for a rule.
func (e *exchange) answer(w http.ResponseWriter, a *enforce.Answer) {
	e.verdict.Reason = Reason(a.Reason)
	switch {
	case a.Status == http.StatusNoContent || a.Status == http.StatusNotModified:
		w.WriteHeader(a.Status)
	case a.ContentType == "" && a.Message != "":
		writeMessage(w, a.Status, a.Message, e.id)
	default:
		if a.ContentType != "" {
			w.Header().Set("Content-Type", a.ContentType)
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(a.Body)))
		w.WriteHeader(a.Status)
		_, _ = w.Write([]byte(a.Body))
	}
}
