package httpkit

import (
	"net/http"
	"unicode/utf8"

	"portico"
	"portico/problem"
)

// maxUserAgent is how many bytes of a User-Agent are kept.
const maxUserAgent = 256

// Event is what a request tells the audit log by itself: from where it comes
// and which operation it asks for. Who asks is added by whoever knows.
func Event(r *http.Request, action string, p portico.Principal) portico.Event {
	agent := r.UserAgent()
	if len(agent) > maxUserAgent {
		agent = agent[:maxUserAgent]
	}
	if !utf8.ValidString(agent) {
		agent = ""
	}
	return portico.Event{
		Action: action, Principal: p, ClientIP: ClientAddr(r).String(), UserAgent: agent,
		TraceID: problem.RequestID(r.Context()), Method: r.Method, URI: r.URL.Path,
	}
}
