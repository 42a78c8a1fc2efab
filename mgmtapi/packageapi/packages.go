package packageapi

import (
	"net/http"

	"portico"
	"portico/access"
	"portico/control"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// packageRoutes: the packages themselves.
func (s server) packageRoutes() []route.Route {
	const one = "/v3/api-packages/{apiId}"
	return []route.Route{
		route.On("POST", "/v3/api-packages", "create-api-package", s.createPackage, creates()),
		route.On("GET", "/v3/api-packages", "list-api-packages", s.listPackages, lists()),
		route.On("GET", one, "get-api-package", s.pack, views()),
		route.On("PATCH", one, "patch-api-package", s.updatePackage, edits()),
		route.On("DELETE", one, "delete-api-package", s.deletePackage, deletes()),
	}
}

// packageView is the contract's ApiPackageResponseSchema.
type packageView struct {
	ID          portico.APIID       `json:"id"`
	Name        string              `json:"name"`
	Description *string             `json:"description"`
	Version     *string             `json:"version"`
	Slug        string              `json:"slug"`
	RateLimit   *rateLimit          `json:"rate_limiting_config"`
	Labels      map[string]string   `json:"labels"`
	Attributes  map[string][]string `json:"attributes"`
	CreatedAt   httpkit.Timestamp   `json:"created_at"`
	UpdatedAt   httpkit.Timestamp   `json:"updated_at"`
}

func viewPackage(a control.APIView) packageView {
	return packageView{
		ID: a.ID, Name: a.Name, Description: a.Description, Version: a.Version, Slug: a.Slug, RateLimit: (*rateLimit)(a.RateLimit),
		Labels: wire.NotNil(a.Labels), Attributes: wire.NotNil(a.Attributes),
		CreatedAt: httpkit.Timestamp(a.CreatedAt), UpdatedAt: httpkit.Timestamp(a.UpdatedAt),
	}
}

// rateLimit is the contract's RateLimitingConfig.
type rateLimit portico.RateLimit

// readRateLimit reads the contract's RateLimitingConfig, or null.
func readRateLimit(o *httpkit.Object) portico.Opt[portico.RateLimit] {
	limit, set, null := o.OptObject("rate_limiting_config")
	if !set || null {
		return portico.Opt[portico.RateLimit]{Set: set, Null: null}
	}
	out := portico.RateLimit{
		Limit:    limit.Int("limit", 0, httpkit.Required),
		Duration: limit.Enum("duration", httpkit.Required, portico.RateLimitDurations()...),
	}
	if out.Limit < 0 {
		limit.Report(portico.InvalidParameter{Field: "limit", Rule: "min", Minimum: new(0), Reason: "must not be negative"})
	}
	return portico.Some(out)
}

// ignoreReadOnly tolerates what the contract lists in requests, too.
func ignoreReadOnly(o *httpkit.Object) { o.Ignore("id", "created_at", "updated_at") }

func (s server) createPackage(w http.ResponseWriter, r *http.Request) error {
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ignoreReadOnly(o)
	in := control.NewAPI{
		IsPackage:   true,
		Name:        o.String("name", httpkit.Required, httpkit.Length(1, 255)),
		Version:     o.OptString("version", httpkit.Nullable, httpkit.Length(1, 255)).Ptr(),
		Description: o.OptString("description", httpkit.Nullable).Ptr(),
		Slug:        wire.Slug(o).Ptr(),
		Labels:      wire.NewLabels(o),
		Attributes:  wire.NewAttributes(o),
		RateLimit:   readRateLimit(o).Ptr(),
	}
	if err := o.Err(); err != nil {
		return err
	}
	a, err := s.APIs.Create(r.Context(), in)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusCreated, viewPackage(a))
}

// packageSpec is what the list of packages can be asked for.
func packageSpec() listing.Spec {
	return listing.Spec{
		Filters: map[string]listing.FieldKind{
			"id": listing.UUID(), "name": listing.String(), "version": listing.String(), "labels": listing.Labels(), "attributes": listing.Labels(),
			"created_at": listing.Date(), "updated_at": listing.Date(),
		},
		Sorts: []string{"name", "version", "created_at", "updated_at"},
	}
}

func (s server) listPackages(w http.ResponseWriter, r *http.Request) error {
	q, err := listing.Parse(r, packageSpec())
	if err != nil {
		return err
	}
	q.Filters = append(q.Filters, portico.Where("is_package", "true"))
	page, err := s.APIs.List(r.Context(), access.Visible(r.Context(), q, access.APIs, "id"))
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewPackage))
}

func (s server) pack(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	a, err := s.APIs.ByID(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPackage(a))
}

func (s server) updatePackage(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	o, err := httpkit.ReadObject(r)
	if err != nil {
		return err
	}
	ignoreReadOnly(o)
	ch := control.APIChange{
		Name:        o.OptString("name", httpkit.Length(1, 255)),
		Version:     o.OptString("version", httpkit.Nullable, httpkit.Length(1, 255)),
		Description: o.OptString("description", httpkit.Nullable),
		Slug:        wire.Slug(o),
		Labels:      o.Labels("labels"),
		Attributes:  wire.Attributes(o),
		RateLimit:   readRateLimit(o),
	}
	if err := o.Err(); err != nil {
		return err
	}
	a, err := s.APIs.Update(r.Context(), id, ch, true)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewPackage(a))
}

func (s server) deletePackage(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	if err := s.APIs.Delete(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}
