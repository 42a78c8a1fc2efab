package idp

import (
	"fmt"
	"slices"
	"strings"

	"portico"
)

// Grants are the grant types of a client with a secret: client credentials, and
// those that sign people in where it has redirect URIs.
func Grants(spec portico.ClientSpec) []string {
	switch {
	case len(spec.RedirectURIs) == 0:
		return []string{portico.MethodClientCredentials}
	case slices.Contains(spec.GrantTypes, "refresh_token"):
		return []string{"authorization_code", portico.MethodClientCredentials, "refresh_token"}
	}
	return []string{"authorization_code", portico.MethodClientCredentials}
}

const (
	maxName    = 90 // characters of a client's name, without what follows it; Okta allows 100 in all
	shortIDLen = 6
)

// Label is a client's name in the vendor's list. The end of the application's id
// tells applications of the same name apart: its beginning is its time.
func Label(spec portico.ClientSpec) string {
	return Cut(spec.Name, maxName) + labelEnd(spec.ApplicationID)
}

// Unlabel is the name in the label of an application's client.
func Unlabel(label string, id portico.ApplicationID) string {
	return strings.TrimSuffix(label, labelEnd(id))
}

func labelEnd(id portico.ApplicationID) string {
	return fmt.Sprintf(" (%s)", id[max(0, len(id)-shortIDLen):])
}

// Cut shortens a text to so many characters.
func Cut(text string, most int) string {
	runes := []rune(text)
	return strings.TrimSpace(string(runes[:min(len(runes), most)]))
}
