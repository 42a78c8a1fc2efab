package mgmtapi

import (
	"strings"

	"portico"
	"portico/httpkit"
)

// readIssuer reads an issuer identifier (RFC 8414 §2): a URL without a query or
// a fragment.
func readIssuer(o *httpkit.Object, presence httpkit.Rule) portico.Opt[string] {
	issuer := o.OptURL("issuer", presence, httpkit.MaxLength(256))
	if strings.ContainsAny(issuer.Value, "?#") {
		o.Invalid("issuer", "invalid", "must not have a query or a fragment")
	}
	return issuer
}

// texts are the values of an enum of the domain as plain texts.
func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}
