package packageapi

import (
	"net/http"

	"portico"
	"portico/apipackages"
	"portico/httpkit"
	"portico/listing"
	"portico/mgmtapi/route"
)

// operationRoutes: the operations of APIs whose access is controlled by
// operation.
func (s server) operationRoutes() []route.Route {
	const operations = "/v3/apis/{apiId}/operations"
	return []route.Route{
		route.On("GET", operations, "list-api-operations", s.listOperations, views()),
		route.On("GET", operations+"/{operationId}", "fetch-api-operation", s.operation, views()),
	}
}

// operationView is the contract's ApiOperation.
type operationView struct {
	ID     portico.OperationID `json:"id"`
	Method string              `json:"method"`
	Path   string              `json:"path"`
	Status statusView          `json:"implementation_status"`
}

// statusView is the contract's ApiOperationImplementationStatus.
type statusView struct {
	Matched bool       `json:"matched"`
	Route   *namedView `json:"route"`
	Service *namedView `json:"service"`
}

// namedView is a reference to an entity; what has no name is called by its id.
type namedView struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

func named(id string, name *string) *namedView {
	if name == nil {
		name = &id
	}
	return &namedView{id, *name}
}

func viewStatus(m *apipackages.Match) statusView {
	if m == nil {
		return statusView{}
	}
	return statusView{true, named(string(m.Route.ID), m.Route.Name), named(string(m.Service.ID), m.Service.Name)}
}

func viewOperation(o apipackages.OperationView) operationView {
	return operationView{o.ID, o.Method, o.Path, viewStatus(o.Match)}
}

func (s server) listOperations(w http.ResponseWriter, r *http.Request) error {
	api, err := httpkit.PathID[portico.APIID](r, "apiId")
	if err != nil {
		return err
	}
	q, err := listing.Parse(r, listing.Spec{Filters: map[string]listing.FieldKind{"method": listing.String(), "path": listing.String()}})
	if err != nil {
		return err
	}
	page, err := s.Packages.Operations(r.Context(), api, q)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, listing.Envelope(page, q, viewOperation))
}

func (s server) operation(w http.ResponseWriter, r *http.Request) error {
	api, id, err := httpkit.PathIDs[portico.APIID, portico.OperationID](r, "apiId", "operationId")
	if err != nil {
		return err
	}
	o, err := s.Packages.Operation(r.Context(), api, id)
	if err != nil {
		return err
	}
	return httpkit.JSON(w, http.StatusOK, viewOperation(o))
}
