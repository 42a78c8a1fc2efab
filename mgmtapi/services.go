package mgmtapi

import (
	"math"
	"net/http"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/routing"
)

// serviceRoutes: the services of a control plane. PATCH is Kong's Admin API's;
// the contract leaves it out.
func (s *server) serviceRoutes() []route.Route {
	const (
		services = coreEntities + "/services"
		one      = services + "/{ServiceId}"
	)
	return []route.Route{
		route.On("POST", services, "create-service", s.createService, access.For(access.ControlPlanes, access.Services, "controlPlaneId")),
		route.On("GET", services, "list-service", s.listServices, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("GET", one, "get-service", s.service, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("PUT", one, "upsert-service", s.putService, access.For(access.ControlPlanes, access.Services, "controlPlaneId")),
		route.On("PATCH", one, "", s.updateService, access.For(access.ControlPlanes, access.Services, "controlPlaneId")),
		route.On("DELETE", one, "delete-service", s.deleteService, access.For(access.ControlPlanes, access.Services, "controlPlaneId")),
	}
}

// serviceView is the contract's Service. What is not set is left out, not null.
type serviceView struct {
	ID             portico.ServiceID `json:"id"`
	Name           *string           `json:"name,omitzero"`
	Protocol       string            `json:"protocol"`
	Host           string            `json:"host"`
	Port           int               `json:"port"`
	Path           *string           `json:"path,omitzero"`
	Retries        int               `json:"retries"`
	ConnectTimeout int               `json:"connect_timeout"`
	ReadTimeout    int               `json:"read_timeout"`
	WriteTimeout   int               `json:"write_timeout"`
	Enabled        bool              `json:"enabled"`
	Tags           []string          `json:"tags,omitzero"`
	CreatedAt      seconds           `json:"created_at"`
	UpdatedAt      seconds           `json:"updated_at"`
}

func viewService(s portico.Service) serviceView {
	return serviceView{
		ID: s.ID, Name: s.Name, Protocol: s.Protocol, Host: s.Host, Port: s.Port, Path: s.Path, Retries: s.Retries,
		ConnectTimeout: s.ConnectTimeout, ReadTimeout: s.ReadTimeout, WriteTimeout: s.WriteTimeout, Enabled: s.Enabled, Tags: s.Tags,
		CreatedAt: seconds(s.CreatedAt), UpdatedAt: seconds(s.UpdatedAt),
	}
}

// readService reads the contract's Service. Whether there is a host, and what
// it may be, is control's to say.
func readService(r *http.Request) (routing.ServiceFields, error) {
	const maxTimeout = math.MaxInt32 - 1
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return routing.ServiceFields{}, err
	}
	o.Ignore("created_at", "updated_at")
	unsupported(o, "ca_certificates", "client_certificate", "tls_sans", "tls_verify", "tls_verify_depth")
	in := routing.ServiceFields{
		ID:             given(httpkit.As[portico.ServiceID](o.OptUUID("id", httpkit.Nullable))),
		Name:           o.OptString("name", httpkit.Nullable),
		URL:            o.OptString("url", httpkit.Nullable),
		Protocol:       o.OptEnum("protocol", httpkit.Nullable, proxyProtocols()...),
		Host:           o.OptString("host", httpkit.Length(1, 253)),
		Port:           o.OptInt("port", httpkit.Nullable, httpkit.Range(1, 65535)),
		Path:           o.OptString("path", httpkit.Nullable, httpkit.Length(1, 1024)),
		Retries:        o.OptInt("retries", httpkit.Nullable, httpkit.Range(0, 32767)),
		ConnectTimeout: o.OptInt("connect_timeout", httpkit.Nullable, httpkit.Range(1, maxTimeout)),
		ReadTimeout:    o.OptInt("read_timeout", httpkit.Nullable, httpkit.Range(1, maxTimeout)),
		WriteTimeout:   o.OptInt("write_timeout", httpkit.Nullable, httpkit.Range(1, maxTimeout)),
		Enabled:        o.OptBool("enabled", httpkit.Nullable),
		Tags:           o.OptStrings("tags", httpkit.Nullable),
	}
	return in, o.Err()
}

// given takes null for absent, where null means nothing.
func given[T any](o portico.Opt[T]) portico.Opt[T] {
	if o.Null {
		return portico.Opt[T]{}
	}
	return o
}

func (s *server) createService(w http.ResponseWriter, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	in, err := readService(r)
	if err != nil {
		return err
	}
	made, err := s.Gateways.CreateService(r.Context(), plane, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewService(made))
}

func (s *server) listServices(w http.ResponseWriter, r *http.Request) error {
	plane, _, err := inControlPlane(r, "")
	if err != nil {
		return err
	}
	q, err := parseCoreList(r)
	if err != nil {
		return err
	}
	page, err := s.Gateways.Services(r.Context(), plane, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.OffsetEnvelope(r, page, q, viewService))
}

func (s *server) service(w http.ResponseWriter, r *http.Request) error {
	plane, ref, err := inControlPlane(r, "ServiceId")
	if err != nil {
		return err
	}
	found, err := s.Gateways.Service(r.Context(), plane, ref)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewService(found))
}

func (s *server) putService(w http.ResponseWriter, r *http.Request) error {
	plane, ref, err := inControlPlane(r, "ServiceId")
	if err != nil {
		return err
	}
	in, err := readService(r)
	if err != nil {
		return err
	}
	made, err := s.Gateways.PutService(r.Context(), plane, ref, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewService(made))
}

func (s *server) updateService(w http.ResponseWriter, r *http.Request) error {
	plane, ref, err := inControlPlane(r, "ServiceId")
	if err != nil {
		return err
	}
	in, err := readService(r)
	if err != nil {
		return err
	}
	changed, err := s.Gateways.UpdateService(r.Context(), plane, ref, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewService(changed))
}

func (s *server) deleteService(w http.ResponseWriter, r *http.Request) error {
	plane, ref, err := inControlPlane(r, "ServiceId")
	if err != nil {
		return err
	}
	if err := s.Gateways.DeleteService(r.Context(), plane, ref); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
