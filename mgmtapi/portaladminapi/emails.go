package portaladminapi

import (
	"net/http"
	"regexp"

	"portico"
	"portico/httpkit"
	"portico/mailroom"
	"portico/mgmtapi/route"
)

// emailRoutes: whom a portal's mails come from (contract: portal-management v3).
func (s server) emailRoutes() []route.Route {
	const (
		config   = "/v3/portals/{portalId}/email-config"
		delivery = "/v3/portals/{portalId}/email-delivery"
	)
	return []route.Route{
		route.On("POST", config, "create-portal-email-config", s.createEmailConfig, editsPortal()),
		route.On("GET", config, "get-email-config", s.emailConfig, viewsPortal()),
		route.On("PATCH", config, "update-portal-email-config", s.updateEmailConfig, editsPortal()),
		route.On("DELETE", config, "delete-portal-email-config", s.deleteEmailConfig, editsPortal()),
		route.On("GET", delivery, "get-email-delivery", s.emailDelivery, viewsPortal()),
		route.On("PATCH", delivery, "update-email-delivery", s.updateEmailDelivery, editsPortal()),
		route.On("DELETE", delivery, "delete-email-delivery", s.deleteEmailDelivery, editsPortal()),
	}
}

// Lengths that the contract leaves open: an address is as long as RFC 5321
// §4.5.3.1 lets it be.
const (
	maxAddress = 254
	maxName    = 255
)

// oneLine is a text without line breaks and other control characters.
var oneLine = regexp.MustCompile(`^[^\pC]*$`)

// emailConfigView is the contract's PortalEmailConfig.
type emailConfigView struct {
	ID         portico.EmailConfigID `json:"id"`
	DomainName *string               `json:"domain_name"`
	FromName   *string               `json:"from_name"`
	FromEmail  *string               `json:"from_email"`
	ReplyTo    *string               `json:"reply_to_email"`
	CreatedAt  httpkit.Timestamp     `json:"created_at"`
	UpdatedAt  httpkit.Timestamp     `json:"updated_at"`
}

func viewEmailConfig(c portico.EmailConfig) emailConfigView {
	return emailConfigView{c.ID, c.DomainName, c.FromName, c.FromEmail, c.ReplyTo, httpkit.Timestamp(c.CreatedAt), httpkit.Timestamp(c.UpdatedAt)}
}

func readEmailConfig(r *http.Request) (mailroom.ConfigFields, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return mailroom.ConfigFields{}, err
	}
	in := mailroom.ConfigFields{
		DomainName: o.OptString("domain_name", httpkit.Length(1, maxAddress), httpkit.Nullable),
		FromName:   o.OptString("from_name", httpkit.Length(1, maxName), httpkit.Nullable, httpkit.Pattern(oneLine, "a single line")),
		FromEmail:  o.OptEmail("from_email", httpkit.MaxLength(maxAddress), httpkit.Nullable),
		ReplyTo:    o.OptEmail("reply_to_email", httpkit.MaxLength(maxAddress), httpkit.Nullable),
	}
	return in, o.Err()
}

func (s server) emailConfig(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	config, err := s.EmailSettings.Config(r.Context(), portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewEmailConfig(config))
}

func (s server) createEmailConfig(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readEmailConfig(r)
	if err != nil {
		return err
	}
	config, err := s.EmailSettings.CreateConfig(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewEmailConfig(config))
}

func (s server) updateEmailConfig(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	in, err := readEmailConfig(r)
	if err != nil {
		return err
	}
	config, err := s.EmailSettings.ChangeConfig(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewEmailConfig(config))
}

func (s server) deleteEmailConfig(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if err := s.EmailSettings.DeleteConfig(r.Context(), portal); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

// emailDeliveryView is the contract's EmailDelivery.
type emailDeliveryView struct {
	Enabled   bool              `json:"enabled"`
	FromEmail *string           `json:"from_email"`
	ReplyTo   *string           `json:"reply_to_email"`
	CreatedAt httpkit.Timestamp `json:"created_at"`
	UpdatedAt httpkit.Timestamp `json:"updated_at"`
}

func viewEmailDelivery(d portico.EmailDelivery) emailDeliveryView {
	return emailDeliveryView{d.Enabled, d.FromEmail, d.ReplyTo, httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
}

func (s server) emailDelivery(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	delivery, err := s.EmailSettings.Delivery(r.Context(), portal)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewEmailDelivery(delivery))
}

func (s server) updateEmailDelivery(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := mailroom.DeliveryFields{
		Enabled:   o.OptBool("enabled"),
		FromEmail: o.OptEmail("from_email", httpkit.MaxLength(maxAddress), httpkit.Nullable),
		ReplyTo:   o.OptEmail("reply_to_email", httpkit.MaxLength(maxAddress), httpkit.Nullable),
	}
	if err := o.Err(); err != nil {
		return err
	}
	delivery, err := s.EmailSettings.ChangeDelivery(r.Context(), portal, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewEmailDelivery(delivery))
}

func (s server) deleteEmailDelivery(w http.ResponseWriter, r *http.Request) error {
	portal, err := httpkit.PathID[portico.PortalID](r, "portalId")
	if err != nil {
		return err
	}
	if err := s.EmailSettings.DeleteDelivery(r.Context(), portal); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
