package snapshot

import (
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"regexp"
	"strings"
)

// Plugin is a rule for the requests that it concerns: those of its service, its
// route and its consumer, where they are named, and else of its whole control
// plane. Of several of a kind that concern a request, the most specific counts.
// Exactly one of the configurations is set; their fields are named as Kong
// names them.
type Plugin struct {
	ID             string   `cbor:"1,keyasint"`
	ControlPlaneID string   `cbor:"2,keyasint"`
	ServiceID      string   `cbor:"3,keyasint,omitempty"`
	RouteID        string   `cbor:"4,keyasint,omitempty"`
	ConsumerID     string   `cbor:"5,keyasint,omitempty"`
	Protocols      []string `cbor:"6,keyasint,omitempty"` // empty: all
	PluginConfig   `cbor:"7,keyasint"`
}

// PluginConfig says what a plugin does.
type PluginConfig struct {
	RateLimiting        *RateLimiting       `cbor:"1,keyasint,omitempty"`
	CORS                *CORS               `cbor:"2,keyasint,omitempty"`
	IPRestriction       *IPRestriction      `cbor:"3,keyasint,omitempty"`
	RequestSize         *RequestSize        `cbor:"4,keyasint,omitempty"`
	RequestTermination  *RequestTermination `cbor:"5,keyasint,omitempty"`
	CorrelationID       *CorrelationID      `cbor:"6,keyasint,omitempty"`
	RequestTransformer  *HeaderTransformer  `cbor:"7,keyasint,omitempty"`
	ResponseTransformer *HeaderTransformer  `cbor:"8,keyasint,omitempty"`
}

// RateLimiting limits how many requests pass in a period of the calendar, in
// UTC; 0 is no limit.
type RateLimiting struct {
	Second            int    `json:"second" cbor:"1,keyasint,omitempty"`
	Minute            int    `json:"minute" cbor:"2,keyasint,omitempty"`
	Hour              int    `json:"hour" cbor:"3,keyasint,omitempty"`
	Day               int    `json:"day" cbor:"4,keyasint,omitempty"`
	Month             int    `json:"month" cbor:"5,keyasint,omitempty"`
	Year              int    `json:"year" cbor:"6,keyasint,omitempty"`
	LimitBy           string `json:"limit_by" cbor:"7,keyasint"`
	HeaderName        string `json:"header_name" cbor:"8,keyasint,omitempty"`
	Path              string `json:"path" cbor:"9,keyasint,omitempty"`
	HideClientHeaders bool   `json:"hide_client_headers" cbor:"10,keyasint,omitempty"`
	ErrorCode         int    `json:"error_code" cbor:"11,keyasint"`
	ErrorMessage      string `json:"error_message" cbor:"12,keyasint,omitempty"`
}

// CORS lets scripts of other origins call (Fetch standard, CORS protocol).
// Without origins, all may.
type CORS struct {
	Origins           []string `json:"origins" cbor:"1,keyasint,omitempty"`
	Methods           []string `json:"methods" cbor:"2,keyasint,omitempty"`
	Headers           []string `json:"headers" cbor:"3,keyasint,omitempty"` // empty: what the script asks for
	ExposedHeaders    []string `json:"exposed_headers" cbor:"4,keyasint,omitempty"`
	MaxAge            *int     `json:"max_age" cbor:"5,keyasint,omitempty"` // seconds
	Credentials       bool     `json:"credentials" cbor:"6,keyasint,omitempty"`
	PrivateNetwork    bool     `json:"private_network" cbor:"7,keyasint,omitempty"`
	PreflightContinue bool     `json:"preflight_continue" cbor:"8,keyasint,omitempty"`
}

// IPRestriction lets callers in by their address or block; Deny goes before
// Allow. A zero Status is 403.
type IPRestriction struct {
	Allow   []string `json:"allow" cbor:"1,keyasint,omitempty"`
	Deny    []string `json:"deny" cbor:"2,keyasint,omitempty"`
	Status  int      `json:"status" cbor:"3,keyasint,omitempty"`
	Message string   `json:"message" cbor:"4,keyasint,omitempty"`
}

