package portaladminapi

import (
	"net/http"
	"time"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mailroom"
	"portico/mgmtapi/route"
)

// EmailDomains is where the domains are, beside the portals.
const EmailDomains = "/v3/portals/email-domains"

// domainRoutes: the domains that portals' mails may come from (contract:
// portal-management v3). They belong to no portal.
func (s server) domainRoutes() []route.Route {
	const domain = EmailDomains + "/{emailDomain}"
	views := access.For(access.Portals, access.View, "")
	edits := access.For(access.Portals, access.Edit, "")
	return []route.Route{
		route.On("POST", EmailDomains, "create-email-domain", s.createEmailDomain, edits),
		route.On("GET", EmailDomains, "list-email-domains", s.listEmailDomains, views),
		route.On("GET", domain, "get-email-domain", s.emailDomain, views),
		route.On("DELETE", domain, "delete-email-domain", s.deleteEmailDomain, edits),
	}
}

// emailDomainView is the contract's EmailDomain. Portico verifies nothing and so
// asks for no records.
type emailDomainView struct {
	Domain       string            `json:"domain"`
	Verification verification      `json:"verification"`
	Records      []struct{}        `json:"dns_validation_records"`
	CreatedAt    httpkit.Timestamp `json:"created_at"`
	UpdatedAt    httpkit.Timestamp `json:"updated_at"`
}

// verification has times that the contract wants: of what never was, they are
// the beginning of Unix time.
type verification struct {
	Status      string            `json:"status"`
	LastChecked httpkit.Timestamp `json:"last_time_checked"`
	LastSuccess httpkit.Timestamp `json:"last_time_success"`
}

func viewEmailDomain(d portico.EmailDomain) emailDomainView {
	never := httpkit.Timestamp(time.Unix(0, 0))
	return emailDomainView{d.Domain, verification{mailroom.Unverified, never, never}, []struct{}{}, httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
}

func (s server) createEmailDomain(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	name := o.String("domain", httpkit.Required)
	if err := o.Err(); err != nil {
		return err
	}
	domain, err := s.EmailDomains.Create(r.Context(), name)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewEmailDomain(domain))
}

func (s server) listEmailDomains(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, listing.Spec{
		Filters: map[string]listing.FieldKind{"domain": listing.String(), "verification_status": listing.String()},
		Sorts:   []string{"domain", "created_at", "updated_at"},
	})
	if err != nil {
		return err
	}
	page, err := s.EmailDomains.List(r.Context(), q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewEmailDomain))
}

func (s server) emailDomain(w http.ResponseWriter, r *http.Request) error {
	domain, err := s.EmailDomains.ByName(r.Context(), r.PathValue("emailDomain"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewEmailDomain(domain))
}

func (s server) deleteEmailDomain(w http.ResponseWriter, r *http.Request) error {
	if err := s.EmailDomains.Delete(r.Context(), r.PathValue("emailDomain")); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
