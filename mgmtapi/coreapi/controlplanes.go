package coreapi

import (
	"net/http"
	"slices"
	"strings"

	"portico"
	"portico/access"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
	"portico/routing"
)

// controlPlaneRoutes: control planes (contract: control-planes v2).
func (s server) controlPlaneRoutes() []route.Route {
	const one = controlPlane
	return []route.Route{
		route.On("POST", "/v2/control-planes", "create-control-plane", s.createControlPlane, access.For(access.ControlPlanes, access.Create, "")),
		route.On("GET", "/v2/control-planes", "list-control-planes", s.listControlPlanes, access.For(access.ControlPlanes, access.View, "")),
		route.On("GET", one, "get-control-plane", s.controlPlane, access.For(access.ControlPlanes, access.View, "controlPlaneId")),
		route.On("PATCH", one, "update-control-plane", s.updateControlPlane, access.For(access.ControlPlanes, access.Edit, "controlPlaneId")),
		route.On("DELETE", one, "delete-control-plane", s.deleteControlPlane, access.For(access.ControlPlanes, access.Delete, "controlPlaneId")),
	}
}

// controlPlaneView is the contract's ControlPlane.
type controlPlaneView struct {
	ID          portico.ControlPlaneID `json:"id"`
	Name        string                 `json:"name"`
	Description string                 `json:"description"`
	Labels      map[string]string      `json:"labels"`
	Config      controlPlaneConfig     `json:"config"`
	CreatedAt   httpkit.Timestamp      `json:"created_at"`
	UpdatedAt   httpkit.Timestamp      `json:"updated_at"`
}

// controlPlaneConfig tells gateways where to connect to, and people where the
// gateways are.
type controlPlaneConfig struct {
	ControlPlaneEndpoint string             `json:"control_plane_endpoint"`
	TelemetryEndpoint    string             `json:"telemetry_endpoint"`
	ClusterType          string             `json:"cluster_type"`
	AuthType             string             `json:"auth_type"`
	CloudGateway         bool               `json:"cloud_gateway"`
	ProxyURLs            []portico.ProxyURL `json:"proxy_urls"`
}

// viewControlPlane makes views for the caller of r: the endpoint is the sync
// address at the origin by which the caller reaches Portico.
func viewControlPlane(r *http.Request) func(portico.ControlPlane) controlPlaneView {
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	endpoint := scheme + "://" + r.Host + "/sync"
	return func(c portico.ControlPlane) controlPlaneView {
		return controlPlaneView{
			ID: c.ID, Name: c.Name, Description: c.Description, Labels: wire.NotNil(c.Labels),
			Config: controlPlaneConfig{
				ControlPlaneEndpoint: endpoint, TelemetryEndpoint: endpoint, ClusterType: c.ClusterType, AuthType: c.AuthType, ProxyURLs: append([]portico.ProxyURL{}, c.ProxyURLs...),
			},
			CreatedAt: httpkit.Timestamp(c.CreatedAt), UpdatedAt: httpkit.Timestamp(c.UpdatedAt),
		}
	}
}

// readControlPlane reads UpdateControlPlaneRequest, and what
// CreateControlPlaneRequest has in common with it.
func readControlPlane(o *httpkit.Object, name httpkit.Rule) routing.ControlPlaneFields {
	in := routing.ControlPlaneFields{
		Name:        o.OptString("name", name, httpkit.Length(2, 256)),
		Description: o.OptString("description", httpkit.MaxLength(2048)),
		AuthType:    o.OptEnum("auth_type", httpkit.Optional, routing.AuthPinnedCerts, routing.AuthPKICerts),
	}
	if o.Has("labels") {
		in.Labels = portico.Some(wire.NewLabels(o))
	}
	if o.Has("proxy_urls") {
		in.ProxyURLs = portico.Some(readProxyURLs(o))
	}
	return in
}

// readProxyURLs reads the contract's ProxyURLs, a set.
func readProxyURLs(o *httpkit.Object) []portico.ProxyURL {
	const most = 5
	out := []portico.ProxyURL{}
	for i, item := range o.Objects("proxy_urls", httpkit.MaxItems(most)) {
		u := portico.ProxyURL{
			Host:     item.String("host", httpkit.Required, httpkit.Length(1, 120)),
			Port:     item.Int("port", 0, httpkit.Required, httpkit.Range(1, 65535)),
			Protocol: item.String("protocol", httpkit.Required, httpkit.Length(1, 32)),
		}
		if slices.Contains(out, u) {
			o.Invalid(wire.Item("proxy_urls", i), "invalid", "stands in the list already")
		}
		out = append(out, u)
	}
	return out
}

func (s server) createControlPlane(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := readControlPlane(o, httpkit.Required)
	o.OptEnum("cluster_type", httpkit.Optional, routing.ClusterControlPlane)
	if o.Bool("cloud_gateway", false) {
		o.Invalid("cloud_gateway", "invalid", "must be false: gateways run on machines of your own")
	}
	if err := o.Err(); err != nil {
		return err
	}
	c, err := s.Gateways.CreateControlPlane(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewControlPlane(r)(c))
}

// controlPlaneSpec is what the list of control planes can be asked for.
func controlPlaneSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "cluster_type": listing.String(), "cloud_gateway": listing.Bool(), "labels": listing.Labels(),
		},
		Sorts: []string{"created_at", "name"},
	}
}

func (s server) listControlPlanes(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, controlPlaneSpec())
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, labelFilters(r)...)
	page, err := s.Gateways.ControlPlanes(r.Context(), access.Visible(r.Context(), q, access.ControlPlanes, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewControlPlane(r)))
}

// labelFilters reads the parameter labels=key:value,key: each with that value,
// or merely there.
func labelFilters(r *http.Request) []portico.Filter {
	var filters []portico.Filter
	for part := range strings.SplitSeq(r.URL.Query().Get("labels"), ",") {
		key, value, valued := strings.Cut(strings.TrimSpace(part), ":")
		switch {
		case valued:
			filters = append(filters, portico.Filter{Field: "labels." + key, Op: portico.OpEqual, Values: []string{value}})
		case key != "":
			filters = append(filters, portico.Filter{Field: "labels." + key, Op: portico.OpExists})
		}
	}
	return filters
}

func (s server) controlPlane(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ControlPlaneID](r, "controlPlaneId")
	if err != nil {
		return err
	}
	c, err := s.Gateways.ControlPlane(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewControlPlane(r)(c))
}

func (s server) updateControlPlane(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ControlPlaneID](r, "controlPlaneId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	in := readControlPlane(o, httpkit.Optional)
	if err := o.Err(); err != nil {
		return err
	}
	c, err := s.Gateways.UpdateControlPlane(r.Context(), id, in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewControlPlane(r)(c))
}

func (s server) deleteControlPlane(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.ControlPlaneID](r, "controlPlaneId")
	if err != nil {
		return err
	}
	if err := s.Gateways.DeleteControlPlane(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
