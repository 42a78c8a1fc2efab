package routing

import (
	"context"
	"net/url"
	"strconv"
	"strings"

	"portico"
	"portico/compile"
)

// ServiceFields are the fields of a service as a client writes them; null puts
// a default back. URL is short for protocol, host, port and path, and goes
// before them.
type ServiceFields struct {
	ID             portico.Opt[portico.ServiceID] // of a new service only
	Name           portico.Opt[string]
	URL            portico.Opt[string]
	Protocol       portico.Opt[string]
	Host           portico.Opt[string]
	Port           portico.Opt[int]
	Path           portico.Opt[string]
	Retries        portico.Opt[int]
	ConnectTimeout portico.Opt[int] // milliseconds, like all timeouts
	ReadTimeout    portico.Opt[int]
	WriteTimeout   portico.Opt[int]
	Enabled        portico.Opt[bool]
	Tags           portico.Opt[[]string]
}

// The defaults of Kong's Admin API.
const (
	defaultProtocol = "http"
	defaultPort     = 80
	defaultTLSPort  = 443 // of a URL only
	defaultRetries  = 5
	defaultTimeout  = 60_000
)

func services() coreEntity[portico.ServiceID, portico.Service] {
	return coreEntity[portico.ServiceID, portico.Service]{
		what: "service", name: "name", collection: portico.Tx.Services,
		head: func(s *portico.Service) head[portico.ServiceID] {
			return head[portico.ServiceID]{&s.ID, &s.ControlPlaneID, &s.CreatedAt, &s.UpdatedAt}
		},
		fresh: func() portico.Service {
			return portico.Service{Protocol: defaultProtocol, Port: defaultPort, Retries: defaultRetries,
				ConnectTimeout: defaultTimeout, ReadTimeout: defaultTimeout, WriteTimeout: defaultTimeout, Enabled: true}
		},
	}
}

// write applies the fields and checks the outcome as the gateways will.
func (in ServiceFields) write(_ context.Context, _ portico.Tx, to *portico.Service) error {
	in.Name.ApplyPtr(&to.Name)
	if in.URL.Set && !in.URL.Null {
		if err := writeURL(to, in.URL.Value); err != nil {
			return err
		}
	}
	orDefault(&to.Protocol, in.Protocol, defaultProtocol)
	in.Host.Apply(&to.Host)
	orDefault(&to.Port, in.Port, defaultPort)
	in.Path.ApplyPtr(&to.Path)
	orDefault(&to.Retries, in.Retries, defaultRetries)
	orDefault(&to.ConnectTimeout, in.ConnectTimeout, defaultTimeout)
	orDefault(&to.ReadTimeout, in.ReadTimeout, defaultTimeout)
	orDefault(&to.WriteTimeout, in.WriteTimeout, defaultTimeout)
	orDefault(&to.Enabled, in.Enabled, true)
	orDefault(&to.Tags, in.Tags, nil)
	if to.Host == "" {
		return portico.Invalid("host", "required", "is a required field, unless url is given")
	}
	if err := checkName(to.Name); err != nil {
		return err
	}
	if err := checkTags(to.Tags); err != nil {
		return err
	}
	return faults(compile.Service(*to, nil).Validate())
}

// writeURL takes a service's address apart (Kong Admin API: url).
func writeURL(to *portico.Service, address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return portico.Invalid("url", "invalid", "must be like https://host:port/path, without a user name, query or fragment")
	}
	to.Protocol, to.Host, to.Port, to.Path = u.Scheme, u.Hostname(), defaultPort, nil
	if strings.Contains(to.Host, ":") {
		to.Host = "[" + to.Host + "]" // an IPv6 address
	}
	if u.Scheme == "https" {
		to.Port = defaultTLSPort
	}
	if p := u.Port(); p != "" {
		if to.Port, err = strconv.Atoi(p); err != nil {
			return portico.Invalid("url", "invalid", "has a port that is no number")
		}
	}
	if path := u.EscapedPath(); path != "" {
		to.Path = &path
	}
	return nil
}

// CreateService adds a service. KindNotFound (control plane), KindInvalid,
// KindConflict (name, id).
func (g Gateways) CreateService(ctx context.Context, controlPlane portico.ControlPlaneID, in ServiceFields) (portico.Service, error) {
	return services().create(ctx, g.Deps, controlPlane, in.ID, in.write)
}

// PutService makes the service called ref, an id or a name, equal to in, and
// creates it if it is not there. Errors as CreateService.
func (g Gateways) PutService(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in ServiceFields) (portico.Service, error) {
	if !portico.IsID(ref) {
		in.Name = portico.Some(ref)
	}
	return services().put(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// UpdateService changes a service; KindNotFound, KindInvalid, KindConflict.
func (g Gateways) UpdateService(ctx context.Context, controlPlane portico.ControlPlaneID, ref string, in ServiceFields) (portico.Service, error) {
	return services().change(ctx, g.Deps, controlPlane, ref, in.ID, in.write)
}

// ValidateService says whether CreateService would accept a service.
func (g Gateways) ValidateService(ctx context.Context, controlPlane portico.ControlPlaneID, in ServiceFields) error {
	return services().validate(ctx, g.Deps, controlPlane, in.write)
}

// Services returns a page of a control plane's services; KindNotFound.
func (g Gateways) Services(ctx context.Context, controlPlane portico.ControlPlaneID, q portico.ListQuery) (portico.Page[portico.Service], error) {
	return services().list(ctx, g.Deps, controlPlane, q)
}

// Service returns the service called ref, an id or a name; KindNotFound.
func (g Gateways) Service(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) (portico.Service, error) {
	return services().get(ctx, g.Deps, controlPlane, ref)
}

// DeleteService removes a service with the implementations that link to it and
// its plugins. KindConflict while a route leads to it; none when it is gone
// already.
func (g Gateways) DeleteService(ctx context.Context, controlPlane portico.ControlPlaneID, ref string) error {
	return services().remove(ctx, g.Deps, controlPlane, ref)
}
