package packageapi

import (
	"net/http"

	"portico"
	"portico/httpkit"
	"portico/mgmtapi/route"
	"portico/mgmtapi/wire"
)

// specificationRoutes: a package's computed specification, and the one that an
// admin may put in its place.
func (s server) specificationRoutes() []route.Route {
	const current = "/v3/api-packages/{apiId}/current-specification"
	return []route.Route{
		route.On("PUT", current, "update-api-package-current-specification", s.putSpecification, edits()).Sized(),
		route.On("GET", current, "get-api-package-current-specification", s.specification, views()),
		route.On("DELETE", current, "delete-api-package-current-specification", s.deleteSpecification, edits()),
		route.On("GET", "/v3/api-packages/{apiId}/computed-specification", "get-api-package-computed-specification", s.computedSpecification, views()),
	}
}

func (s server) putSpecification(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	content, kind, err := wire.ReadSpecification(r, httpkit.Required)
	if err != nil {
		return err
	}
	v, err := s.Packages.PutCurrent(r.Context(), id, content.Value, kind.Value)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, wire.ViewSpecification(v))
}

func (s server) specification(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	v, err := s.Packages.Current(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, wire.ViewSpecification(v))
}

func (s server) deleteSpecification(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	if err := s.Packages.DeleteCurrent(r.Context(), id); err != nil {
		return err
	}
	return httpkit.NoContent(w)
}

func (s server) computedSpecification(w http.ResponseWriter, r *http.Request) error {
	id, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	v, err := s.Packages.Computed(r.Context(), id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, wire.ViewSpecification(v))
}
