package mgmtapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/mgmtapi/route"
)

// domainRoutes: a portal's custom domain (contract: portal-management v3).
func (s *server) domainRoutes() []route.Route {
	const domain = "/v3/portals/{portalId}/custom-domain"
	return []route.Route{
		route.On("GET", domain, "get-portal-custom-domain", s.domain, access.For(access.Portals, access.View, "portalId")),
		route.On("POST", domain, "create-portal-custom-domain", s.createDomain, access.For(access.Portals, access.Edit, "portalId")),
		route.On("PATCH", domain, "update-portal-custom-domain", s.updateDomain, access.For(access.Portals, access.Edit, "portalId")),
		route.On("DELETE", domain, "delete-portal-custom-domain", s.deleteDomain, access.For(access.Portals, access.Edit, "portalId")),
	}
}

// domainView is the contract's PortalCustomDomain. Portico verifies nothing: it
// is reached by the domain, or it is not.
type domainView struct {
	Hostname    string            `json:"hostname"`
	Enabled     bool              `json:"enabled"`
	SSL         domainSSL         `json:"ssl"`
	CNAMEStatus string            `json:"cname_status"`
	CreatedAt   httpkit.Timestamp `json:"created_at"`
	UpdatedAt   httpkit.Timestamp `json:"updated_at"`
}

type domainSSL struct {
	Method string `json:"domain_verification_method"`
	Status string `json:"verification_status"`
}

func viewDomain(p portico.Portal) domainView {
	return domainView{
		Hostname: p.CustomDomain, Enabled: true, SSL: domainSSL{"http", "verified"}, CNAMEStatus: "verified",
		CreatedAt: httpkit.Timestamp(p.CreatedAt), UpdatedAt: httpkit.Timestamp(p.UpdatedAt),
	}
}

func (s *server) domain(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	p, err := s.Portals.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	if p.CustomDomain == "" {
		return portico.Errorf(portico.KindNotFound, "The portal has no custom domain.")
	}
	return httpkit.JSON(w, http.StatusOK, viewDomain(p))
}

func (s *server) createDomain(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	host := o.String("hostname", httpkit.Required)
	checkEnabled(o, o.OptBool("enabled", httpkit.Required))
	ssl := o.Object("ssl", httpkit.Required)
	if method := ssl.Enum("domain_verification_method", httpkit.Required, "http", "custom_certificate"); method == "custom_certificate" {
		refuseCertificate(ssl, "domain_verification_method")
		ssl.Ignore("custom_certificate", "custom_private_key", "skip_ca_check")
	}
	if err := o.Err(); err != nil {
		return err
	}
	p, err := s.Portals.AddDomain(r.Context(), id, host)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewDomain(p))
}

func checkEnabled(o *httpkit.Object, enabled portico.Opt[bool]) {
	if enabled.Set && !enabled.Value {
		o.Invalid("enabled", "invalid", "must be true: a custom domain works as long as it is there; delete it to end that")
	}
}

func refuseCertificate(o *httpkit.Object, field string) {
	o.Invalid(field, "invalid", "TLS is ended in front of Portico, so the certificate belongs there; the method is http")
}

// updateDomain has nothing to change: what can be set is refused with the
// reason, or is so already.
func (s *server) updateDomain(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	checkEnabled(o, o.OptBool("enabled"))
	ssl := o.Object("ssl")
	for _, name := range []string{"custom_certificate", "custom_private_key"} {
		if ssl.OptString(name).Set {
			refuseCertificate(ssl, name)
		}
	}
	ssl.OptBool("skip_ca_check")
	if err := o.Err(); err != nil {
		return err
	}
	return s.domain(w, r)
}

func (s *server) deleteDomain(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if err := s.Portals.DeleteDomain(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
