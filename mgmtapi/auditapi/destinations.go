package auditapi

import (
	"net/http"

	"portico"
	"portico/audit"
	"portico/httpkit"
	"portico/listing"
	"portico/secret"
)

// destinationView is the contract's AuditLogDestination. The authorization is
// not in it.
type destinationView struct {
	ID                  portico.AuditDestinationID `json:"id"`
	Name                string                     `json:"name"`
	Endpoint            string                     `json:"endpoint"`
	Format              portico.AuditFormat        `json:"log_format"`
	SkipTLSVerification bool                       `json:"skip_ssl_verification"`
	CreatedAt           httpkit.Timestamp          `json:"created_at"`
	UpdatedAt           httpkit.Timestamp          `json:"updated_at"`
}

func viewDestination(d portico.AuditDestination) destinationView {
	return destinationView{d.ID, d.Name, d.Endpoint, d.Format, d.SkipTLSVerification, httpkit.Timestamp(d.CreatedAt), httpkit.Timestamp(d.UpdatedAt)}
}

// The longest values that are kept.
const (
	maxName          = 255
	maxEndpoint      = 2048
	maxAuthorization = 8192
)

// readDestination reads CreateAuditLogDestination or, with optional fields,
// UpdateAuditLogDestination.
func readDestination(r *http.Request, presence httpkit.Rule) (audit.Destination, error) {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return audit.Destination{}, err
	}
	o.Ignore("id", "created_at", "updated_at")
	formats := make([]string, 0, 3)
	for _, f := range portico.AuditFormats() {
		formats = append(formats, string(f))
	}
	in := audit.Destination{
		Name:                o.OptString("name", presence, httpkit.Length(1, maxName)),
		Endpoint:            o.OptString("endpoint", presence, httpkit.Length(1, maxEndpoint)),
		Format:              httpkit.As[portico.AuditFormat](o.OptEnum("log_format", presence, formats...)),
		SkipTLSVerification: o.OptBool("skip_ssl_verification"),
	}
	if authorization := o.OptString("authorization", presence, httpkit.Length(1, maxAuthorization)); authorization.Set {
		in.Authorization = portico.Some(secret.New(authorization.Value))
	}
	return in, o.Err()
}

func (s server) destinations(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.ParseCursor(r, listing.Spec{Filters: map[string]listing.FieldKind{"name": listing.String()}})
	if err != nil {
		return err
	}
	page, err := s.Audit.Destinations.List(r.Context(), q)
	if err != nil {
		return err
	}
	list := listing.CursorEnvelope(r, page, q, viewDestination)
	// Here, and nowhere else, meta is the page itself.
	return httpkit.JSON(w, http.StatusOK, struct {
		Data []destinationView  `json:"data"`
		Meta listing.CursorPage `json:"meta"`
	}{list.Data, list.Meta.Page})
}

func (s server) createDestination(w http.ResponseWriter, r *http.Request) error {
	in, err := readDestination(r, httpkit.Required)
	if err != nil {
		return err
	}
	made, err := s.Audit.Destinations.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewDestination(made))
}

func (s server) destination(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AuditDestinationID](r, "auditLogDestinationId")
	if err != nil {
		return err
	}
	found, err := s.Audit.Destinations.Get(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDestination(found))
}

func (s server) updateDestination(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AuditDestinationID](r, "auditLogDestinationId")
	if err != nil {
		return err
	}
	in, err := readDestination(r, httpkit.Optional)
	if err != nil {
		return err
	}
	changed, err := s.Audit.Destinations.Update(r.Context(), id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewDestination(changed))
}

func (s server) deleteDestination(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.AuditDestinationID](r, "auditLogDestinationId")
	if err != nil {
		return err
	}
	if err := s.Audit.Destinations.Delete(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
