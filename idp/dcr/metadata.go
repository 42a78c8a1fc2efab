package dcr

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"portico"
	"portico/idp"
)

// metadata is the client that a spec asks for (RFC 7591 §2). A client that signs
// nobody in has no redirect URIs, and so no response types.
func metadata(spec portico.ClientSpec) idp.Object {
	responses := []string{}
	if len(spec.RedirectURIs) > 0 {
		responses = []string{"code"}
	}
	o := idp.Object{
		"client_name":                idp.Label(spec),
		"redirect_uris":              append([]string{}, spec.RedirectURIs...),
		"grant_types":                idp.Grants(spec),
		"response_types":             responses,
		"token_endpoint_auth_method": "client_secret_basic",
		"contacts":                   []string{marker(spec)},
	}
	if len(spec.Scopes) > 0 {
		o["scope"] = strings.Join(spec.Scopes, " ")
	}
	return o
}

// revise changes a client as read into the one to be written (RFC 7592 §2.2).
// What the server or its admin set besides, and we know nothing of, stays.
func revise(o idp.Object, spec portico.ClientSpec) {
	for _, unwritable := range []string{"registration_access_token", "registration_client_uri", "client_secret", "client_secret_expires_at", "client_id_issued_at"} {
		delete(o, unwritable)
	}
	wanted := metadata(spec)
	wanted["contacts"] = append([]string{marker(spec)}, slices.DeleteFunc(o.Texts("contacts"), isMarker)...)
	delete(wanted, "token_endpoint_auth_method") // an admin may have made it stricter
	maps.Copy(o, wanted)
}

// marker says whose client it is, as an address that no mail reaches: contacts
// are what all servers keep.
func marker(spec portico.ClientSpec) string {
	if spec.Owner.OrganizationID == "" {
		return fmt.Sprintf("app-%s@portal.invalid", spec.ApplicationID)
	}
	return fmt.Sprintf("app-%s@%s.portal.invalid", spec.ApplicationID, spec.Owner.OrganizationID)
}

var markerForm = regexp.MustCompile(`^app-([0-9A-Za-z-]+)@(?:([0-9A-Za-z-]+)\.)?portal\.invalid$`)

func isMarker(contact string) bool { return markerForm.MatchString(contact) }

// owner reads the marker among a client's contacts.
func owner(contacts []string) (portico.ApplicationID, portico.OrganizationID) {
	for _, contact := range contacts {
		if m := markerForm.FindStringSubmatch(contact); m != nil {
			return portico.ApplicationID(m[1]), portico.OrganizationID(m[2])
		}
	}
	return "", ""
}

// state is what the server says of a client.
func state(o idp.Object) portico.ClientState {
	s := portico.ClientState{
		Ref:          portico.ClientRef{ClientID: o.Text("client_id")},
		Name:         o.Text("client_name"),
		RedirectURIs: o.Texts("redirect_uris"),
		GrantTypes:   o.Texts("grant_types"),
		Enabled:      true, // the protocol knows no other
		CreatedAt:    o.Time("client_id_issued_at"),
	}
	s.ApplicationID, s.OrganizationID = owner(o.Texts("contacts"))
	if s.ApplicationID != "" {
		s.Name = idp.Unlabel(s.Name, s.ApplicationID)
	}
	if scope := o.Text("scope"); scope != "" {
		s.Scopes = strings.Fields(scope)
	}
	return s
}
