package portaladminapi

import (
	"net/http"

	"portico"
	"portico/allowlist"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// allowListRoutes: the addresses that a portal can be reached from (contract:
// portal-management v3).
func (s server) allowListRoutes() []route.Route {
	const (
		entries = "/v3/portals/{portalId}/ip-allow-list"
		entry   = entries + "/{id}"
	)
	return []route.Route{
		route.On("POST", entries, "create-portal-ip-allow-list", s.createAllowList, editsPortal()),
		route.On("GET", entries, "list-portal-ip-allow-list", s.listAllowLists, viewsPortal()),
		route.On("GET", entry, "get-portal-ip-allow-list", s.allowList, viewsPortal()),
		route.On("PUT", entry, "put-portal-ip-allow-list", s.replaceAllowList, editsPortal()),
		route.On("PATCH", entry, "update-portal-ip-allow-list", s.replaceAllowList, editsPortal()),
		route.On("DELETE", entry, "delete-portal-ip-allow-list", s.deleteAllowList, editsPortal()),
	}
}

// allowListView is the contract's IPEntry.
type allowListView struct {
	ID         portico.AllowListID `json:"id"`
	AllowedIPs []string            `json:"allowed_ips"`
}

func viewAllowList(l portico.IPAllowList) allowListView { return allowListView{l.ID, l.AllowedIPs} }

// readAllowList reads the body of a creation or of a replacement.
func readAllowList(r *http.Request) ([]string, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return nil, err
	}
	ips := o.Strings("allowed_ips", httpkit.Required, httpkit.MinItems(1), httpkit.MaxItems(allowlist.MaxIPs))
	return ips, o.Err()
}

func (s server) createAllowList(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	ips, err := readAllowList(r)
	if err != nil {
		return err
	}
	entry, err := s.AllowLists.Create(r.Context(), portal, ips)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewAllowList(entry))
}

func (s server) listAllowLists(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	q, err := listing.ParseCursor(r, listing.Spec{})
	if err != nil {
		return err
	}
	page, err := s.AllowLists.List(r.Context(), portal, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.FlatCursorEnvelope(r, page, q, viewAllowList))
}

func (s server) allowList(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.AllowListID](r, "portalId", "id")
	if err != nil {
		return err
	}
	entry, err := s.AllowLists.ByID(r.Context(), portal, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewAllowList(entry))
}

// replaceAllowList answers PUT and PATCH alike: an entry has but one member, and
// a PATCH must have a member.
func (s server) replaceAllowList(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.AllowListID](r, "portalId", "id")
	if err != nil {
		return err
	}
	ips, err := readAllowList(r)
	if err != nil {
		return err
	}
	entry, err := s.AllowLists.Replace(r.Context(), portal, id, ips)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewAllowList(entry))
}

func (s server) deleteAllowList(w http.ResponseWriter, r *http.Request) error {
	portal, id, err := httpkit.PathIDs[portico.PortalID, portico.AllowListID](r, "portalId", "id")
	if err != nil {
		return err
	}
	if err := s.AllowLists.Delete(r.Context(), portal, id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
