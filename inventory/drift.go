package inventory

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"portico"
	"portico/usecase"
)

// The fields that are compared, as portico.Capabilities names them.
const (
	fieldName         = "name"
	fieldRedirectURIs = "redirect_uris"
	fieldGrantTypes   = "grant_types"
	fieldScopes       = "scopes"
	fieldEnabled      = "enabled"
)

func fields() []string {
	return []string{fieldName, fieldRedirectURIs, fieldGrantTypes, fieldScopes, fieldEnabled}
}

// shortestCut is how many bytes of a long name every provider keeps at least.
const shortestCut = 80

// drift compares a client with what its application says of it.
func drift(app portico.Application, s portico.Strategy, p portico.Provider, state portico.ClientState, unread []string) (out []portico.FieldDrift) {
	spec := usecase.ClientOf(app, s)
	note := func(field string, ours, theirs []string, adoptable bool) {
		if !slices.Contains(unread, field) && !slices.Equal(sorted(ours), sorted(theirs)) {
			out = append(out, portico.FieldDrift{Name: field, Ours: sorted(ours), Theirs: sorted(theirs), Adoptable: adoptable})
		}
	}
	if !sameName(spec.Name, state.Name) {
		note(fieldName, []string{spec.Name}, []string{state.Name}, state.Name != "" && len([]rune(state.Name)) <= maxAdoptedName)
	}
	note(fieldRedirectURIs, spec.RedirectURIs, state.RedirectURIs, developersURIs(state.RedirectURIs))
	note(fieldGrantTypes, grants(spec), state.GrantTypes, false)
	if state.Scopes != nil {
		note(fieldScopes, spec.Scopes, state.Scopes, developersChoice(s, p, state.Scopes))
	}
	note(fieldEnabled, []string{"true"}, []string{strconv.FormatBool(state.Enabled)}, false)
	return out
}

// maxAdoptedName is the longest name of an application (contract).
const maxAdoptedName = 255

// sameName: identity providers cut long names off.
func sameName(ours, theirs string) bool {
	return ours == theirs || len(theirs) >= shortestCut && strings.HasPrefix(ours, theirs)
}

// grants are what a client needs: every adapter lets one with redirect URIs sign
// people in.
func grants(spec portico.ClientSpec) []string {
	if len(spec.RedirectURIs) == 0 {
		return spec.GrantTypes
	}
	return append([]string{"authorization_code"}, spec.GrantTypes...)
}

// maxAdoptedURI is the longest redirect URI of an application (contract).
const maxAdoptedURI = 2048

// developersURIs says whether a developer might have entered these redirect URIs.
func developersURIs(uris []string) bool {
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if len(uris) > 1 || len(uri) > maxAdoptedURI || err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.User != nil {
			return false
		}
	}
	return true
}

// developersChoice says whether a developer might have chosen these scopes.
func developersChoice(s portico.Strategy, p portico.Provider, scopes []string) bool {
	if !p.Config.UseDeveloperManagedScopes || len(scopes) == 0 {
		return false
	}
	return !slices.ContainsFunc(scopes, func(scope string) bool { return !slices.Contains(s.OIDC.Scopes, scope) })
}

// identified gives a finding its id.
func identified(ours survey, f portico.Finding) portico.Finding {
	f.ID = ""
	text, err := json.Marshal(struct {
		Provider portico.ProviderID
		Finding  portico.Finding
	}{ours.provider.ID, f})
	if err != nil {
		panic(err) // strings and booleans can be written
	}
	sum := sha256.Sum256(text)
	f.ID = hex.EncodeToString(sum[:16])
	return f
}

// sorted is a copy without repetitions; never nil.
func sorted(values []string) []string {
	out := append([]string{}, values...)
	slices.Sort(out)
	return slices.Compact(out)
}

// compareStrings compares pairs, the first that differs decides.
func compareStrings(pairs ...string) int {
	for i := 0; i+1 < len(pairs); i += 2 {
		if order := cmp.Compare(pairs[i], pairs[i+1]); order != 0 {
			return order
		}
	}
	return 0
}
