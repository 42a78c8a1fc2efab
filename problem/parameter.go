package problem

import (
	"encoding/json"
	"slices"

	"portico"
)

// parameter is one row of invalid_parameters. Which of the optional members it
// has depends on its rule: the contract's five variants are closed.
type parameter struct {
	Field      string   `json:"field"`
	Rule       string   `json:"rule"`
	Reason     string   `json:"reason"`
	Source     string   `json:"source,omitempty"`
	Minimum    *int     `json:"minimum,omitempty"`
	Maximum    *int     `json:"maximum,omitempty"`
	Choices    []string `json:"choices,omitempty"`
	Dependents []string `json:"dependents,omitzero"`
}

// parameters renders the faults of e: at least one, and no two alike, because
// the contract says minItems 1 and uniqueItems.
func parameters(e *portico.Error) []parameter {
	if len(e.Invalid) == 0 {
		return []parameter{{Field: "request", Rule: "invalid", Reason: e.Detail}}
	}
	seen := make(map[string]bool)
	var out []parameter
	for _, fault := range e.Invalid {
		p := variant(fault)
		key, err := json.Marshal(p)
		if err == nil && !seen[string(key)] {
			seen[string(key)] = true
			out = append(out, p)
		}
	}
	return out
}

// variant picks the contract's variant for the fault's rule. A rule that lacks
// what its variant requires, or that the contract does not know, is "invalid".
func variant(fault portico.InvalidParameter) parameter {
	p := parameter{Field: fault.Field, Rule: fault.Rule, Reason: fault.Reason, Source: fault.Source}
	if p.Source == "" {
		p.Source = "body"
	}
	switch fault.Rule {
	case "min_length", "min_digits", "min_lowercase", "min_uppercase", "min_symbols", "min_items", "min":
		if p.Minimum = fault.Minimum; p.Minimum == nil {
			p.Rule = "invalid"
		}
	case "max_length", "max_items", "max":
		if p.Maximum = fault.Maximum; p.Maximum == nil {
			p.Rule = "invalid"
		}
	case "enum":
		if p.Choices = distinct(fault.Choices); len(p.Choices) == 0 {
			p.Rule = "invalid"
		}
	case "dependent_fields":
		p.Dependents = distinct(fault.Dependents)
	case "required", "is_array", "is_base64", "is_boolean", "is_date_time", "is_integer", "is_null", "is_number",
		"is_object", "is_string", "is_uuid", "is_fqdn", "is_arn", "unknown_property", "missing_reference", "is_label",
		"matches_regex", "invalid", "is_supported_network_availability_zone_list",
		"is_supported_network_cidr_block", "is_supported_provider_region", "type":
	default:
		p.Rule = "invalid"
	}
	return p
}

// distinct returns the values in their order, each once, and never nil.
func distinct(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}
