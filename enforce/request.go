package enforce

import (
	"net/http"
	"net/netip"
	"time"
)

// Request is what rules look at.
type Request struct {
	Method      string
	Path        string // normalized
	Query       string // raw, without "?"
	Header      http.Header
	Source      netip.Addr // the caller
	Length      int64      // of the body; -1: not known
	Now         time.Time
	Service     string // id
	Consumer    string // id; empty: none
	Application string // id; empty: none
	Credential  string // id; empty: none
}

// Answer is what the caller gets instead of the service's response.
type Answer struct {
	Status      int
	Reason      string // for metrics
	Message     string // in the gateway's own form, unless ContentType is set
	ContentType string
	Body        string
}

// Reasons of answers.
const (
	ReasonPreflight  = "preflight"
	ReasonRestricted = "ip_restricted"
	ReasonTooLarge   = "too_large"
	ReasonNoLength   = "no_length"
	ReasonLimited    = "rate_limited"
	ReasonTerminated = "terminated"
)

// Arrive is the first word about a request, before anybody knows who calls. It
// sets headers that every answer shall have; a request that is answered here
// goes no further. It works on nil rules.
func (r *Rules) Arrive(q Request, response http.Header) *Answer {
	if r == nil {
		return nil
	}
	if r.correlation.rule != nil {
		r.correlation.rule.arrive(q.Header, response)
	}
	if r.cors.rule != nil {
		return r.cors.rule.arrive(q, response)
	}
	return nil
}

// Admit decides about a request whose caller is known, and counts it. It works
// on nil rules.
func (r *Rules) Admit(q Request, counts *Counts, response http.Header) *Answer {
	if r == nil {
		return nil
	}
	if r.ips.rule != nil {
		if a := r.ips.rule.admit(q.Source); a != nil {
			return a
		}
	}
	if r.size.rule != nil {
		if a := r.size.rule.admit(q); a != nil {
			return a
		}
	}
	if r.rate.rule != nil {
		if a := r.rate.rule.admit(q, counts, response); a != nil {
			return a
		}
	}
	if r.termination.rule != nil {
		return r.termination.rule.admit(q)
	}
	return nil
}

// BodyLimit is how many bytes a body may have; 0: any number.
func (r *Rules) BodyLimit() int64 {
	if r == nil || r.size.rule == nil {
		return 0
	}
	return r.size.rule.bytes
}

// Outgoing changes the headers of a request on its way to the service.
func (r *Rules) Outgoing(header http.Header) {
	if r != nil && r.request.rule != nil {
		r.request.rule.apply(header)
	}
}

// Incoming changes the headers of the service's response: what the gateway has
// said in its own headers stands.
func (r *Rules) Incoming(header, own http.Header) {
	if r == nil {
		return
	}
	if r.cors.rule != nil {
		r.cors.rule.incoming(header)
	}
	if r.response.rule != nil {
		r.response.rule.apply(header)
	}
	for name := range own {
		if name != "Vary" {
			header.Del(name)
		}
	}
}
