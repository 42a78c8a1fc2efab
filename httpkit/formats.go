package httpkit

import (
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"
	"time"

	"portico"
)

// format reads a text for which check finds no fault; check returns the value
// to use, or the rule and reason of the fault.
func format[T any](o *Object, name string, rules []Rule, check func(s string) (v T, rule, reason string)) portico.Opt[T] {
	return field(o, name, rules, func(n *node, c constraint, at string) (T, bool) {
		var none T
		s, ok := o.text(n, c, at)
		if !ok {
			return none, false
		}
		v, rule, reason := check(s)
		if rule != "" {
			o.Invalid(at, rule, reason)
			return none, false
		}
		return v, true
	})
}

// UUID reads an id, in lower case; "" when it is absent.
func (o *Object) UUID(name string, rules ...Rule) string {
	return o.OptUUID(name, rules...).Value
}

// OptUUID reads an id, in lower case.
func (o *Object) OptUUID(name string, rules ...Rule) portico.Opt[string] {
	return format(o, name, rules, func(s string) (string, string, string) {
		if s = strings.ToLower(s); !portico.IsID(s) {
			return "", "is_uuid", "must be a UUID"
		}
		return s, "", ""
	})
}

// Time reads an RFC 3339 time, in UTC; the zero time when it is absent.
func (o *Object) Time(name string, rules ...Rule) time.Time {
	return o.OptTime(name, rules...).Value
}

// OptTime reads an RFC 3339 time, in UTC.
func (o *Object) OptTime(name string, rules ...Rule) portico.Opt[time.Time] {
	return format(o, name, rules, func(s string) (time.Time, string, string) {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return t, "is_date_time", "must be an RFC 3339 date and time, such as 2026-01-31T12:00:00Z"
		}
		return t.UTC(), "", ""
	})
}

// URL reads an absolute http or https URL, as it was written; "" when it is absent.
func (o *Object) URL(name string, rules ...Rule) string {
	return o.OptURL(name, rules...).Value
}

// OptURL reads an absolute http or https URL, as it was written.
func (o *Object) OptURL(name string, rules ...Rule) portico.Opt[string] {
	return format(o, name, rules, func(s string) (string, string, string) {
		u, err := url.Parse(s)
		switch {
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || strings.ContainsAny(s, " \\"):
			return "", "invalid", "must be an absolute URL that starts with https:// or http://"
		case u.User != nil:
			return "", "invalid", "must not hold a user name or a password"
		}
		return s, "", ""
	})
}

// Email reads a mail address; "" when it is absent.
func (o *Object) Email(name string, rules ...Rule) string {
	return o.OptEmail(name, rules...).Value
}

// OptEmail reads a mail address: the bare form, without a name.
func (o *Object) OptEmail(name string, rules ...Rule) portico.Opt[string] {
	return format(o, name, rules, func(s string) (string, string, string) {
		if a, err := mail.ParseAddress(s); err != nil || a.Address != s || strings.ContainsAny(s, "\"[]") {
			return "", "invalid", "must be a mail address, such as name@example.com"
		}
		return s, "", ""
	})
}

const (
	maxLabels      = 50
	maxLabelLength = 63 // of keys and of values
	labelValueRule = "must consist of letters, digits, hyphens, underscores and dots, and begin and end with a letter or digit"
)

// Labels reads a map of labels as the contract's LabelsUpdate has it: a null
// map clears all labels, a null value removes that one. Keys are case-sensitive.
func (o *Object) Labels(name string) portico.Opt[map[string]*string] {
	return field(o, name, []Rule{Nullable}, func(n *node, _ constraint, at string) (map[string]*string, bool) {
		if n.kind != kindObject {
			o.Invalid(at, "is_object", "must be an object of labels")
			return nil, false
		}
		if len(n.names) > maxLabels {
			o.Report(portico.InvalidParameter{Field: at, Rule: "max_items", Maximum: new(maxLabels),
				Reason: fmt.Sprintf("must not have more than %d labels", maxLabels)})
			return nil, false
		}
		labels, valid := make(map[string]*string, len(n.names)), true
		for _, key := range n.names {
			value, ok := o.label(key, n.members[key], at+"."+printable(key))
			labels[key], valid = value, valid && ok
		}
		return labels, valid
	})
}

// label checks one label; its value is nil for null.
func (o *Object) label(key string, value *node, at string) (*string, bool) {
	if reason := labelKeyFault(key); reason != "" {
		o.Invalid(at, "is_label", reason)
		return nil, false
	}
	if value.kind == kindNull {
		return nil, true
	}
	if value.kind != kindString {
		o.Invalid(at, "is_string", "must be a string")
		return nil, false
	}
	if !o.checkLength(value.text, at, new(1), new(maxLabelLength)) {
		return nil, false
	}
	if !isLabelValue(value.text) {
		o.Invalid(at, "is_label", labelValueRule)
		return nil, false
	}
	return &value.text, true
}

// LabelFault says what is wrong with a label, which is in no body; empty: nothing.
func LabelFault(key, value string) string {
	switch reason := labelKeyFault(key); {
	case reason != "":
		return reason
	case len([]rune(value)) > maxLabelLength:
		return fmt.Sprintf("a label's value must have 1 to %d characters", maxLabelLength)
	case !isLabelValue(value):
		return labelValueRule
	}
	return ""
}

// labelKeyFault says what is wrong with a label's key. KONGCTL-… is a key that
// clients need: the reserved prefixes are lower-case.
func labelKeyFault(key string) string {
	if length := len([]rune(key)); length < 1 || length > maxLabelLength {
		return fmt.Sprintf("a label's key must have 1 to %d characters", maxLabelLength)
	}
	reserved := []string{"kong", "konnect", "mesh", "kic", "_"}
	if slices.ContainsFunc(reserved, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
		return "a label's key must not begin with " + strings.Join(reserved, ", ")
	}
	return ""
}

// isLabelValue is ^[a-z0-9A-Z]{1}([a-z0-9A-Z-._]*[a-z0-9A-Z]+)?$ of the contract.
func isLabelValue(s string) bool {
	alphanumeric := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
	}
	for _, c := range []byte(s) {
		if !alphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return s != "" && alphanumeric(s[0]) && alphanumeric(s[len(s)-1])
}