// RequestSize limits bodies.
type RequestSize struct {
	AllowedPayloadSize   int    `json:"allowed_payload_size" cbor:"1,keyasint"`
	SizeUnit             string `json:"size_unit" cbor:"2,keyasint"` // megabytes (of 2^20 bytes), kilobytes, bytes
	RequireContentLength bool   `json:"require_content_length" cbor:"3,keyasint,omitempty"`
}

// RequestTermination answers in the service's place; with a Trigger only
// requests that have a header or query parameter of that name.
type RequestTermination struct {
	StatusCode  int    `json:"status_code" cbor:"1,keyasint"`
	Message     string `json:"message" cbor:"2,keyasint,omitempty"`
	ContentType string `json:"content_type" cbor:"3,keyasint,omitempty"`
	Body        string `json:"body" cbor:"4,keyasint,omitempty"`
	Trigger     string `json:"trigger" cbor:"5,keyasint,omitempty"`
}

// CorrelationID gives requests an id that have none.
type CorrelationID struct {
	HeaderName     string `json:"header_name" cbor:"1,keyasint"`
	Generator      string `json:"generator" cbor:"2,keyasint"` // uuid, uuid#counter
	EchoDownstream bool   `json:"echo_downstream" cbor:"3,keyasint,omitempty"`
}

// HeaderTransformer changes headers, step by step in the order of its fields.
type HeaderTransformer struct {
	Remove  HeaderStep `json:"remove" cbor:"1,keyasint"`
	Rename  HeaderStep `json:"rename" cbor:"2,keyasint"`  // old:new
	Replace HeaderStep `json:"replace" cbor:"3,keyasint"` // name:value, if it is there
	Add     HeaderStep `json:"add" cbor:"4,keyasint"`     // name:value, if it is not there
	Append  HeaderStep `json:"append" cbor:"5,keyasint"`  // name:value
}

// HeaderStep is what one step of a transformer is told.
type HeaderStep struct {
	Headers []string `json:"headers" cbor:"1,keyasint,omitempty"`
}

// Validate reports the faults of one plugin.
func (p Plugin) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if p.ID == "" || p.ControlPlaneID == "" {
		fault("id and control_plane_id must not be empty")
	}
	set := 0
	for v, i := reflect.ValueOf(p.PluginConfig), 0; i < v.NumField(); i++ {
		if !v.Field(i).IsNil() {
			set++
		}
	}
	if set != 1 {
		fault("config: %d configurations are set, not one", set)
	}
	if r := p.IPRestriction; r != nil {
		for _, block := range append(r.Allow[:len(r.Allow):len(r.Allow)], r.Deny...) {
			if _, err := ParseNetwork(block); err != nil {
				fault("config: %w", err)
			}
		}
	}
	if c := p.CORS; c != nil {
		for _, origin := range c.Origins {
			if _, err := CompileOrigin(origin); err != nil {
				fault("config: %w", err)
			}
		}
	}
	return errors.Join(faults...)
}

// CompileOrigin compiles an entry of CORS.Origins that is a regular expression;
// it is nil for * and for a plain origin. The expression must match all of an
// origin, or all of its host if it has no slash.
func CompileOrigin(s string) (*regexp.Regexp, error) {
	plain := !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune(".:/-", r))
	})
	if plain || s == "*" {
		return nil, nil
	}
	return regexp.Compile("^(?i:" + s + ")$")
}

// ParseNetwork reads an address or a CIDR block; an IPv4 address that is
// written as one of IPv6 is one of IPv4.
func ParseNetwork(s string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(s); err == nil {
		addr = addr.Unmap().WithZone("")
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	block, err := netip.ParsePrefix(s)
	if err == nil && block.Addr().Is4In6() && block.Bits() >= 96 {
		block = netip.PrefixFrom(block.Addr().Unmap(), block.Bits()-96)
	}
	return block.Masked(), err
}
