package coreapi

import (
	"math"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/routing"
)

// services of a control plane.
func (s server) services() resource[routing.ServiceFields, portico.Service] {
	g := s.gateways()
	return resource[routing.ServiceFields, portico.Service]{
		noun: "service", path: "services", param: "ServiceId", action: access.Services, spec: byName(),
		read: readService, view: viewService, id: func(s portico.Service) string { return string(s.ID) },
		useCases: useCases[routing.ServiceFields, portico.Service]{
			g.CreateService, g.PutService, g.UpdateService, g.ValidateService, g.Service, g.Services, g.DeleteService,
		},
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

func viewService(s portico.Service) any {
	return serviceView{
		ID: s.ID, Name: s.Name, Protocol: s.Protocol, Host: s.Host, Port: s.Port, Path: s.Path, Retries: s.Retries,
		ConnectTimeout: s.ConnectTimeout, ReadTimeout: s.ReadTimeout, WriteTimeout: s.WriteTimeout, Enabled: s.Enabled, Tags: s.Tags,
		CreatedAt: seconds(s.CreatedAt), UpdatedAt: seconds(s.UpdatedAt),
	}
}

// readService reads the contract's Service. Whether there is a host, and what
// it may be, is control's to say.
func readService(o *httpkit.Object) routing.ServiceFields {
	const maxTimeout = math.MaxInt32 - 1
	o.Ignore("created_at", "updated_at")
	unsupported(o, "ca_certificates", "client_certificate", "tls_sans", "tls_verify", "tls_verify_depth")
	return routing.ServiceFields{
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
}
